/** What counts as a number, and which kind of number it is. */
import { Float } from '../../../base/float.ts'
import type { Value } from './kinds.ts'

/** A number's value where the value counts as one (`True` is 1), else undefined. */
export function numeric(value: Value): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return Number(value)
  return value instanceof Float ? value.value : undefined
}

export function isFloat(value: Value): boolean {
  return (typeof value === 'number' && !Number.isInteger(value)) || value instanceof Float
}

export function isInteger(value: Value): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

/** An integer in the form of the value model. */
export function integer(value: bigint | number): number | bigint {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : BigInt(value)
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}
