/** Python's operators on numbers, texts and collections. */
import { asFloat } from '../../../base/float.ts'
import { PySet } from './dict.ts'
import { toList } from './iterate.ts'
import { DictView, isText, Markup, Tuple, Undefined, type Value } from './kinds.ts'
import { integer, isFloat, numeric } from './numbers.ts'
import { formatPercent } from './percent-format.ts'
import { str } from './print.ts'
import { PyError, typeError } from './py-error.ts'
import { checkLength, escapeHtml, repeated } from './text.ts'
import { typeName } from './type-name.ts'
import { checkCount } from './walk.ts'

export { integer, isFloat, isInteger } from './numbers.ts'

/** Python's own bound is memory; this keeps `2 ** 99 ** 99`, and a number that is squared in a loop, from stalling the process. */
const maximumBits = 1_000_000

type Compute<T> = (left: T, right: T) => T

/** The result for two numbers, undefined where one is none. */
function computed(left: Value, right: Value, floats: Compute<number>, integers: Compute<bigint>): Value | undefined {
  const leftNumber = numeric(left)
  const rightNumber = numeric(right)
  if (leftNumber === undefined || rightNumber === undefined) return undefined
  if (isFloat(left) || isFloat(right)) return asFloat(floats(Number(leftNumber), Number(rightNumber)))
  if (typeof leftNumber === 'number' && typeof rightNumber === 'number') {
    const quick = floats(leftNumber, rightNumber)
    if (Number.isSafeInteger(quick)) return quick + 0
  }
  return integer(bounded(integers(BigInt(leftNumber), BigInt(rightNumber))))
}

const maximumInteger = 1n << BigInt(maximumBits)

function bounded(value: bigint): bigint {
  if (value < maximumInteger && value > -maximumInteger) return value
  throw new PyError('OverflowError', `an integer would have more than ${maximumBits} bits`)
}

function unsupported(operator: string, left: Value, right: Value): never {
  if (left instanceof Undefined) return left.fail()
  if (right instanceof Undefined) return right.fail()
  throw typeError(`unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`)
}

/** `left + right`. */
export function add(left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    checkLength(left.length + right.length)
    return left + right
  }
  const sum = computed(
    left,
    right,
    (a, b) => a + b,
    (a, b) => a + b,
  )
  if (sum !== undefined) return sum
  if (Array.isArray(left) && Array.isArray(right)) return joined(left, right)
  if (left instanceof Tuple && right instanceof Tuple) return new Tuple(joined(left.items, right.items))
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.concat([left, right])
  if (isText(left) && isText(right)) return new Markup(markupText(left) + markupText(right))
  if (right instanceof Undefined) return right.fail()
  if (isText(left)) throw typeError(`can only concatenate str (not "${typeName(right)}") to str`)
  if (Array.isArray(left)) throw typeError(`can only concatenate list (not "${typeName(right)}") to list`)
  if (left instanceof Tuple) throw typeError(`can only concatenate tuple (not "${typeName(right)}") to tuple`)
  return unsupported('+', left, right)
}

function joined(left: readonly Value[], right: readonly Value[]): Value[] {
  checkCount(left.length + right.length)
  return [...left, ...right]
}

function markupText(value: string | Markup): string {
  return value instanceof Markup ? value.text : escapeHtml(value)
}

/** `left - right`: of numbers and sets. */
export function subtract(left: Value, right: Value): Value {
  const difference = computed(
    left,
    right,
    (a, b) => a - b,
    (a, b) => a - b,
  )
  if (difference !== undefined) return difference
  const [ours, theirs] = [setOf(left), setOf(right)]
  if (ours !== undefined && theirs !== undefined) return new PySet([...ours].filter((item) => !theirs.has(item)))
  return unsupported('-', left, right)
}

function setOf(value: Value): PySet | undefined {
  if (value instanceof PySet) return value
  return value instanceof DictView && value.kind !== 'values' ? new PySet(toList(value)) : undefined
}

/** `left * right`: also repeats texts and lists. */
export function multiply(left: Value, right: Value): Value {
  const product = computed(
    left,
    right,
    (a, b) => a * b,
    (a, b) => a * b,
  )
  if (product !== undefined) return product
  return repeatedSequence(left, right) ?? repeatedSequence(right, left) ?? unsupported('*', left, right)
}

function repeatedSequence(sequence: Value, count: Value): Value | undefined {
  const isSequence = isText(sequence) || Array.isArray(sequence) || sequence instanceof Tuple
  if (!isSequence) return undefined
  const times = numeric(count)
  if (times === undefined || isFloat(count)) {
    if (count instanceof Undefined) return count.fail()
    throw typeError(`can't multiply sequence by non-int of type '${typeName(count)}'`)
  }
  if (typeof sequence === 'string') return repeated(sequence, Number(times))
  if (sequence instanceof Markup) return new Markup(repeated(sequence.text, Number(times)))
  const items: readonly Value[] = Array.isArray(sequence) ? sequence : sequence.items
  checkCount(items.length * Number(times))
  const rounds = items.length === 0 ? 0 : Math.max(0, Number(times))
  const all = Array.from({ length: rounds }, () => items).flat()
  return Array.isArray(sequence) ? all : new Tuple(all)
}

/** `left / right`: always a float. */
export function divide(left: Value, right: Value): Value {
  const leftNumber = numeric(left)
  const rightNumber = numeric(right)
  if (leftNumber === undefined || rightNumber === undefined) return unsupported('/', left, right)
  if (Number(rightNumber) === 0) {
    throw new PyError(
      'ZeroDivisionError',
      isFloat(left) || isFloat(right) ? 'float division by zero' : 'division by zero',
    )
  }
  return asFloat(Number(leftNumber) / Number(rightNumber))
}

/** `left // right`. */
export function floorDivide(left: Value, right: Value): Value {
  failOnZero(
    left,
    right,
    isFloat(left) || isFloat(right) ? 'float floor division by zero' : 'integer division or modulo by zero',
  )
  return computed(left, right, (a, b) => Math.floor(a / b), floorQuotient) ?? unsupported('//', left, right)
}

function floorQuotient(left: bigint, right: bigint): bigint {
  const quotient = left / right
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient
}

/** `left % right`: the remainder, or the text `left` with values put in. */
export function modulo(left: Value, right: Value): Value {
  if (typeof left === 'string') return formatPercent(left, right)
  if (left instanceof Markup) return new Markup(formatPercent(left.text, escapedValues(right)))
  failOnZero(left, right, isFloat(left) || isFloat(right) ? 'float modulo' : 'integer modulo by zero')
  return computed(left, right, floorRemainder, (a, b) => a - b * floorQuotient(a, b)) ?? unsupported('%', left, right)
}

/** Texts that are put into Markup are escaped. */
function escapedValues(value: Value): Value {
  if (typeof value === 'string') return escapeHtml(value)
  if (value instanceof Tuple) return new Tuple(value.items.map(escapedValues))
  return value instanceof Map ? new Map([...value].map(([key, item]) => [key, escapedValues(item)])) : value
}

function floorRemainder(left: number, right: number): number {
  const remainder = left % right
  return remainder !== 0 && remainder < 0 !== right < 0 ? remainder + right : remainder
}

function failOnZero(left: Value, right: Value, message: string): void {
  if (numeric(left) === undefined) return
  const number = numeric(right)
  if (number !== undefined && Number(number) === 0) throw new PyError('ZeroDivisionError', message)
}

/** `left ** right`. */
export function power(left: Value, right: Value): Value {
  const base = numeric(left)
  const exponent = numeric(right)
  if (base === undefined || exponent === undefined) return unsupported('** or pow()', left, right)
  if (Number(base) === 0 && exponent < 0) {
    throw new PyError('ZeroDivisionError', '0.0 cannot be raised to a negative power')
  }
  if (isFloat(left) || isFloat(right) || exponent < 0) {
    const result = Number(base) ** Number(exponent)
    if (!Number.isFinite(result) && Number.isFinite(Number(base)) && Number.isFinite(Number(exponent))) {
      throw new PyError('OverflowError', "(34, 'Numerical result out of range')")
    }
    return asFloat(result)
  }
  if (BigInt(base).toString(2).length * Number(exponent) > maximumBits) {
    throw new PyError('OverflowError', 'the result of ** is too large')
  }
  return integer(BigInt(base) ** BigInt(exponent))
}

/** `-value`. */
export function negate(value: Value): Value {
  const number = numeric(value)
  if (number === undefined) return badUnary('-', value)
  if (isFloat(value)) return asFloat(-Number(number))
  return integer(-number)
}

/** `+value`. */
export function positive(value: Value): Value {
  const number = numeric(value)
  if (number === undefined) return badUnary('+', value)
  return typeof value === 'boolean' ? number : value
}

function badUnary(operator: string, value: Value): never {
  if (value instanceof Undefined) return value.fail()
  throw typeError(`bad operand type for unary ${operator}: '${typeName(value)}'`)
}

/** `abs(value)`. */
export function absolute(value: Value): Value {
  const number = numeric(value)
  if (number !== undefined) return number < 0 || Object.is(number, -0) ? negate(value) : positive(value)
  throw typeError(`bad operand type for abs(): '${typeName(value)}'`)
}

/** `a ~ b ~ c`: texts joined; with `escapes`, escaped where one of them is Markup. */
export function concatenate(values: readonly Value[], escapes: boolean): Value {
  if (escapes && values.some((value) => value instanceof Markup)) {
    return new Markup(values.map((value) => (value instanceof Markup ? value.text : escapeHtml(str(value)))).join(''))
  }
  const texts = values.map(str)
  checkLength(texts.reduce((sum, text) => sum + text.length, 0))
  return texts.join('')
}
