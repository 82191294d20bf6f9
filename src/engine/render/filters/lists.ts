/** Salt's filters for lists, sets and whatever can be gone through. */
import { add, divide } from '../values/arithmetic.ts'
import { equals, inOrder, numeric, sorted } from '../values/compare.ts'
import { Dict, PySet } from '../values/dict.ts'
import { contains, isIterable, isTrue, iterate, length, toList } from '../values/iterate.ts'
import { DictView, isText, Tuple, Undefined, type Value } from '../values/kinds.ts'
import { attributeOf } from '../values/lookup.ts'
import { str } from '../values/print.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { Walk } from '../values/walk.ts'
import { asFloatValue } from './conversions.ts'
import { type Filter, filter } from './filter.ts'

/** Whether Python could use the value as a key. Salt's list filters make sets of such values and lists of others. */
export function isHashable(value: Value): boolean {
  if (value instanceof Undefined) return value.isLenient || value.fail()
  if (value instanceof DictView) return value.kind === 'values'
  return !(Array.isArray(value) || value instanceof Map || value instanceof PySet)
}

/** The items without repetitions: as a set for a text, a tuple, a generator; else as a list in their order. */
function unique(values: Value): Value {
  if (isHashable(values)) return new PySet(iterate(values))
  return withoutRepetitions(iterate(values))
}

/** Compared as Python compares them; a set of what can be a key spares most comparisons. */
function withoutRepetitions(items: Iterable<Value>): Value[] {
  const seen = new PySet()
  const unhashable: Value[] = []
  const result: Value[] = []
  for (const item of items) {
    if (isKey(item)) {
      if (seen.has(item)) continue
      seen.add(item)
    } else {
      if (unhashable.some((other) => equals(other, item))) continue
      unhashable.push(item)
    }
    result.push(item)
  }
  return result
}

function isKey(value: Value): boolean {
  if (value instanceof Tuple) return value.items.every(isKey)
  return isHashable(value)
}

/** Whether items are in a value, for many of them: a list is not gone through for each one that can be a key. */
function membership(values: Value): (item: Value) => boolean {
  if (!Array.isArray(values)) return (item) => contains(values, item)
  const isQuick = (item: Value): boolean => !(item instanceof Undefined) && isKey(item)
  const keys = new PySet(values.filter(isQuick))
  const others = values.filter((item) => !isQuick(item))
  return (item) => (isQuick(item) ? keys.has(item) || contains(others, item) : contains(values, item))
}

function sets(left: Value, right: Value): readonly [PySet, PySet] | undefined {
  return isHashable(left) && isHashable(right) ? [new PySet(iterate(left)), new PySet(iterate(right))] : undefined
}

function union(left: Value, right: Value): Value {
  const both = sets(left, right)
  return both === undefined ? unique(add(left, right)) : new PySet([...both[0], ...both[1]])
}

function intersect(left: Value, right: Value): Value {
  const both = sets(left, right)
  if (both !== undefined) return new PySet([...both[0]].filter((item) => both[1].has(item)))
  return withoutRepetitions(toList(left).filter(membership(right)))
}

function difference(left: Value, right: Value): Value {
  const both = sets(left, right)
  if (both !== undefined) return new PySet([...both[0]].filter((item) => !both[1].has(item)))
  const isInRight = membership(right)
  return withoutRepetitions(toList(left).filter((item) => !isInRight(item)))
}

function symmetricDifference(left: Value, right: Value): Value {
  const both = sets(left, right)
  if (both !== undefined) {
    const [one, other] = both
    return new PySet([...[...one].filter((item) => !other.has(item)), ...[...other].filter((item) => !one.has(item))])
  }
  const isShared = membership(intersect(left, right))
  return withoutRepetitions(toList(union(left, right)).filter((item) => !isShared(item)))
}

function average(values: Value): Value {
  if (!isHashable(values)) {
    let sum: Value = 0
    for (const value of iterate(values)) sum = add(sum, value)
    return asFloatValue(divide(sum, length(values)))
  }
  return asFloatValue(values)
}

/** Bounds the work on lists inside each other. */
const deepest = 500

function flatten(
  data: Value,
  levels: number | undefined,
  keepNulls: boolean,
  around: readonly Value[],
  walk = new Walk(),
): Value[] {
  if (around.includes(data)) throw new PyError('RecursionError', 'Reference cycle detected. Check input list.')
  if (around.length > deepest) throw new PyError('RecursionError', 'maximum recursion depth exceeded')
  const inside = [...around, data]
  const result: Value[] = []
  for (const item of iterate(data)) {
    walk.step()
    if (!keepNulls && (item === null || item === 'None' || item === 'null')) continue
    if (isIterable(item) && typeof item !== 'string' && (levels === undefined || levels >= 1)) {
      for (const inner of flatten(item, levels === undefined ? undefined : levels - 1, keepNulls, inside, walk))
        result.push(inner)
    } else result.push(item)
  }
  return result
}

function exactlyTrue(values: Value, amount: Value): boolean {
  const wanted = numeric(amount)
  if (wanted === undefined) throw typeError(`'${typeName(amount)}' object cannot be interpreted as an integer`)
  return toList(values).filter(isTrue).length === Math.max(0, Number(wanted))
}

function compareLists(before: Value, after: Value): Dict {
  const result = new Dict()
  const added = toList(after).filter((item) => !contains(before, item))
  const gone = toList(before).filter((item) => !contains(after, item))
  if (added.length > 0) result.set('new', added)
  if (gone.length > 0) result.set('old', gone)
  return result
}

function lowered(item: Value): string {
  if (attributeOf(item, 'lower') !== undefined) return str(item).toLowerCase()
  throw new PyError('AttributeError', `'${typeName(item)}' object has no attribute 'lower'`)
}

/** Python's own `max` (1) and `min` (-1): of the items, or of several values. */
function extreme(name: 'max' | 'min', sign: 1 | -1): Filter {
  return filter(name, 'value, *args, default=None', (_context, value, fallback, others) => {
    const several = Array.isArray(others) && others.length > 0
    const [first, ...rest] = several ? [value, ...others] : toList(value)
    if (first === undefined && fallback !== null) return fallback
    if (first === undefined) throw new PyError('ValueError', `${name}() arg is an empty sequence`)
    const better = (item: Value, best: Value): boolean => inOrder(sign > 0 ? '>' : '<', item, best)
    return rest.reduce((best: Value, item) => (better(item, best) ? item : best), first)
  })
}

export const listFilters: readonly (readonly [string, Filter])[] = [
  ['avg', filter('lst_avg', 'lst', (_context, values) => average(values))],
  [
    'compare_lists',
    filter('compare_lists', 'old=None, new=None', (_context, before, after) => compareLists(before, after)),
  ],
  ['difference', filter('difference', 'lst1, lst2', (_context, left, right) => difference(left, right))],
  [
    'exactly_n_true',
    filter('exactly_n_true', 'iterable, amount', (_context, values, amount) => exactlyTrue(values, amount)),
  ],
  ['exactly_one_true', filter('exactly_one_true', 'iterable', (_context, values) => exactlyTrue(values, 1))],
  [
    'flatten',
    filter('flatten', 'data, levels=None, preserve_nulls=False, _ids=None', (_context, data, levels, keepNulls) =>
      flatten(data, levels === null ? undefined : Math.trunc(Number(numeric(levels) ?? 0)), isTrue(keepNulls), []),
    ),
  ],
  ['intersect', filter('intersect', 'lst1, lst2', (_context, left, right) => intersect(left, right))],
  [
    'is_iter',
    filter('is_iter', 'thing, ignore=None', (_context, thing) =>
      thing instanceof Undefined ? thing.fail() : !isText(thing) && isIterable(thing),
    ),
  ],
  ['is_list', filter('is_list', 'value', (_context, value) => Array.isArray(value))],
  ['max', extreme('max', 1)],
  ['min', extreme('min', -1)],
  [
    'sequence',
    filter('ensure_sequence_filter', 'data', (_context, data) =>
      Array.isArray(data) || data instanceof Tuple || data instanceof PySet || data instanceof Map ? data : [data],
    ),
  ],
  ['sorted_ignorecase', filter('sorted_ignorecase', 'to_sort', (_context, items) => sorted(iterate(items), lowered))],
  [
    'substring_in_list',
    filter('substring_in_list', 'string_to_search_for, list_to_search', (_context, text, list) =>
      toList(list).some((item) => contains(item, text)),
    ),
  ],
  [
    'symmetric_difference',
    filter('symmetric_difference', 'lst1, lst2', (_context, left, right) => symmetricDifference(left, right)),
  ],
  ['union', filter('union', 'lst1, lst2', (_context, left, right) => union(left, right))],
  ['unique', filter('unique', 'values, attrs=None', (_context, values) => unique(values))],
]
