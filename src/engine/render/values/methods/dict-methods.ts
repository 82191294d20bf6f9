/** Methods of `dict`. */

import { Dict, OrderedDict } from '../dict.ts'
import { isTrue, iterate, toList, unpack } from '../iterate.ts'
import { DictView, Tuple, type Value } from '../kinds.ts'
import { repr } from '../print.ts'
import { PyError, typeError } from '../py-error.ts'
import { type Method, type MethodTable, methodTable, none } from './method-table.ts'

type AnyDict = Map<Value, Value>

function own(value: Value): AnyDict {
  return value instanceof Map ? value : new Dict()
}

/** `dict.update(other, **named)`: from a dictionary or from pairs. */
export function update(dict: AnyDict, others: readonly Value[], named: Value): null {
  if (others.length > 1) throw typeError(`update expected at most 1 argument, got ${others.length}`)
  for (const other of others) {
    if (other instanceof Map) for (const [key, value] of [...other]) dict.set(key, value)
    else for (const [key, value] of toList(other).map((pair) => unpack(pair, 2))) dict.set(key, value)
  }
  if (named instanceof Map) for (const [key, value] of named) dict.set(key, value)
  return null
}

function setDefault(dict: AnyDict, key: Value, fallback: Value): Value {
  if (!dict.has(key)) dict.set(key, fallback)
  return dict.get(key)
}

function popItem(dict: AnyDict, last: Value): Tuple {
  const entries = [...dict]
  const entry = isTrue(last) ? entries.at(-1) : entries[0]
  if (entry === undefined) throw new PyError('KeyError', "'popitem(): dictionary is empty'")
  dict.delete(entry[0])
  return new Tuple(entry)
}

function fromKeys(keys: Value, value: Value): Dict {
  return new Dict(Array.from(iterate(keys), (key) => [key, value]))
}

function copy(dict: AnyDict): Dict {
  return dict instanceof OrderedDict ? new OrderedDict(dict) : new Dict(dict)
}

function moveToEnd(dict: AnyDict, key: Value, last: Value): null {
  if (!dict.has(key)) throw new PyError('KeyError', repr(key))
  const value = dict.get(key)
  dict.delete(key)
  if (isTrue(last)) {
    dict.set(key, value)
    return null
  }
  const rest = [...dict]
  dict.clear()
  for (const [otherKey, otherValue] of [[key, value] as const, ...rest]) dict.set(otherKey, otherValue)
  return null
}

const pop: Method<Value> = (self, args, kwargs) => {
  const dict = own(self)
  if (kwargs.size > 0 && !(dict instanceof OrderedDict)) throw typeError('dict.pop() takes no keyword arguments')
  const [key, fallback = kwargs.get('default')] = args
  if (args.length === 0) throw new PyError('TypeError', 'pop expected at least 1 argument, got 0')
  if (dict.has(key)) {
    const value = dict.get(key)
    dict.delete(key)
    return value
  }
  if (fallback === undefined) throw new PyError('KeyError', repr(key))
  return fallback
}

const plain = methodTable<AnyDict>(own, [
  ['items', '', (dict) => new DictView(dict, 'items')],
  ['keys', '', (dict) => new DictView(dict, 'keys')],
  ['values', '', (dict) => new DictView(dict, 'values')],
  ['get', 'key, default=None, /', (dict, key, fallback) => (dict.has(key) ? dict.get(key) : fallback)],
  ['setdefault', 'key, default=None, /', setDefault],
  ['update', '*others, **named', (dict, others, named) => update(dict, toList(others), named)],
  ['popitem', '', (dict) => popItem(dict, true)],
  ['copy', '', copy],
  ['clear', '', (dict) => none(dict.clear())],
  ['fromkeys', 'iterable, value=None, /', (_dict, keys, value) => fromKeys(keys, value)],
])

const orderedOnly = methodTable<AnyDict>(own, [
  ['popitem', 'last=True', popItem],
  ['setdefault', 'key, default=None', setDefault],
  ['move_to_end', 'key, last=True', moveToEnd],
])

export const dictMethods: MethodTable<Value> = new Map([...plain, ['pop', pop]])
export const orderedDictMethods: MethodTable<Value> = new Map([...dictMethods, ...orderedOnly])
