/**
 * Which texts YAML 1.1 takes for something other than text, and what they mean, as PyYAML with Salt's loader decides it:
 * `yes` is true but `y` is a text, `0644` is the number 644, `12:30:45` counts in sixties, dates stay texts.
 */
import { asFloat, type Float } from './float.ts'

/** Kinds that a plain (unquoted, untagged) scalar can turn out to be. `merge` is `<<`, `value` is `=`. */
export type ScalarKind = 'null' | 'bool' | 'int' | 'float' | 'timestamp' | 'merge' | 'value' | 'str'

const nullForm = /^(?:~|null|Null|NULL)?$/
const boolForm = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/
const intForm =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const floatForm =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const timestampForm =
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/

/** First characters of whatever may be something else than text. */
const beginnings = 'nytfoNYTFO0123456789+-.~<='

/** What a plain scalar is. */
export function scalarKind(text: string): ScalarKind {
  // What begins otherwise is by far the most frequent case.
  if (text !== '' && !beginnings.includes(text.charAt(0))) return 'str'
  if (nullForm.test(text)) return 'null'
  if (boolForm.test(text)) return 'bool'
  if (intForm.test(text)) return 'int'
  if (floatForm.test(text)) return 'float'
  if (timestampForm.test(text)) return 'timestamp'
  if (text === '<<') return 'merge'
  return text === '=' ? 'value' : 'str'
}

const truthOf: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  on: true,
  no: false,
  false: false,
  off: false,
}

/** Meaning of a text of the kind `bool`, or undefined. */
export function readBool(text: string): boolean | undefined {
  const word = text.toLowerCase()
  return Object.hasOwn(truthOf, word) ? truthOf[word] : undefined
}

const simpleInt = /^(?:0|[1-9]\d{0,14})$/

/** Meaning of a text of the kind `int`, or undefined; a bigint beyond 2^53. */
export function readInt(text: string): number | bigint | undefined {
  if (simpleInt.test(text)) return Number(text)
  const bare = withoutLeadingZeros(text).replaceAll('_', '')
  const negative = bare.startsWith('-')
  const digits = bare.replace(/^[-+]/, '')
  const magnitude = readDigits(digits)
  if (magnitude === undefined) return undefined
  const value = negative ? -magnitude : magnitude
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

/** Salt drops the zeros of `0644` so that file modes survive; a sign in front keeps the octal meaning. */
function withoutLeadingZeros(text: string): string {
  if (!text.startsWith('0') || text === '0' || text.startsWith('0b') || text.startsWith('0x')) return text
  return text.replace(/^0+/, '') || '0'
}

function readDigits(digits: string): bigint | undefined {
  if (/^0b[01]+$/.test(digits) || /^0x[0-9a-fA-F]+$/.test(digits)) return BigInt(digits)
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits}`)
  if (/^\d+(?::\d+)+$/.test(digits)) {
    return digits.split(':').reduce((total, part) => total * 60n + BigInt(part), 0n)
  }
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined
}

/** Meaning of a text of the kind `float`, or of any text that reads as a number, or undefined. */
export function readFloat(text: string): number | Float | undefined {
  const bare = text.replaceAll('_', '').toLowerCase()
  const sign = bare.startsWith('-') ? -1 : 1
  const magnitude = readMagnitude(bare.replace(/^[-+]/, ''))
  return magnitude === undefined ? undefined : asFloat(sign * magnitude)
}

function readMagnitude(text: string): number | undefined {
  if (text === '.inf') return Number.POSITIVE_INFINITY
  if (text === '.nan') return Number.NaN
  if (text.includes(':')) {
    let base = 1
    let total = 0
    for (const part of text.split(':').reverse()) {
      total += Number(part) * base
      base *= 60
    }
    return Number.isNaN(total) ? undefined : total
  }
  return /^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(text) ? Number(text) : undefined
}
