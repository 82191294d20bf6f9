/** Salt's filters for texts and the numbers in them. */

import { expectText, textOf } from '../values/arguments.ts'
import { integer } from '../values/arithmetic.ts'
import { numeric } from '../values/compare.ts'
import { isTrue, length, toList } from '../values/iterate.ts'
import { Undefined, type Value } from '../values/kinds.ts'
import { str } from '../values/print.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { whiteSpace } from '../values/text.ts'
import { typeName } from '../values/type-name.ts'
import { parseFloatText, parseInteger, toBytes, wholePart } from './conversions.ts'
import { type Filter, filter } from './filter.ts'
import { isHashable } from './lists.ts'
import { matchesAny } from './name-lists.ts'

/** `'12'` → 12, `'1.5'` → 1.5; a text that is no number stays. */
export function toNumber(value: Value): Value {
  const number = numeric(value)
  if (number !== undefined) return typeof number === 'bigint' ? number : wholePart(number)
  if (value instanceof Undefined) return value.fail()
  const text = textOf(value)
  if (text === undefined)
    throw typeError(`int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`)
  return parseInteger(text) ?? parseFloatText(text) ?? value
}

function toBool(value: Value): boolean {
  if (value === null || typeof value === 'boolean') return value === true
  const text = textOf(value)
  if (text !== undefined) return ['yes', '1', 'true'].includes(text.toLowerCase())
  if ((typeof value === 'number' && Number.isInteger(value)) || typeof value === 'bigint') return value > 0
  // What is undefined could be no key, but is of a type whose values can: Salt asks for no more.
  return !(value instanceof Undefined) && !isHashable(value) && length(value) > 0
}

const sizeUnits = 'bkmgtpezy'

/** `1.5 GiB` → bytes; 0 for what is no size. */
function humanToBytes(size: Value, defaultUnit: Value, isMetric: boolean): number | bigint {
  const [, digits = '', written = ''] = /^([0-9.]*)\s*(.*)$/.exec(str(size).trim()) ?? []
  const unit = (written === '' ? expectText(defaultUnit) : written).toLowerCase()
  const value = parseInteger(digits) ?? parseFloatText(digits)
  const isDecimal = /^[kmgtpezy]b$/.test(unit)
  if (value === undefined || !(isDecimal || /^(?:b|[kmgtpezy](?:ib)?)$/.test(unit))) return 0
  const power = sizeUnits.indexOf(unit.charAt(0))
  const factor = isDecimal && isMetric ? 10n ** BigInt(power * 3) : 2n ** BigInt(power * 10)
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)))
    return integer(BigInt(value) * factor)
  return wholePart(Number(value) * Number(factor))
}

const upper = /^\p{Lu}$/u
const lower = /^\p{Ll}$/u

function toSnakeCase(text: string): string {
  const letters = [...text]
  if (letters.length === 0) throw new PyError('IndexError', 'string index out of range')
  return letters
    .map((letter, index) => {
      const startsWord =
        index > 0 &&
        upper.test(letter) &&
        (lower.test(letters[index - 1] ?? '') || lower.test(letters[index + 1] ?? ''))
      return (startsWord ? '_' : '') + letter.toLowerCase()
    })
    .join('')
}

function capitalized(word: string): string {
  const [first = '', ...rest] = [...word]
  return first.toUpperCase() + rest.join('').toLowerCase()
}

function toCamelCase(text: string, firstToo: boolean): string {
  const [first = '', ...rest] = text.split('_')
  return (firstToo ? capitalized(first) : first) + rest.map(capitalized).join('')
}

/** As one word for a shell. */
function shellQuoted(value: Value): string {
  const text = textOf(value)
  if (text === undefined) {
    if (value instanceof Undefined) return value.fail()
    if (!isTrue(value)) return "''"
    throw typeError(`expected string or bytes-like object, got '${typeName(value)}'`)
  }
  if (text === '') return "''"
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`
}

function isHexadecimal(value: Value): boolean {
  const text = textOf(value)
  return text !== undefined && /^\s*[-+]?(?:0[xX]_?)?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*\s*$/.test(text)
}

const hasSpace = new RegExp(`[${whiteSpace}]`, 'u')

function optionalEncoding(encoding: Value): string | undefined {
  return encoding === null ? undefined : expectText(encoding)
}

export const textFilters: readonly (readonly [string, Filter])[] = [
  [
    'check_whitelist_blacklist',
    filter(
      'check_whitelist_blacklist',
      'value, whitelist=None, blacklist=None',
      (_context, value, whitelist, blacklist) => {
        const isWhite = isTrue(whitelist)
        const isBlack = isTrue(blacklist)
        if (isBlack && matchesAny(value, blacklist, 'blacklist')) return false
        return !isWhite || matchesAny(value, whitelist, 'whitelist')
      },
    ),
  ],
  [
    'contains_whitespace',
    filter('contains_whitespace', 'text', (_context, text) => toList(text).some((part) => hasSpace.test(str(part)))),
  ],
  [
    'human_to_bytes',
    filter('human_to_bytes', "size, default_unit='B', handle_metric=False", (_context, size, unit, isMetric) =>
      humanToBytes(size, unit, isTrue(isMetric)),
    ),
  ],
  ['is_hex', filter('is_hex', 'value', (_context, value) => isHexadecimal(value))],
  ['quote', filter('quote', 'txt', (_context, text) => shellQuoted(text))],
  ['skip', filter('skip_filter', 'data', () => '')],
  ['str_to_num', filter('to_num', 'text', (_context, text) => toNumber(text))],
  ['to_bool', filter('to_bool', 'val', (_context, value) => toBool(value))],
  [
    'to_bytes',
    filter('to_bytes', "s, encoding=None, errors='strict'", (_context, text, encoding) =>
      toBytes(text, optionalEncoding(encoding)),
    ),
  ],
  [
    'to_camelcase',
    filter('snake_to_camel_case', 'snake_input, uppercamel=False', (_context, text, firstToo) =>
      toCamelCase(expectText(text), isTrue(firstToo)),
    ),
  ],
  ['to_num', filter('to_num', 'text', (_context, text) => toNumber(text))],
  ['to_snake_case', filter('camel_to_snake_case', 'camel_input', (_context, text) => toSnakeCase(expectText(text)))],
]
