/** Jinja's tests, and those that Salt adds but for `match`. */
import { isFloat, isInteger, modulo } from '../values/arithmetic.ts'
import { equals, inOrder, numeric } from '../values/compare.ts'
import { PySet } from '../values/dict.ts'
import { contains, isIterable, iterate } from '../values/iterate.ts'
import { canonicalKey } from '../values/keys.ts'
import { DictView, Generator, isText, Markup, Undefined, type Value } from '../values/kinds.ts'
import { isCallable } from '../values/lookup.ts'
import { str } from '../values/print.ts'
import { type Test, test } from './filter.ts'

function isIterableStrictly(value: Value): boolean {
  if (value instanceof Undefined) iterate(value)
  return value instanceof Undefined || isIterable(value)
}

function isSequence(value: Value): boolean {
  const isUnordered = value instanceof PySet || value instanceof DictView || value instanceof Generator
  return !isUnordered && isIterable(value)
}

function isDivisible(value: Value, by: Value): boolean {
  return equals(modulo(value, by), 0)
}

const equal = test('eq', 'a, b', (value, other) => equals(value, other))
const unequal = test('ne', 'a, b', (value, other) => !equals(value, other))
const less = test('lt', 'a, b', (value, other) => inOrder('<', value, other))
const lessOrEqual = test('le', 'a, b', (value, other) => inOrder('<=', value, other))
const greater = test('gt', 'a, b', (value, other) => inOrder('>', value, other))
const greaterOrEqual = test('ge', 'a, b', (value, other) => inOrder('>=', value, other))

const letters = /\p{Lu}|\p{Ll}/u

export const builtinTests: readonly (readonly [string, Test])[] = [
  ['boolean', test('test_boolean', 'value', (value) => typeof value === 'boolean')],
  ['callable', test('callable', 'obj', (value) => isCallable(value))],
  ['defined', test('test_defined', 'value', (value) => !(value instanceof Undefined))],
  ['divisibleby', test('test_divisibleby', 'value, num', isDivisible)],
  ['eq', equal],
  ['equalto', equal],
  ['==', equal],
  ['escaped', test('test_escaped', 'value', (value) => value instanceof Markup)],
  ['even', test('test_even', 'value', (value) => isDivisible(value, 2))],
  ['false', test('test_false', 'value', (value) => value === false)],
  ['float', test('test_float', 'value', isFloat)],
  ['ge', greaterOrEqual],
  ['>=', greaterOrEqual],
  ['gt', greater],
  ['greaterthan', greater],
  ['>', greater],
  ['in', test('test_in', 'value, seq', (value, container) => contains(container, value))],
  ['integer', test('test_integer', 'value', isInteger)],
  ['iterable', test('test_iterable', 'value', isIterableStrictly)],
  ['le', lessOrEqual],
  ['<=', lessOrEqual],
  ['list', test('is_list', 'value', (value) => Array.isArray(value))],
  [
    'lower',
    test('test_lower', 'value', (value) => letters.test(str(value)) && str(value) === str(value).toLowerCase()),
  ],
  ['lt', less],
  ['lessthan', less],
  ['<', less],
  ['mapping', test('test_mapping', 'value', (value) => value instanceof Map)],
  ['ne', unequal],
  ['!=', unequal],
  ['none', test('test_none', 'value', (value) => value === null)],
  ['number', test('test_number', 'value', (value) => numeric(value) !== undefined)],
  ['odd', test('test_odd', 'value', (value) => equals(modulo(value, 2), 1))],
  ['sameas', test('test_sameas', 'value, other', (value, other) => value === other)],
  ['sequence', test('test_sequence', 'value', isSequence)],
  ['string', test('test_string', 'value', isText)],
  ['true', test('test_true', 'value', (value) => value === true)],
  ['undefined', test('test_undefined', 'value', (value) => value instanceof Undefined)],
  [
    'upper',
    test('test_upper', 'value', (value) => letters.test(str(value)) && str(value) === str(value).toUpperCase()),
  ],
]

function nameOf(value: Value): string {
  const key = canonicalKey(value)
  return typeof key === 'string' ? key : ''
}

/** The tests that ask for names of filters and tests; they are such names themselves. */
export function nameTests(
  filters: ReadonlyMap<string, unknown>,
  tests: ReadonlyMap<string, unknown>,
): readonly (readonly [string, Test])[] {
  const isTest = (name: string): boolean => name === 'filter' || name === 'test' || tests.has(name)
  return [
    ['filter', test('test_filter', 'value', (name) => filters.has(nameOf(name)))],
    ['test', test('test_test', 'value', (name) => isTest(nameOf(name)))],
  ]
}
