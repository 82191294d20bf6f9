/** Going through values, their length and membership. */

import { equals } from './compare.ts'
import { PySet } from './dict.ts'
import { DictView, Generator, HostObject, Markup, Range, Tuple, Undefined, type Value } from './kinds.ts'
import { PyError, typeError } from './py-error.ts'
import { codePointLength } from './text.ts'
import { typeName } from './type-name.ts'

/** `iter(value)`: characters of a text, keys of a dictionary. Throws TypeError for what cannot be gone through. */
export function iterate(value: Value): Iterable<Value> {
  if (Array.isArray(value) || typeof value === 'string') return value
  if (value instanceof Map) return watched(value, (key) => key)
  if (value instanceof Tuple) return value.items
  if (value instanceof DictView) return watched(value.dict, viewPart(value))
  if (value instanceof PySet || value instanceof Range || value instanceof Generator) return value
  if (value instanceof Markup) return value.text
  if (value instanceof Uint8Array) return value
  if (value instanceof Undefined) return value.isLenient ? [] : value.fail()
  const own = value instanceof HostObject ? value.iterate() : undefined
  if (own !== undefined) return own
  throw typeError(`'${typeName(value)}' object is not iterable`)
}

function viewPart(view: DictView): (key: Value, item: Value) => Value {
  if (view.kind === 'keys') return (key) => key
  return view.kind === 'values' ? (_key, item) => item : (key, item) => new Tuple([key, item])
}

function* watched(dict: ReadonlyMap<Value, Value>, part: (key: Value, item: Value) => Value): Iterable<Value> {
  const { size } = dict
  for (const [key, item] of dict) {
    if (dict.size !== size) break
    yield part(key, item)
  }
  if (dict.size !== size) throw new PyError('RuntimeError', 'dictionary changed size during iteration')
}

/** `list(value)`: always a new list. */
export function toList(value: Value): Value[] {
  return [...iterate(value)]
}

/** `len(value)`. Throws TypeError for what has no length. */
export function length(value: Value): number {
  const found = lengthOf(value)
  if (found === undefined) throw typeError(`object of type '${typeName(value)}' has no len()`)
  return found
}

/** The length, undefined for what has none. */
export function lengthOf(value: Value): number | undefined {
  if (typeof value === 'string') return codePointLength(value)
  if (Array.isArray(value)) return value.length
  if (value instanceof Map || value instanceof PySet) return value.size
  if (value instanceof Tuple) return value.items.length
  if (value instanceof Markup) return codePointLength(value.text)
  if (value instanceof Uint8Array || value instanceof Range) return value.length
  if (value instanceof DictView) return value.dict.size
  if (value instanceof Undefined) return value.isLenient ? 0 : value.fail()
  return value instanceof HostObject ? value.size() : undefined
}

/** `item in container`. Throws TypeError where that cannot be asked. */
export function contains(container: Value, item: Value): boolean {
  if (typeof container === 'string' || container instanceof Markup) return textContains(container, item)
  if (container instanceof Map || container instanceof PySet) return container.has(item)
  if (container instanceof DictView && container.kind === 'keys') return container.dict.has(item)
  if (container instanceof Range) return rangeContains(container, item)
  if (container instanceof Uint8Array && item instanceof Uint8Array) return Buffer.from(container).includes(item)
  if (container instanceof Undefined) return container.isLenient ? false : container.fail()
  const own = container instanceof HostObject ? container.contains(item) : undefined
  if (own !== undefined) return own
  if (!isIterable(container)) throw typeError(`argument of type '${typeName(container)}' is not iterable`)
  for (const member of iterate(container)) if (member === item || equals(member, item)) return true
  return false
}

function textContains(container: string | Markup, item: Value): boolean {
  const text = item instanceof Markup ? item.text : item
  if (typeof text !== 'string') {
    throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`)
  }
  return (typeof container === 'string' ? container : container.text).includes(text)
}

function rangeContains(range: Range, item: Value): boolean {
  const number = typeof item === 'boolean' ? Number(item) : Number(item)
  const index = (number - range.start) / range.step
  return typeof item !== 'string' && Number.isInteger(index) && index >= 0 && index < range.length
}

/** Whether the value can be gone through. */
export function isIterable(value: Value): boolean {
  if (typeof value === 'string') return true
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof HostObject) return value.iterate() !== undefined
  return (
    Array.isArray(value) ||
    value instanceof Map ||
    value instanceof Tuple ||
    value instanceof DictView ||
    value instanceof PySet ||
    value instanceof Range ||
    value instanceof Generator ||
    value instanceof Markup ||
    value instanceof Uint8Array
  )
}

/** `bool(value)`. */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case 'boolean':
      return value
    case 'string':
      return value.length > 0
    case 'number':
      return value !== 0
    case 'bigint':
      return value !== 0n
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return false
  if (value instanceof HostObject) return value.isTrue()
  if (value instanceof Generator) return true
  const size = lengthOf(value)
  return size === undefined ? value.valueOf() !== 0 : size > 0
}

/** Takes a value apart for `a, b = value`. Throws ValueError where the number of items differs. */
export function unpack(value: Value, count: number): Value[] {
  if (!(value instanceof Undefined) && !isIterable(value)) {
    throw typeError(`cannot unpack non-iterable ${typeName(value)} object`)
  }
  const items: Value[] = []
  for (const item of iterate(value)) {
    if (items.length === count) throw new PyError('ValueError', `too many values to unpack (expected ${count})`)
    items.push(item)
  }
  if (items.length < count) {
    throw new PyError('ValueError', `not enough values to unpack (expected ${count}, got ${items.length})`)
  }
  return items
}
