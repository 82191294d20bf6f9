/**
 * Regular expressions of outside origin, in Python's dialect, that cannot stall the daemon.
 *
 * The pattern is translated (`regex-translate.ts`), which also estimates how often a failing match may try again. A pattern
 * with a small bound runs directly; one without runs with a time limit. Many matches that each stay below it are the affair of
 * whoever makes them (`match-time.ts`).
 */
import { SaltError } from '../../base/errors.ts'
import { quoted } from '../../base/text.ts'
import { withinTime } from '../../base/time-limit.ts'
import { translatePattern } from './regex-translate.ts'

export interface RegexOptions {
  /** `start`: like Python's `re.match`, the rest of the text is free. `full`: the whole text must match. `none`: anywhere, like `re.search`. Default `start`. */
  readonly anchor?: 'start' | 'full' | 'none'
  readonly ignoreCase?: boolean
}

export interface Regex {
  readonly pattern: string
  /** Throws `bad-target` when a match takes longer than 100 ms. */
  matches(text: string): boolean
}

const maximumPatternLength = 4096
/** About a tenth of a second of backtracking. */
const maximumSteps = 2e7
const timeLimitMs = 100

/** Throws `bad-target` with the reason and the place when the pattern is not a valid expression. */
export function compileRegex(pattern: string, options: RegexOptions = {}): Regex {
  if (pattern.length > maximumPatternLength) {
    throw new SaltError('bad-target', `a regular expression has more than ${maximumPatternLength} characters`)
  }
  const { source, flags, cost } = translatePattern(pattern)
  // Not `^` and `$`: the pattern may set the flag that gives them another meaning.
  const begin = options.anchor === 'none' ? '' : '(?<![^])'
  const anchored = `${begin}(?:${source})${options.anchor === 'full' ? '(?![^])' : ''}`
  // Without an anchor each place of the text is one more beginning.
  const degree = cost.degree + (options.anchor === 'none' ? 1 : 0)
  let compiled: RegExp
  try {
    compiled = new RegExp(anchored, `u${flags}${options.ignoreCase && !flags.includes('i') ? 'i' : ''}`)
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.replace(/^.*: /, '') : String(thrown)
    throw new SaltError('bad-target', `the regular expression ${quoted(pattern)} is not valid: ${reason}`)
  }
  return {
    pattern,
    matches: (text) =>
      cost.choices * text.length ** degree <= maximumSteps ? compiled.test(text) : testLimited(compiled, text),
  }
}

function testLimited(expression: RegExp, text: string): boolean {
  return withinTime(
    timeLimitMs,
    () => expression.test(text),
    (cause) =>
      new SaltError('bad-target', `a regular expression takes too long on a text of ${text.length} characters`, {
        hint: 'Avoid a repetition inside a repetition, such as (a+)+.',
        cause,
      }),
  )
}
