/** Methods and attributes of `int`, `float` and `bool`. */
import { asFloat } from '../../../../base/float.ts'
import { expectInteger, expectText } from '../arguments.ts'
import { integer, isFloat } from '../arithmetic.ts'
import { numeric } from '../compare.ts'
import { Tuple, type Value } from '../kinds.ts'
import { PyError } from '../py-error.ts'
import { type MethodTable, methodTable } from './method-table.ts'

/** Attributes that are no methods; undefined for others. */
export function numberAttribute(value: Value, name: string): Value | undefined {
  const number = numeric(value)
  if (number === undefined) return undefined
  switch (name) {
    case 'real':
      return typeof value === 'boolean' ? number : value
    case 'imag':
      return isFloat(value) ? asFloat(0) : 0
    case 'numerator':
      return isFloat(value) ? undefined : number
    case 'denominator':
      return isFloat(value) ? undefined : 1
    default:
      return undefined
  }
}

function bitLength(value: Value): number {
  const number = BigInt(numeric(value) ?? 0)
  return number === 0n ? 0 : (number < 0n ? -number : number).toString(2).length
}

function toBytes(value: Value, length: number, order: string): Uint8Array {
  let rest = BigInt(numeric(value) ?? 0)
  if (rest < 0n) throw new PyError('OverflowError', "can't convert negative int to unsigned")
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) {
    bytes[order === 'little' ? index : length - 1 - index] = Number(rest & 0xffn)
    rest >>= 8n
  }
  if (rest > 0n) throw new PyError('OverflowError', 'int too big to convert')
  return bytes
}

function integerRatio(value: Value): Tuple {
  const number = numeric(value) ?? 0
  if (!isFloat(value)) return new Tuple([number, 1])
  let numerator = Number(number)
  let denominator = 1n
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  return new Tuple([integer(BigInt(numerator)), integer(denominator)])
}

export const integerMethods = methodTable<Value>(
  (value) => value,
  [
    ['bit_length', '', bitLength],
    [
      'bit_count',
      '',
      (value) =>
        BigInt(numeric(value) ?? 0)
          .toString(2)
          .replace(/[^1]/g, '').length,
    ],
    ['conjugate', '', (value) => (typeof value === 'boolean' ? Number(value) : value)],
    ['as_integer_ratio', '', integerRatio],
    [
      'to_bytes',
      "length=1, byteorder='big', *, signed=False",
      (value, length, order) => toBytes(value, expectInteger(length), expectText(order)),
    ],
  ],
)

/** Those of `float`; Salt's Python knows `is_integer` of no other numbers. */
export const floatMethods: MethodTable<Value> = new Map([
  ...[...integerMethods].filter(([name]) => !/^(?:bit_|to_bytes)/.test(name)),
  ...methodTable<Value>((value) => value, [['is_integer', '', (value) => Number.isInteger(Number(numeric(value)))]]),
])
