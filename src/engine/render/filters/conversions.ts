/** Conversions between Python's types that filters share. */
import { asFloat, type Float } from '../../../base/float.ts'
import { textOf } from '../values/arguments.ts'
import { integer, isFloat } from '../values/arithmetic.ts'
import { numeric } from '../values/compare.ts'
import { Undefined, type Value } from '../values/kinds.ts'
import { encodeText } from '../values/methods/encoding.ts'
import { repr } from '../values/print.ts'
import { PyError, typeError, valueError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'

/** Python's white space around numbers, and the underscores between their digits, are no part of them. */
const integerForm = /^\s*([-+]?)(\d+(?:_\d+)*)\s*$/
const floatForm = /^\s*[-+]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+(?:_\d+)*)?\s*$/
const specialFloat = /^\s*([-+]?)(inf|infinity|nan)\s*$/i

/** `int(text)`; undefined for a text that is no integer. */
export function parseInteger(text: string): number | bigint | undefined {
  const [, sign = '', digits] = integerForm.exec(text) ?? []
  if (digits === undefined) return undefined
  const magnitude = BigInt(digits.replaceAll('_', ''))
  return integer(sign === '-' ? -magnitude : magnitude)
}

/** `float(text)`; undefined for a text that is no number. */
export function parseFloatText(text: string): number | Float | undefined {
  if (floatForm.test(text)) return asFloat(Number(text.trim().replaceAll('_', '')))
  const [, sign, word] = specialFloat.exec(text) ?? []
  if (word === undefined) return undefined
  const value = word.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY
  return sign === '-' ? -value : value
}

/** `float(value)`. Throws TypeError and ValueError. */
export function asFloatValue(value: Value): number | Float {
  const number = numeric(value)
  if (number !== undefined) return isFloat(value) && typeof value === 'number' ? value : asFloat(Number(number))
  if (value instanceof Undefined) return value.fail()
  const text = textOf(value)
  if (text === undefined)
    throw typeError(`float() argument must be a string or a real number, not '${typeName(value)}'`)
  const parsed = parseFloatText(text)
  if (parsed === undefined) throw valueError(`could not convert string to float: ${repr(text)}`)
  return parsed
}

/** `int(value)` of a number: its whole part. Throws for what is infinite or no number at all. */
export function wholePart(value: number): number | bigint {
  if (Number.isNaN(value)) throw valueError('cannot convert float NaN to integer')
  if (!Number.isFinite(value)) throw new PyError('OverflowError', 'cannot convert float infinity to integer')
  return integer(BigInt(Math.trunc(value)))
}

/** Text as bytes; bytes stay what they are. Throws TypeError for anything else. */
export function toBytes(value: Value, encoding?: string): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (value instanceof Undefined) return value.fail()
  const text = textOf(value)
  if (text === undefined) throw typeError(`expected str, bytes, or bytearray not <class '${typeName(value)}'>`)
  return encodeText(text, encoding)
}
