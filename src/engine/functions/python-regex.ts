/**
 * Searching and replacing with Python's regular expressions, as functions and states offer it.
 *
 * What one call may cost is bounded: a pattern whose translation may try very often runs with a time limit.
 */
import { SaltError } from '../../base/errors.ts'
import { quoted } from '../../base/text.ts'
import { withinTime } from '../../base/time-limit.ts'
import { type Cost, type PatternFlags, translatePattern } from '../target/regex-translate.ts'

/** About a tenth of a second of backtracking. */
const maximumSteps = 2e7
const timeLimitMs = 2000

/** Python's `re` flags: names and letters as `getattr(re, name)` knows them. */
const flagNumbers: Readonly<Record<string, number>> = {
  A: 256,
  ASCII: 256,
  I: 2,
  IGNORECASE: 2,
  L: 4,
  LOCALE: 4,
  M: 8,
  MULTILINE: 8,
  S: 16,
  DOTALL: 16,
  U: 32,
  UNICODE: 32,
  X: 64,
  VERBOSE: 64,
}

/** Flags as Salt's functions take them: a number, a name, or a list of names. Throws `execution-failed` for others. */
export function parseRegexFlags(flags: unknown): PatternFlags {
  const sum = Array.isArray(flags) ? flags.reduce<number>((all, flag) => all | flagNumber(flag), 0) : flagNumber(flags)
  return {
    ignoreCase: (sum & 2) !== 0,
    multiline: (sum & 8) !== 0,
    dotAll: (sum & 16) !== 0,
    verbose: (sum & 64) !== 0,
  }
}

function flagNumber(flag: unknown): number {
  if (typeof flag === 'number' && Number.isInteger(flag)) return flag
  const number = flagNumbers[String(flag).toUpperCase()]
  if (number === undefined) throw new SaltError('execution-failed', `Invalid re flag given: ${String(flag)}`)
  return number
}

/** A text for Python's regular expressions that matches just this text (`re.escape`). */
export function escapePattern(text: string): string {
  return text.replace(/[ \t\n\r\v\f#&~\\^$.*+?()[\]{}|-]/g, '\\$&')
}

export class PythonRegex {
  readonly #source: string
  readonly #flags: string
  readonly #cost: Cost

  /** Throws `bad-arguments` when the pattern is not a valid expression. */
  constructor(pattern: string, flags: PatternFlags = {}) {
    try {
      const { source, flags: letters, cost } = translatePattern(pattern, flags)
      this.#source = source
      this.#flags = `u${letters}`
      this.#cost = cost
      new RegExp(source, this.#flags)
    } catch (error) {
      if (error instanceof SaltError) throw new SaltError('bad-arguments', error.message, { cause: error })
      const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error)
      throw new SaltError('bad-arguments', `The regular expression ${quoted(pattern)} is not valid: ${reason}`)
    }
  }

  /** Whether it matches anywhere (`re.search`). */
  search(text: string): boolean {
    return this.searchEach([text])[0] === true
  }

  /** Whether it matches at the start (`re.match`). */
  match(text: string): boolean {
    return this.matchEach([text])[0] === true
  }

  searchEach(texts: readonly string[]): boolean[] {
    const expression = new RegExp(this.#source, this.#flags)
    return this.#limited(texts, () => texts.map((text) => expression.test(text)))
  }

  matchEach(texts: readonly string[]): boolean[] {
    const expression = this.#atStart()
    return this.#limited(texts, () => texts.map((text) => expression.test(text)))
  }

  /** The groups of the first match (`re.search`, `re.match`), undefined for one that took no part; undefined: no match. */
  groups(text: string, where: 'anywhere' | 'start'): (string | undefined)[] | undefined {
    const expression = where === 'start' ? this.#atStart() : new RegExp(this.#source, this.#flags)
    return this.#limited([text], () => expression.exec(text))?.slice(1)
  }

  #atStart(): RegExp {
    return new RegExp(`(?<![^])(?:${this.#source})`, this.#flags)
  }

  /**
   * Replaces up to `count` matches (0: all) by a template with `\1`, `\g<name>` and escapes, as `re.subn`.
   * Throws `bad-arguments` for a template that does not fit.
   */
  replace(text: string, template: string, count = 0): { readonly text: string; readonly count: number } {
    const parts = parseTemplate(template)
    const expression = new RegExp(this.#source, `${this.#flags}g`)
    return this.#limited([text], () => {
      let result = ''
      let end = 0
      let found = 0
      for (const match of text.matchAll(expression)) {
        result += text.slice(end, match.index) + expand(parts, match)
        end = match.index + match[0].length
        if (++found === count) break
      }
      return { text: result + text.slice(end), count: found }
    })
  }

  /** Start and end of the first match, or undefined. */
  find(text: string): { readonly start: number; readonly end: number } | undefined {
    const expression = new RegExp(this.#source, this.#flags)
    const match = this.#limited([text], () => expression.exec(text))
    return match === null ? undefined : { start: match.index, end: match.index + match[0].length }
  }

  #limited<T>(texts: readonly string[], work: () => T): T {
    const { choices, degree } = this.#cost
    const steps = texts.reduce((sum, text) => sum + choices * (text.length + 1) ** (degree + 1), 0)
    return steps <= maximumSteps ? work() : runLimited(work)
  }
}

function runLimited<T>(work: () => T): T {
  return withinTime(
    timeLimitMs,
    work,
    (cause) =>
      new SaltError('execution-failed', 'The regular expression takes too long on this text.', {
        hint: 'Avoid a repetition inside a repetition, such as (a+)+.',
        cause,
      }),
  )
}

type TemplatePart = { readonly literal: string } | { readonly group: number | string }

const templateEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
}

function parseTemplate(template: string): TemplatePart[] {
  const pattern = /\\g<(\w+)>|\\(0[0-7]{0,2}|[1-3][0-7]{2})|\\([1-9]\d?)|\\([\s\S])|[^\\]+|\\/g
  return Array.from(template.matchAll(pattern), ([whole, name, octal, number, escaped]) => {
    if (name !== undefined) return { group: /^\d+$/.test(name) ? Number(name) : name }
    if (octal !== undefined) return { literal: String.fromCharCode(Number.parseInt(octal, 8)) }
    if (number !== undefined) return { group: Number(number) }
    if (whole === '\\')
      throw new SaltError('bad-arguments', 'The replacement ends with a \\ that has nothing to escape.')
    if (escaped === undefined) return { literal: whole }
    const known = templateEscapes[escaped]
    if (known === undefined && /[A-Za-z]/.test(escaped)) {
      throw new SaltError('bad-arguments', `The replacement has the escape \\${escaped}, which has no meaning.`)
    }
    return { literal: known ?? whole }
  })
}

function expand(parts: readonly TemplatePart[], match: RegExpMatchArray): string {
  return parts
    .map((part) => {
      if ('literal' in part) return part.literal
      const known =
        typeof part.group === 'number' ? part.group < match.length : Object.hasOwn(match.groups ?? {}, part.group)
      if (!known)
        throw new SaltError(
          'bad-arguments',
          `The replacement names the group ${part.group}, which is not in the pattern.`,
        )
      return (typeof part.group === 'number' ? match[part.group] : match.groups?.[part.group]) ?? ''
    })
    .join('')
}
