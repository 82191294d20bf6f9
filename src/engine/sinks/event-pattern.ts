/** Which events a sink takes: by tag, and by the function that their data names. */
import { asSaltError } from '../../base/errors.ts'
import type { BusEvent, MatchType } from '../../bus/event.ts'
import { compileTagMatcher, type TagMatcher } from '../../bus/tag-match.ts'
import type { PolicyPath } from '../authorization/policy-path.ts'
import type { SinkPartOptions } from './sink-options.ts'

/** Begins a regular expression where globs are expected. */
const regexMark = 're:'

export interface EventPattern {
  readonly matchesTag: TagMatcher
  /** For an event whose tag matches. */
  matchesFun(event: BusEvent): boolean
}

/** Throws `configuration` with the path of a pattern that has no meaning. */
export function compileEventPattern({ tag, match = 'glob', fun }: SinkPartOptions, path: PolicyPath): EventPattern {
  const tags = patternsOf(tag, match, path.key('tag'))
  const funs = patternsOf(fun, 'glob', path.key('fun'))
  return {
    matchesTag: anyOf(tags) ?? (() => true),
    matchesFun: funMatcher(anyOf(funs)),
  }
}

type Match = NonNullable<SinkPartOptions['match']>

function patternsOf(
  patterns: string | readonly string[] | undefined,
  match: Match,
  path: PolicyPath,
): readonly TagMatcher[] | undefined {
  if (patterns === undefined) return undefined
  if (typeof patterns === 'string') return [compile(patterns, match, path)]
  if (patterns.length === 0) throw path.fault('an empty list matches nothing')
  return patterns.map((pattern, index) => compile(pattern, match, path.item(index)))
}

function compile(pattern: string, match: Match, path: PolicyPath): TagMatcher {
  if (pattern === '') throw path.fault('an empty pattern means nothing', "Write '*' for everything.")
  try {
    if (match === 'glob' && pattern.startsWith(regexMark)) {
      return compileTagMatcher(pattern.slice(regexMark.length), 'regex')
    }
    return compileTagMatcher(pattern, busMatch[match])
  } catch (error) {
    throw path.fault(asSaltError(error).message)
  }
}

const busMatch: Readonly<Record<Match, MatchType>> = {
  glob: 'fnmatch',
  fnmatch: 'fnmatch',
  regex: 'regex',
  startswith: 'startswith',
  endswith: 'endswith',
  find: 'find',
}

function anyOf(matchers: readonly TagMatcher[] | undefined): TagMatcher | undefined {
  const [first, ...others] = matchers ?? []
  return others.length === 0 ? first : (tag) => matchers?.some((matches) => matches(tag)) === true
}

/** A job of several functions matches when one of them does. */
function funMatcher(matches: TagMatcher | undefined): EventPattern['matchesFun'] {
  if (matches === undefined) return () => true
  return ({ data: { fun } }) => {
    if (typeof fun === 'string') return matches(fun)
    return Array.isArray(fun) && fun.some((name) => typeof name === 'string' && matches(name))
  }
}
