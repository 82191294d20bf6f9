/** Checks of arguments that TypeScript code of filters and methods needs. */
import { isFloat } from './arithmetic.ts'
import { numeric } from './compare.ts'
import { Markup, Undefined, type Value } from './kinds.ts'
import { typeError } from './py-error.ts'
import { typeName } from './type-name.ts'

/** The text of a string, Markup included; undefined for anything else. */
export function textOf(value: Value): string | undefined {
  return typeof value === 'string' ? value : value instanceof Markup ? value.text : undefined
}

/** A text. Throws TypeError. */
export function expectText(value: Value, what = 'expected a string'): string {
  const text = textOf(value)
  if (text !== undefined) return text
  if (value instanceof Undefined) return value.fail()
  throw typeError(`${what}, got ${typeName(value)}`)
}

/** An integer (True is 1) as a number. Throws TypeError. */
export function expectInteger(value: Value): number {
  const number = numeric(value)
  if (number !== undefined && !isFloat(value)) return Number(number)
  if (value instanceof Undefined) return value.fail()
  throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
}

/** Any number. Throws TypeError. */
export function expectNumber(value: Value): number {
  const number = numeric(value)
  if (number !== undefined) return Number(number)
  if (value instanceof Undefined) return value.fail()
  throw typeError(`must be real number, not ${typeName(value)}`)
}
