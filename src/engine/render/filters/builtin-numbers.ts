/** Jinja's filters for numbers. */
import { asFloat, Float } from '../../../base/float.ts'
import { expectInteger, expectNumber, textOf } from '../values/arguments.ts'
import { absolute, integer, isFloat } from '../values/arithmetic.ts'
import { numeric } from '../values/compare.ts'
import { isTrue } from '../values/iterate.ts'
import { Undefined, type Value } from '../values/kinds.ts'
import { fixedDigits } from '../values/number-format.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { parseFloatText } from './conversions.ts'
import { type Filter, filter } from './filter.ts'

function toInteger(value: Value, fallback: Value, base: number): Value {
  if (value instanceof Undefined) value.fail()
  const text = textOf(value)
  const whole = text === undefined ? undefined : parseWithBase(text, base)
  if (whole !== undefined) return whole
  const number = text === undefined ? numeric(value) : numeric(parseFloatText(text))
  if (number === undefined || !Number.isFinite(Number(number))) {
    if (text === undefined && number !== undefined && !Number.isNaN(Number(number))) {
      throw new PyError('OverflowError', 'cannot convert float infinity to integer')
    }
    return fallback
  }
  return typeof number === 'bigint' ? number : integer(BigInt(Math.trunc(number)))
}

const prefixes: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 16: '0x' }

/** Python reads no longer ones either, and the work grows with the square of their number. */
const maximumDigits = 4300

/** `int(text, base)`; undefined for a text that is no integer. */
function parseWithBase(text: string, base: number): number | bigint | undefined {
  if (base !== 0 && (base < 2 || base > 36)) return undefined
  const [, sign = '', body = ''] = /^\s*([-+]?)([\w\p{Nd}]+)\s*$/u.exec(text) ?? []
  const lower = asciiDigits(body.toLowerCase())
  const detected = base === 0 ? (Object.entries(prefixes).find(([, one]) => lower.startsWith(one))?.[0] ?? '10') : base
  const radix = Number(detected)
  const prefix = prefixes[radix]
  const digits = prefix !== undefined && lower.startsWith(prefix) ? lower.slice(2).replace(/^_/, '') : lower
  if (digits.length > maximumDigits || !/^[0-9a-z]+(?:_[0-9a-z]+)*$/.test(digits)) return undefined
  let value = 0n
  for (const digit of digits.replaceAll('_', '')) {
    const number = Number.parseInt(digit, 36)
    if (number >= radix) return undefined
    value = value * BigInt(radix) + BigInt(number)
  }
  return integer(sign === '-' ? -value : value)
}

/** Digits of other scripts as those of ASCII. */
function asciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    let value = 0
    while (/\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1
    return String(value % 10)
  })
}

function toFloat(value: Value, fallback: Value): Value {
  if (value instanceof Undefined) value.fail()
  const text = textOf(value)
  if (text !== undefined) return parseFloatText(text) ?? fallback
  const number = numeric(value)
  return number === undefined ? fallback : asFloat(Number(number))
}

function round(value: Value, precision: number, method: Value): Value {
  if (method !== 'common' && method !== 'ceil' && method !== 'floor') {
    throw new PyError('FilterArgumentError', 'method must be common, ceil or floor')
  }
  if (method !== 'common' && value instanceof Undefined) value.fail()
  const number = numeric(value)
  if (number === undefined) throw typeError(`type ${typeName(value)} doesn't define __round__ method`)
  if (method !== 'common') {
    const factor = 10 ** precision
    return asFloat(Math[method](Number(number) * factor) / factor)
  }
  return isFloat(value) ? roundFloat(Number(number), precision) : roundInteger(BigInt(number), precision)
}

function roundFloat(value: number, precision: number): Value {
  if (!Number.isFinite(value)) return value
  if (precision < 0) return new Float(Number(roundInteger(BigInt(Math.round(value)), precision)))
  const rounded = Number(fixedDigits(Math.abs(value), Math.min(precision, 100)))
  return asFloat(value < 0 ? -rounded : rounded)
}

function roundInteger(value: bigint, precision: number): number | bigint {
  if (precision >= 0) return integer(value)
  const unit = 10n ** BigInt(-precision)
  const magnitude = value < 0n ? -value : value
  const below = magnitude / unit
  const rest = (magnitude % unit) * 2n
  const rounded = (rest > unit || (rest === unit && below % 2n === 1n) ? below + 1n : below) * unit
  return integer(value < 0n ? -rounded : rounded)
}

const decimalUnits = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB']
const binaryUnits = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']

function fileSize(value: Value, isBinary: boolean): string {
  const text = textOf(value)
  const bytes = text === undefined ? expectNumber(value) : Number(numeric(parseFloatText(text)) ?? Number.NaN)
  if (Number.isNaN(bytes)) throw new PyError('ValueError', `could not convert string to float: '${text}'`)
  const base = isBinary ? 1024 : 1000
  if (bytes === 1) return '1 Byte'
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`
  const units = isBinary ? binaryUnits : decimalUnits
  let unit = base * base
  let index = 0
  while (bytes >= unit && index < units.length - 1) {
    unit *= base
    index += 1
  }
  return `${fixedDigits((base * bytes) / unit, 1)} ${units[index]}`
}

export const builtinNumberFilters: readonly (readonly [string, Filter])[] = [
  ['abs', filter('abs', 'x', (_context, value) => absolute(value))],
  [
    'filesizeformat',
    filter('do_filesizeformat', 'value, binary=False', (_context, value, binary) => fileSize(value, isTrue(binary))),
  ],
  ['float', filter('do_float', 'value, default=0.0', (_context, value, fallback) => toFloat(value, fallback))],
  [
    'int',
    filter('do_int', 'value, default=0, base=10', (_context, value, fallback, base) =>
      toInteger(value, fallback, expectInteger(base)),
    ),
  ],
  [
    'round',
    filter('do_round', "value, precision=0, method='common'", (_context, value, precision, method) =>
      round(value, expectInteger(precision), method),
    ),
  ],
]
