import { SaltError } from '../base/errors.ts'
import type { MatchType } from './event.ts'

export type TagMatcher = (tag: string) => boolean

/** Compiles Salt's ways of matching a tag (SPEC §3.1). `fnmatch` treats `/` like any other character. */
export function compileTagMatcher(pattern: string, match: MatchType): TagMatcher {
  switch (match) {
    case 'startswith':
      return (tag) => tag.startsWith(pattern)
    case 'endswith':
      return (tag) => tag.endsWith(pattern)
    case 'find':
      return (tag) => tag.includes(pattern)
    case 'regex':
      return regexMatcher(`^(?:${pattern})`, pattern)
    case 'fnmatch':
      return regexMatcher(globSource(pattern), pattern)
    default:
      throw new SaltError('usage', 'this way of matching event tags does not exist', {
        hint: 'Use startswith, endswith, find, regex or fnmatch.',
      })
  }
}

function regexMatcher(source: string, pattern: string): TagMatcher {
  try {
    const regex = new RegExp(source, 's')
    return (tag) => regex.test(tag)
  } catch (cause) {
    throw new SaltError('usage', `the tag pattern '${pattern}' is not a valid regular expression`, { cause })
  }
}

function globSource(pattern: string): string {
  const body = pattern
    .replace(/[.+^${}()|\\[\]]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return `^${body}$`
}
