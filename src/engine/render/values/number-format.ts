/** Numbers under a format specification, shared by `%` and `str.format`. */
import { Float } from '../../../base/float.ts'
import { floatRepr } from '../../../base/python-number-repr.ts'
import type { Value } from './kinds.ts'
import { isFloat, numeric } from './numbers.ts'
import { valueError } from './py-error.ts'
import { checkLength } from './text.ts'

export interface NumberStyle {
  /** Letter of the form: d, f, x …; empty for the number's own form. */
  readonly type: string
  readonly precision: number | undefined
  /** `0x` and the like; a point that stays. */
  readonly alternate: boolean
  /** What separates thousands; empty: nothing. */
  readonly separator: string
  /** How many columns the digits and what separates them fill at least, with zeros in front. */
  readonly zeroColumns?: number
}

const radixes: Readonly<Record<string, number>> = { x: 16, X: 16, o: 8, b: 2 }

/** Digits of the absolute value, without sign. Throws ValueError for a form that the number cannot have. */
export function formatMagnitude(value: Value, style: NumberStyle): string {
  const number = numeric(value) ?? 0
  const magnitude = number < 0 ? -number : number
  checkLength(style.precision ?? 0)
  failOnUnfit(isFloat(value), style)
  const digits = digitsOf(value, magnitude, style)
  const isRadix = radixes[style.type] !== undefined
  const prefix = isRadix && style.alternate ? digits.slice(0, 2) : ''
  const [whole = '', ...rest] = isRadix ? [digits.slice(prefix.length)] : digits.split(/(?=[.e%])/)
  const fraction = rest.join('')
  const columns = (style.zeroColumns ?? 0) - prefix.length - fraction.length
  const isGrouped = style.separator !== '' && (isRadix || /^\d+$/.test(whole))
  if (!isGrouped) return prefix + whole.padStart(columns, '0') + fraction
  const groupSize = isRadix ? 4 : 3
  const zeros = missingZeros(whole.length, columns, groupSize)
  return prefix + inGroups('0'.repeat(zeros) + whole, groupSize).join(style.separator) + fraction
}

/** The first one may be shorter. */
function inGroups(digits: string, size: number): string[] {
  const first = digits.length % size
  const groups = first === 0 ? [] : [digits.slice(0, first)]
  for (let start = first; start < digits.length; start += size) groups.push(digits.slice(start, start + size))
  return groups
}

function missingZeros(digits: number, columns: number, groupSize: number): number {
  let all = digits
  while (all + Math.floor((all - 1) / groupSize) < columns) all += 1
  return all - digits
}

/** Only of braces: `%` says what fits before it comes here. */
function failOnUnfit(isFraction: boolean, { type, separator }: NumberStyle): void {
  if (isFraction && type === 'c') throw valueError("Unknown format code 'c' for object of type 'float'")
  if (separator !== '' && (type === 'n' || type === 'c' || (separator === ',' && radixes[type] !== undefined))) {
    throw valueError(`Cannot specify '${separator}' with '${type}'.`)
  }
}

function digitsOf(value: Value, magnitude: number | bigint, { type, precision, alternate }: NumberStyle): string {
  const radix = radixes[type]
  if (radix !== undefined) {
    if (isFloat(value)) throw valueError(`Unknown format code '${type}' for object of type 'float'`)
    const digits = magnitude.toString(radix)
    return (alternate ? `0${type}` : '') + (type === 'X' ? digits.toUpperCase() : digits)
  }
  const float = Number(magnitude)
  const isWhole = !isFloat(value) && ['', 'd', 'n'].includes(type)
  if (!Number.isFinite(float) && !isWhole)
    return 'FEG'.includes(type) && type !== '' ? floatRepr(float).toUpperCase() : floatRepr(float)
  switch (type) {
    case 'f':
    case 'F':
      return fixedDigits(float, precision ?? 6)
    case '%':
      return `${fixedDigits(float * 100, precision ?? 6)}%`
    case 'e':
    case 'E':
      return withCase(type, exponential(float, precision ?? 6))
    case 'g':
    case 'G':
      return withCase(type, general(float, precision ?? 6, alternate))
    case 'c':
      return String.fromCodePoint(float)
    case 'd':
    case 'n':
      if (!isFloat(value)) return String(magnitude)
      if (type === 'n') return general(float, precision ?? 6, alternate)
      throw valueError("Unknown format code 'd' for object of type 'float'")
    case '':
      if (!isFloat(value)) return String(magnitude)
      if (precision === undefined) return floatRepr(float)
      return floatWithPrecision(float, precision)
    default:
      throw valueError(`Unknown format code '${type}' for object of type '${isFloat(value) ? 'float' : 'int'}'`)
  }
}

function withCase(type: string, text: string): string {
  return type === type.toUpperCase() ? text.toUpperCase() : text
}

/** As C and Python write it: the exact binary value is rounded, and one just in the middle to the even digit. */
export function fixedDigits(value: number, precision: number): string {
  if (value >= 1e21) {
    const whole = BigInt(value).toString()
    return precision === 0 ? whole : `${whole}.${'0'.repeat(precision)}`
  }
  const digits = Math.min(precision, 100)
  const rounded = value.toFixed(digits)
  if (digits > 70) return rounded
  // JavaScript rounds a value in the middle up. All of its digits show whether it is one.
  const exact = value.toFixed(digits + 30)
  const cut = exact.length - 30
  if (!/^50*$/.test(exact.slice(cut)) || /[02468]\.?$/.test(rounded)) return rounded
  return exact.slice(0, digits === 0 ? cut - 1 : cut)
}

function exponential(value: number, precision: number): string {
  return value.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, 'e$10$2')
}

function general(value: number, precision: number, keepZeros: boolean): string {
  const significant = Math.max(1, precision)
  if (value === 0) return '0'
  const exponent = Number(value.toExponential(Math.min(significant - 1, 100)).split('e')[1])
  const text =
    exponent < -4 || exponent >= significant
      ? exponential(value, significant - 1)
      : fixedDigits(value, Math.max(0, significant - 1 - exponent))
  return keepZeros ? text : text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '')
}

/** As `g`, but a float keeps a digit after the point. */
function floatWithPrecision(value: number, precision: number): string {
  const text = general(value, precision, false)
  return /[.e]/.test(text) || Number(text) >= 10 ** precision ? text : `${text}.0`
}

/** Whether the number is below zero, minus zero included. */
export function isNegative(value: Value): boolean {
  const number = value instanceof Float ? value.value : (numeric(value) ?? 0)
  return number < 0 || Object.is(number, -0)
}
