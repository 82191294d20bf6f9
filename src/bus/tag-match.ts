import { SaltError } from '../base/errors.ts'
import { compileGlob } from '../base/glob.ts'
import { withinTime } from '../base/time-limit.ts'
import type { MatchType } from './event.ts'
import { compileTagPattern } from './tag-pattern.ts'

export type TagMatcher = (tag: string) => boolean

/** At most two repetitions, none of them of a group, and no reference back: quick on a tag of usual length. */
const quickPattern = /^(?:[^*+?{\\()|]|\\[^\dk])*(?:[*+?](?:[^*+?{\\()|]|\\[^\dk])*){0,2}$/
const quickLength = 256
const timeLimitMs = 20

/**
 * Compiles Salt's ways of matching a tag (SPEC §3.1), and `parts`, our own (`tag-pattern.ts`). `fnmatch` treats `/` like any other character. A regular expression does
 * not match a tag on which it takes longer than 20 ms.
 */
export function compileTagMatcher(pattern: string, match: MatchType): TagMatcher {
  switch (match) {
    case 'startswith':
      return (tag) => tag.startsWith(pattern)
    case 'endswith':
      return (tag) => tag.endsWith(pattern)
    case 'find':
      return (tag) => tag.includes(pattern)
    case 'regex':
      return regexMatcher(pattern)
    case 'fnmatch':
      return globMatcher(pattern)
    case 'parts':
      return compileTagPattern(pattern).matches
    default:
      throw new SaltError('usage', 'this way of matching event tags does not exist', {
        hint: 'Use startswith, endswith, find, regex, fnmatch or parts.',
      })
  }
}

function regexMatcher(pattern: string): TagMatcher {
  const regex = compileRegex(pattern)
  const isQuick = quickPattern.test(pattern)
  return (tag) => (isQuick && tag.length <= quickLength ? regex.test(tag) : isMatchedInTime(regex, tag))
}

function compileRegex(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})`, 's')
  } catch (cause) {
    throw new SaltError('usage', `the tag pattern '${pattern}' is not a valid regular expression`, { cause })
  }
}

/** Whoever fires an event must not pay for an expression that takes years on its tag. */
function isMatchedInTime(regex: RegExp, tag: string): boolean {
  const tooLong = new Error('too long')
  try {
    return withinTime(
      timeLimitMs,
      () => regex.test(tag),
      () => tooLong,
    )
  } catch (error) {
    if (error === tooLong) return false
    throw error
  }
}

/** One without brackets is compared piece by piece: several times as quick, and the same otherwise. */
function globMatcher(pattern: string): TagMatcher {
  return pattern.includes('[') ? compileGlob(pattern).matches : plainGlobMatcher(pattern)
}

/** Goes back to the last star only: takes no longer than tag times pattern. */
function plainGlobMatcher(pattern: string): TagMatcher {
  const [head = '', ...rest] = pattern.split(/\*+/)
  const tail = rest.pop()
  if (tail === undefined) return (tag) => tag.length === head.length && isAt(tag, 0, head)
  return (tag) => {
    const end = tag.length - tail.length
    if (end < head.length || !isAt(tag, 0, head) || !isAt(tag, end, tail)) return false
    let from = head.length
    for (const part of rest) {
      while (from + part.length <= end && !isAt(tag, from, part)) from += 1
      if (from + part.length > end) return false
      from += part.length
    }
    return true
  }
}

function isAt(tag: string, start: number, part: string): boolean {
  for (let index = 0; index < part.length; index++) {
    if (part[index] !== '?' && part[index] !== tag[start + index]) return false
  }
  return true
}
