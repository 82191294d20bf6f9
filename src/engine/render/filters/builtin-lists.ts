/** Jinja's filters for lists and dictionaries. */
import { expectInteger, textOf } from '../values/arguments.ts'
import { add, multiply, subtract } from '../values/arithmetic.ts'
import { equals, inOrder, sorted } from '../values/compare.ts'
import { isIterable, isTrue, iterate, length, toList } from '../values/iterate.ts'
import { Generator, Markup, NamedTuple, Tuple, Undefined, type Value } from '../values/kinds.ts'
import { attributeOf } from '../values/lookup.ts'
import { str } from '../values/print.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { escapeHtml } from '../values/text.ts'
import { objectDescription, typeName } from '../values/type-name.ts'
import { checkCount } from '../values/walk.ts'
import { attributeGetter, type Getter, sortKey, withoutCase } from './attribute-path.ts'
import { type Filter, type FilterContext, filter } from './filter.ts'

/** The size may be anything that a length can be compared with: a float too, as a division gives it. */
function* batches(value: Value, size: Value, fill: Value): Iterable<Value> {
  let batch: Value[] = []
  for (const item of iterate(value)) {
    if (equals(batch.length, size)) {
      yield batch
      batch = []
    }
    batch.push(item)
  }
  if (batch.length === 0) return
  const isShort = fill !== null && inOrder('<', batch.length, size)
  yield isShort ? add(batch, multiply([fill], subtract(size, batch.length))) : batch
}

function* slices(value: Value, count: number, fill: Value): Iterable<Value> {
  const items = toList(value)
  if (count === 0) throw new PyError('ZeroDivisionError', 'integer division or modulo by zero')
  checkCount(count)
  const size = Math.floor(items.length / count)
  const longer = items.length % count
  let start = 0
  for (let number = 0; number < count; number++) {
    const end = start + size + (number < longer ? 1 : 0)
    const slice = items.slice(start, end)
    if (fill !== null && number >= longer) slice.push(fill)
    yield slice
    start = end
  }
}

function dictSort(dict: Value, caseSensitive: boolean, by: Value, reverse: boolean): Value[] {
  if (by !== 'key' && by !== 'value') {
    throw new PyError('FilterArgumentError', 'You can only sort by either "key" or "value"')
  }
  if (!(dict instanceof Map)) throw noItems(dict)
  const pairs = Array.from(dict, (pair) => new Tuple(pair))
  const position = by === 'key' ? 0 : 1
  const key: Getter = (pair) => {
    const part = pair instanceof Tuple ? pair.items[position] : pair
    return caseSensitive ? part : withoutCase(part)
  }
  return sorted(pairs, key, reverse)
}

function noItems(value: Value): Error {
  if (value instanceof Undefined) value.fail()
  return new PyError('AttributeError', `'${typeName(value)}' object has no attribute 'items'`)
}

function* groups(value: Value, attribute: Value, fallback: Value, caseSensitive: boolean): Iterable<Value> {
  const get = attributeGetter(attribute, fallback)
  const key: Getter = (item) => (caseSensitive ? get(item) : withoutCase(get(item)))
  let group: Value[] = []
  for (const item of sorted(iterate(value), key)) {
    if (group.length > 0 && !equals(key(group[0]), key(item))) {
      yield groupTuple(get(group[0]), group)
      group = []
    }
    group.push(item)
  }
  if (group.length > 0) yield groupTuple(get(group[0]), group)
}

function groupTuple(grouper: Value, list: Value[]): NamedTuple {
  return new NamedTuple('_GroupTuple', ['grouper', 'list'], [grouper, list])
}

function join(context: FilterContext, value: Value, separator: Value, attribute: Value): Value {
  const get: Getter = attribute === null ? (item) => item : attributeGetter(attribute)
  const items = Array.from(iterate(value), get)
  if (!context.autoescape) return items.map(str).join(str(separator))
  const text = (item: Value): string => (item instanceof Markup ? item.text : escapeHtml(str(item)))
  const hasMarkup = [separator, ...items].some((item) => item instanceof Markup)
  return hasMarkup ? new Markup(items.map(text).join(text(separator))) : items.map(str).join(str(separator))
}

function reversed(value: Value): Value {
  const text = textOf(value)
  if (text !== undefined) return Array.from(text).reverse().join('')
  if (value instanceof Undefined) value.fail()
  if (!isIterable(value)) throw new PyError('FilterArgumentError', 'argument must be iterable')
  const items = toList(value).reverse()
  return value instanceof Generator ? items : new Generator(items, 'list_reverseiterator')
}

function first(value: Value): Value {
  for (const item of iterate(value)) return item
  return new Undefined('No first item, sequence was empty.')
}

function last(value: Value): Value {
  if (value instanceof Generator) throw typeError(`'${value.typeName}' object is not reversible`)
  const items = toList(value)
  return items.length === 0 ? new Undefined('No last item, sequence was empty.') : items.at(-1)
}

function sum(value: Value, attribute: Value, start: Value): Value {
  const get: Getter = attribute === null ? (item) => item : attributeGetter(attribute)
  let total = start
  for (const item of iterate(value)) total = add(total, get(item))
  return total
}

function items(value: Value): Value {
  if (value instanceof Undefined) return new Generator([])
  if (value instanceof Map) return new Generator(Array.from(value, (pair) => new Tuple(pair)))
  return Generator.failing([], typeError('Can only get item pairs from a mapping.'))
}

function randomItem(value: Value): Value {
  if (value instanceof Map) throw new PyError('KeyError', '0')
  const all = toList(value)
  if (all.length === 0) return new Undefined('No random item, sequence was empty.')
  return all[Math.floor(Math.random() * all.length)]
}

const countFilter = filter('len', 'obj', (_context, value) => length(value))
const defaultFilter = filter(
  'do_default',
  "value, default_value='', boolean=False",
  (_context, value, fallback, boolean) =>
    value instanceof Undefined || (isTrue(boolean) && !isTrue(value)) ? fallback : value,
)

export const builtinListFilters: readonly (readonly [string, Filter])[] = [
  [
    'attr',
    filter(
      'do_attr',
      'obj, name',
      (_context, object, name) =>
        attributeOf(object, str(name)) ??
        new Undefined(`'${objectDescription(object)}' has no attribute '${str(name)}'`),
    ),
  ],
  [
    'batch',
    filter(
      'do_batch',
      'value, linecount, fill_with=None',
      (_context, value, size, fill) => new Generator(batches(value, size, fill)),
    ),
  ],
  ['count', countFilter],
  ['length', countFilter],
  ['d', defaultFilter],
  ['default', defaultFilter],
  [
    'dictsort',
    filter(
      'do_dictsort',
      "value, case_sensitive=False, by='key', reverse=False",
      (_context, value, caseSensitive, by, reverse) => dictSort(value, isTrue(caseSensitive), by, isTrue(reverse)),
    ),
  ],
  ['first', filter('do_first', 'seq', (_context, value) => first(value))],
  [
    'groupby',
    filter(
      'do_groupby',
      'value, attribute, default=None, case_sensitive=False',
      (_context, value, attribute, fallback, caseSensitive) => [
        ...groups(value, attribute, fallback, isTrue(caseSensitive)),
      ],
    ),
  ],
  ['items', filter('do_items', 'value', (_context, value) => items(value))],
  [
    'join',
    filter('do_join', "value, d='', attribute=None", (context, value, separator, attribute) =>
      join(context, value, separator, attribute),
    ),
  ],
  ['last', filter('do_last', 'seq', (_context, value) => last(value))],
  ['list', filter('do_list', 'value', (_context, value) => toList(value))],
  ['random', filter('do_random', 'seq', (_context, value) => randomItem(value))],
  ['reverse', filter('do_reverse', 'value', (_context, value) => reversed(value))],
  [
    'slice',
    filter(
      'do_slice',
      'value, slices, fill_with=None',
      (_context, value, count, fill) => new Generator(slices(value, expectInteger(count), fill)),
    ),
  ],
  [
    'sort',
    filter(
      'do_sort',
      'value, reverse=False, case_sensitive=False, attribute=None',
      (_context, value, reverse, caseSensitive, attribute) =>
        sorted(iterate(value), sortKey(attribute, isTrue(caseSensitive)), isTrue(reverse)),
    ),
  ],
  [
    'sum',
    filter('do_sum', 'iterable, attribute=None, start=0', (_context, value, attribute, start) =>
      sum(value, attribute, start),
    ),
  ],
]
