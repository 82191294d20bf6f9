/**
 * What one word of a command line means: YAML with guards, as Salt 3006 reads it (SPEC: `salt.utils.args`).
 *
 * Most words are plain text, a whole number or `true`. Those are decided here without a YAML parser, whose loading costs
 * more than the rest of a short command. A test holds both ways against each other.
 */
import { asFloat, Float } from '../../base/float.ts'
import { isRecord } from '../../base/narrow.ts'

const namedValues: ReadonlyMap<string, boolean | null> = new Map([
  ...['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['null', 'Null', 'NULL', '~', 'None'].map((word) => [word, null] as const),
])

const untouchedCharacter = /[\t\r\n]/
const digitsWithUnderscores = /^[0-9_]*_[0-9_]*$/
const documentMarkers = new Set(['', '---', '...'])
/** YAML would read the header of a block scalar without a body as empty text. */
const blockHeader = /^[|>][-+0-9]*$/
/** No YAML value but a plain one, a mapping (which stays text) or a syntax error (likewise) can start like this. */
const plainStart = /^[A-Za-z_/$()^\\;\u00a1-\u1fff\u2030-\ud7ff\ue000-\ufefe\u{10000}-\u{10ffff}]/u
const neverYaml = /^[*@%`]/
const shortInteger = /^[-+]?(?:0|[1-9][0-9]{0,14})$/
const paddedInteger = /^0[0-7]{1,15}$/
const decimal = /^[-+]?[0-9]{1,15}\.[0-9]{1,15}$/
const dottedNumber = /^[0-9]+(?:\.[0-9]+){2,}$/
const digitsThenLetters = /^[0-9]+[A-Za-z][A-Za-z0-9.]*$/
const numberLike = /^0[xb]/i

/** A box, because undefined means "ask YAML". */
export interface Decided {
  readonly value: unknown
}

/** The value of a word when that can be told without YAML. */
export function decideWord(word: string): Decided | undefined {
  const named = namedValues.get(word)
  if (named !== undefined) return { value: named }
  const trimmed = word.trim()
  if (documentMarkers.has(trimmed) || digitsWithUnderscores.test(trimmed)) return { value: word }
  if (untouchedCharacter.test(word) || trimmed.startsWith('#') || blockHeader.test(trimmed)) return { value: word }
  if (neverYaml.test(word) || word === '!') return { value: word }
  // Whitespace at the end is not part of a plain scalar; other line breaks of Unicode and comments need the real parser.
  if (word.length !== trimmed.length || /[#\u0085\u2028\u2029\ufeff]/.test(word)) return undefined
  if (plainStart.test(word)) return { value: word }
  return decideNumber(word)
}

function decideNumber(word: string): Decided | undefined {
  if (shortInteger.test(word)) return { value: Number(word) + 0 }
  // YAML 1.1 has octal numbers here; Salt strips the zeros instead, so that `0644` stays 644.
  if (paddedInteger.test(word)) return { value: Number(word) }
  if (decimal.test(word)) return { value: asFloat(Number(word)) }
  if (dottedNumber.test(word)) return { value: word }
  if (digitsThenLetters.test(word) && !numberLike.test(word)) return { value: word }
  return undefined
}

/** The value of a word by way of YAML, with Salt's guards. Text that is not YAML stays text. */
export async function parseWordAsYaml(word: string): Promise<unknown> {
  const { parseYaml } = await import('../../base/yaml.ts')
  let parsed: unknown
  try {
    parsed = parseYaml(word, { file: 'argument' })
  } catch {
    return word
  }
  // A `#` may have cut off text as a comment: only what is plainly not text counts.
  if (word.includes('#')) return typeof parsed === 'string' || parsed === null ? word : parsed
  if (Array.isArray(parsed)) return word.startsWith('[') ? parsed : word
  if (parsed instanceof Float) return parsed
  if (isRecord(parsed)) return word.startsWith('{') && isMapping(parsed) ? parsed : word
  return parsed === undefined ? word : parsed
}

function isMapping(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return value instanceof Map || prototype === Object.prototype || prototype === null
}

/** The value of one word, as `decideWord` has it or else by way of YAML. */
export async function parseWord(word: string): Promise<unknown> {
  const decided = decideWord(word)
  return decided ? decided.value : await parseWordAsYaml(word)
}
