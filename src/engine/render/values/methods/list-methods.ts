/** Methods of `list` and `tuple`. */
import { expectInteger } from '../arguments.ts'
import { equals, sorted } from '../compare.ts'
import { isTrue, iterate } from '../iterate.ts'
import { Callable, Range, Tuple, type Value } from '../kinds.ts'
import { repr } from '../print.ts'
import { PyError, typeError, valueError } from '../py-error.ts'
import { methodTable, none } from './method-table.ts'

function ownList(value: Value): Value[] {
  return Array.isArray(value) ? value : []
}

function ownItems(value: Value): readonly Value[] {
  return value instanceof Tuple ? value.items : []
}

function indexOf(items: readonly Value[], item: Value, start: Value, stop: Value, kind: string): number {
  const clamp = (value: Value, fallback: number): number => {
    if (value === null) return fallback
    const index = expectInteger(value)
    return index < 0 ? Math.max(0, index + items.length) : index
  }
  const end = Math.min(clamp(stop, items.length), items.length)
  for (let index = clamp(start, 0); index < end; index++) {
    if (items[index] === item || equals(items[index], item)) return index
  }
  throw valueError(kind === 'tuple' ? 'tuple.index(x): x not in tuple' : `${repr(item)} is not in ${kind}`)
}

function countOf(items: readonly Value[], item: Value): number {
  return items.filter((other) => equals(other, item)).length
}

function pop(items: Value[], position: Value): Value {
  if (items.length === 0) throw new PyError('IndexError', 'pop from empty list')
  const index = expectInteger(position)
  const from = index < 0 ? index + items.length : index
  if (from < 0 || from >= items.length) throw new PyError('IndexError', 'pop index out of range')
  return items.splice(from, 1)[0]
}

function remove(items: Value[], item: Value): null {
  const index = items.findIndex((other) => equals(other, item))
  if (index === -1) throw valueError('list.remove(x): x not in list')
  items.splice(index, 1)
  return null
}

function sort(items: Value[], key: Value, reverse: Value): null {
  if (key !== null && !(key instanceof Callable)) throw typeError('the key of sort() is not callable')
  const keyOf = (item: Value): Value => {
    const result = key instanceof Callable ? key.call([item], new Map()) : item
    if (result instanceof Promise) throw typeError('this function cannot be the key of sort()')
    return result
  }
  items.splice(0, items.length, ...sorted(items, keyOf, isTrue(reverse)))
  return null
}

function insert(items: Value[], position: Value, item: Value): null {
  items.splice(expectInteger(position), 0, item)
  return null
}

function extend(items: Value[], more: Value): null {
  for (const item of [...iterate(more)]) items.push(item)
  return null
}

export const listMethods = methodTable<Value[]>(ownList, [
  ['append', 'object, /', (items, item) => none(items.push(item))],
  ['extend', 'iterable, /', extend],
  ['insert', 'index, object, /', insert],
  ['pop', 'index=-1, /', pop],
  ['remove', 'value, /', remove],
  ['index', 'value, start=None, stop=None, /', (items, item, start, stop) => indexOf(items, item, start, stop, 'list')],
  ['count', 'value, /', countOf],
  ['sort', '*, key=None, reverse=False', sort],
  ['reverse', '', (items) => none(items.reverse())],
  ['copy', '', (items) => [...items]],
  ['clear', '', (items) => none(items.splice(0))],
])

/** Those of `range`. */
export const rangeMethods = methodTable<readonly Value[]>(
  (value) => (value instanceof Range ? [...value] : []),
  [
    ['index', 'value, /', (items, item) => indexOf(items, item, null, null, 'range')],
    ['count', 'value, /', countOf],
  ],
)

export const tupleMethods = methodTable<readonly Value[]>(ownItems, [
  [
    'index',
    'value, start=None, stop=None, /',
    (items, item, start, stop) => indexOf(items, item, start, stop, 'tuple'),
  ],
  ['count', 'value, /', countOf],
])
