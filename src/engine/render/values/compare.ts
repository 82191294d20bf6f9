/** Equality and order as in Python. */
import { PySet } from './dict.ts'
import { DictView, Markup, Range, Tuple, Undefined, type Value } from './kinds.ts'
import { numeric } from './numbers.ts'
import { typeError } from './py-error.ts'
import { typeName } from './type-name.ts'
import { Walk } from './walk.ts'

export { numeric } from './numbers.ts'

/** `left == right`. */
export function equals(left: Value, right: Value, walk?: Walk): boolean {
  if (left instanceof Undefined) return left.isLenient ? right instanceof Undefined : left.fail()
  if (right instanceof Undefined) return right.isLenient ? false : right.fail()
  const leftNumber = numeric(left)
  if (leftNumber !== undefined) {
    const rightNumber = numeric(right)
    // biome-ignore lint/suspicious/noDoubleEquals: an integer of either kind equals a float.
    return rightNumber !== undefined && leftNumber == rightNumber
  }
  if (left === right) return true
  if (left === null || right === null) return false
  if (left instanceof Markup) return equals(left.text, right, walk)
  if (right instanceof Markup) return equals(left, right.text, walk)
  return typeof left === 'object' && typeof right === 'object' && sameCollections(left, right, walk ?? new Walk())
}

function sameCollections(left: object, right: object, walk: Walk): boolean {
  walk.step()
  if (Array.isArray(left)) return Array.isArray(right) && sameItems(left, right, walk)
  if (left instanceof Tuple) return right instanceof Tuple && sameItems(left.items, right.items, walk)
  if (left instanceof Map) return right instanceof Map && sameEntries(left, right, walk)
  if (left instanceof PySet) return right instanceof PySet && isSubset(left, right) && left.size === right.size
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0
  if (left instanceof Range) return right instanceof Range && sameItems([...left], [...right], walk)
  if (left instanceof DictView) return right instanceof DictView && sameViews(left, right, walk)
  return false
}

function sameItems(left: readonly Value[], right: readonly Value[], walk: Walk): boolean {
  return (
    left.length === right.length &&
    left.every((item, index) => item === right[index] || equals(item, right[index], walk))
  )
}

function sameEntries(left: ReadonlyMap<Value, Value>, right: ReadonlyMap<Value, Value>, walk: Walk): boolean {
  if (left.size !== right.size) return false
  for (const [key, value] of left) {
    const other = right.get(key)
    if (other === undefined || !(other === value || equals(value, other, walk))) return false
  }
  return true
}

function isSubset(left: PySet, right: PySet): boolean {
  return [...left].every((item) => right.has(item))
}

function sameViews(left: DictView, right: DictView, walk: Walk): boolean {
  if (left.kind === 'values' || left.kind !== right.kind || left.dict.size !== right.dict.size) return left === right
  return left.kind === 'items'
    ? sameEntries(left.dict, right.dict, walk)
    : [...left.dict.keys()].every((key) => right.dict.has(key))
}

export type OrderOperator = '<' | '<=' | '>' | '>='

/** `left < right` and its likes. Throws TypeError for values without an order. */
export function inOrder(operator: OrderOperator, left: Value, right: Value): boolean {
  if (left instanceof PySet && right instanceof PySet) return setsInOrder(operator, left, right)
  const order = compare(left, right, operator)
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

function setsInOrder(operator: OrderOperator, left: PySet, right: PySet): boolean {
  const [small, large] = operator.startsWith('<') ? [left, right] : [right, left]
  return isSubset(small, large) && (operator.endsWith('=') || small.size < large.size)
}

/**
 * Negative, 0 or positive; NaN where there is no order between two numbers. Throws TypeError for values without an order,
 * naming `operator`.
 */
export function compare(left: Value, right: Value, operator: OrderOperator = '<'): number {
  const leftNumber = numeric(left)
  const rightNumber = numeric(right)
  if (leftNumber !== undefined && rightNumber !== undefined) {
    if (leftNumber < rightNumber) return -1
    if (leftNumber > rightNumber) return 1
    // biome-ignore lint/suspicious/noDoubleEquals: an integer of either kind equals a float.
    return leftNumber == rightNumber ? 0 : Number.NaN
  }
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right)
  if (left instanceof Undefined) return left.fail()
  if (right instanceof Undefined) return right.fail()
  if (left instanceof Markup) return compare(left.text, right, operator)
  if (right instanceof Markup) return compare(left, right.text, operator)
  if (Array.isArray(left) && Array.isArray(right)) return compareItems(left, right, operator)
  if (left instanceof Tuple && right instanceof Tuple) return compareItems(left.items, right.items, operator)
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right)
  throw typeError(`'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`)
}

function compareItems(left: readonly Value[], right: readonly Value[], operator: OrderOperator): number {
  const shared = Math.min(left.length, right.length)
  for (let index = 0; index < shared; index++) {
    if (!equals(left[index], right[index])) return compare(left[index], right[index], operator)
  }
  return left.length - right.length
}

/** By code points; JavaScript's own order is by code units. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0
  const shared = Math.min(left.length, right.length)
  for (let index = 0; index < shared; index++) {
    const leftUnit = left.charCodeAt(index)
    const rightUnit = right.charCodeAt(index)
    if (leftUnit === rightUnit) continue
    const leftHigh = isSurrogate(leftUnit)
    return leftHigh === isSurrogate(rightUnit) ? leftUnit - rightUnit : leftHigh ? 1 : -1
  }
  return left.length - right.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000
}

/** `sorted(items, key=key, reverse=reverse)`: stable, also where reversed. */
export function sorted(items: Iterable<Value>, key: (item: Value) => Value = (item) => item, reverse = false): Value[] {
  const keyed = Array.from(items, (item) => ({ item, key: key(item) }))
  // Python asks whether the later item is less than the earlier one: messages name the types in that order.
  const order = reverse
    ? (a: { key: Value }, b: { key: Value }) => compare(b.key, a.key)
    : (a: { key: Value }, b: { key: Value }) => -compare(b.key, a.key)
  return keyed.sort(order).map(({ item }) => item)
}
