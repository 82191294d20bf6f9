/** Methods of `set`. */
import { PySet } from '../dict.ts'
import { iterate, toList } from '../iterate.ts'
import type { Value } from '../kinds.ts'
import { repr } from '../print.ts'
import { PyError } from '../py-error.ts'
import { methodTable, none } from './method-table.ts'

function own(value: Value): PySet {
  return value instanceof PySet ? value : new PySet()
}

function all(others: Value): Value[] {
  return toList(others).flatMap((other) => toList(other))
}

function intersection(set: PySet, others: Value): PySet {
  const sets = toList(others).map((other) => new PySet(iterate(other)))
  return new PySet([...set].filter((item) => sets.every((other) => other.has(item))))
}

function difference(set: PySet, others: Value): PySet {
  const removed = new PySet(all(others))
  return new PySet([...set].filter((item) => !removed.has(item)))
}

function symmetricDifference(set: PySet, other: Value): PySet {
  const second = new PySet(iterate(other))
  return new PySet([...[...set].filter((item) => !second.has(item)), ...[...second].filter((item) => !set.has(item))])
}

function remove(set: PySet, item: Value): null {
  if (!set.delete(item)) throw new PyError('KeyError', repr(item))
  return null
}

function pop(set: PySet): Value {
  for (const item of set) {
    set.delete(item)
    return item
  }
  throw new PyError('KeyError', "'pop from an empty set'")
}

function isSubset(set: PySet, other: Value): boolean {
  const second = new PySet(iterate(other))
  return [...set].every((item) => second.has(item))
}

function addAll(set: PySet, others: Value): null {
  for (const item of all(others)) set.add(item)
  return null
}

export const setMethods = methodTable<PySet>(own, [
  ['add', 'elem, /', (set, item) => none(set.add(item))],
  ['discard', 'elem, /', (set, item) => none(set.delete(item))],
  ['remove', 'elem, /', remove],
  ['pop', '', pop],
  ['clear', '', (set) => none(set.clear())],
  ['copy', '', (set) => new PySet(set)],
  ['update', '*others', addAll],
  ['union', '*others', (set, others) => new PySet([...set, ...all(others)])],
  ['intersection', '*others', intersection],
  ['difference', '*others', difference],
  ['symmetric_difference', 'other, /', symmetricDifference],
  ['issubset', 'other, /', isSubset],
  ['issuperset', 'other, /', (set, other) => toList(other).every((item) => set.has(item))],
  ['isdisjoint', 'other, /', (set, other) => !toList(other).some((item) => set.has(item))],
])
