/** Salt's filters for dictionaries and what is deep inside them. */
import { expectText, textOf } from '../values/arguments.ts'
import { equals } from '../values/compare.ts'
import { Dict, OrderedDict } from '../values/dict.ts'
import { isTrue, iterate } from '../values/iterate.ts'
import { Tuple, Undefined, type Value } from '../values/kinds.ts'
import { attributeOf, expectCallable } from '../values/lookup.ts'
import { encodeText } from '../values/methods/encoding.ts'
import { repr, str } from '../values/print.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { type Filter, filter } from './filter.ts'
import { toNumber } from './texts.ts'
import { traverse } from './traverse.ts'

interface Target {
  readonly dict: Map<Value, Value>
  readonly key: Value
}

/** The dictionary that the last of `keys` belongs in; those on the way there are made. */
function targetOf(data: Value, keys: Value, delimiter: Value, isOrdered: boolean): Target {
  const path = expectText(keys).split(expectText(delimiter))
  const key = path.pop()
  let dict = expectDict(data, path[0] ?? key)
  for (const part of path) {
    const next = dict.get(part)
    const inner = next instanceof Map ? next : newDict(isOrdered)
    if (inner !== next) dict.set(part, inner)
    dict = inner
  }
  return { dict, key }
}

function expectDict(value: Value, key: Value): Map<Value, Value> {
  if (value instanceof Map) return value
  if (value instanceof Undefined) return value.fail()
  throw invalid(`The value of ${repr(key)} cannot be set in a ${typeName(value)}.`)
}

function newDict(isOrdered: boolean): Dict {
  return isOrdered ? new OrderedDict() : new Dict()
}

function invalid(message: string): PyError {
  return new PyError('SaltInvocationError', message)
}

/** What stands at the target; where there is nothing, `empty` is put there. */
function currentOr({ dict, key }: Target, empty: () => Value): Value {
  const current = dict.get(key)
  if (current !== undefined && current !== null) return current
  const fresh = empty()
  dict.set(key, fresh)
  return fresh
}

function appendTo(target: Target, value: Value): void {
  const list = currentOr(target, () => [])
  if (!Array.isArray(list)) throw invalid(`The last key contains a ${typeName(list)}, which cannot append.`)
  list.push(value)
}

function extendAt(target: Target, value: Value): void {
  const list = currentOr(target, () => [])
  if (!Array.isArray(list)) throw invalid(`The last key contains a ${typeName(list)}, which cannot extend.`)
  const shown = (): PyError => invalid(`Cannot extend ${typeName(list)} with a ${typeName(value)}.`)
  list.push(...withFault(() => [...iterate(value)], shown))
}

function updateAt(target: Target, value: Value, isOrdered: boolean): void {
  const dict = currentOr(target, () => newDict(isOrdered))
  if (!(dict instanceof Map)) throw invalid(`The last key contains a ${typeName(dict)}, which cannot update.`)
  const shown = (): PyError => invalid(`Cannot update ${typeName(dict)} with a ${typeName(value)}.`)
  for (const [key, item] of withFault(() => pairsOf(value), shown)) dict.set(key, item)
}

function withFault<T>(work: () => T, fault: () => PyError): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof PyError && (error.type === 'TypeError' || error.type === 'ValueError')) throw fault()
    throw error
  }
}

/** A dictionary, or whatever holds pairs. */
function pairsOf(value: Value): [Value, Value][] {
  if (value instanceof Map) return [...value]
  return Array.from(iterate(value), (pair) => {
    const [key, item, ...more] = iterate(pair)
    if (item === undefined || more.length > 0) throw typeError('no pair')
    return [key, item]
  })
}

function changing(name: string, change: (target: Target, value: Value, isOrdered: boolean) => void): Filter {
  return filter(
    name,
    "in_dict, keys, value, delimiter=':', ordered_dict=False",
    (_context, data, keys, value, delimiter, ordered) => {
      const isOrdered = isTrue(ordered)
      change(targetOf(data, keys, delimiter, isOrdered), value, isOrdered)
      return data
    },
  )
}

function compareDicts(before: Value, after: Value): Dict {
  const older = before === null ? new Dict() : expectDict(before, 'old')
  const newer = after === null ? new Dict() : expectDict(after, 'new')
  const result = new Dict()
  for (const key of new Set([...newer.keys(), ...older.keys()])) {
    const isNew = !older.has(key)
    const isGone = !newer.has(key)
    if (!isNew && !isGone && equals(newer.get(key), older.get(key))) continue
    const change: readonly [Value, Value][] = isGone
      ? [
          ['new', ''],
          ['old', older.get(key)],
        ]
      : [
          ['old', isNew ? '' : older.get(key)],
          ['new', newer.get(key)],
        ]
    result.set(key, new Dict(change))
  }
  return result
}

/** The table that `mysql` prints, by the values of one column. */
function mysqlRows(lines: Value, keyColumn: Value): Dict {
  const rows = new Dict()
  let headers: readonly string[] = []
  for (const line of iterate(lines)) {
    const text = str(line)
    if (text === '' || text.startsWith('+')) continue
    const cells = text.split('|').map((cell) => cell.trim())
    if (headers.length <= 1) {
      headers = cells
      continue
    }
    const row = new Dict()
    for (let column = 1; column < headers.length - 1; column++) {
      const cell = cells[column]
      if (cell === undefined) throw new PyError('IndexError', 'list index out of range')
      row.set(headers[column], toNumber(cell))
    }
    const key = row.get(keyColumn)
    if (key === undefined) throw new PyError('KeyError', repr(keyColumn))
    rows.set(key, row)
  }
  return rows
}

/** Texts become bytes, at every depth; tuples lists. */
function encoded(value: Value, encoding: string | undefined, around: readonly Value[] = []): Value {
  if (around.includes(value)) return null
  const inside = [...around, value]
  if (value instanceof Map) {
    return new Dict(
      Array.from(value, ([key, item]): [Value, Value] => [encodedText(key, encoding), encoded(item, encoding, inside)]),
    )
  }
  if (Array.isArray(value)) return value.map((item) => encoded(item, encoding, inside))
  if (value instanceof Tuple) return value.items.map((item) => encoded(item, encoding, inside))
  return encodedText(value, encoding)
}

function encodedText(value: Value, encoding: string | undefined): Value {
  const text = textOf(value)
  return text === undefined ? value : encodeText(text, encoding)
}

function encoder(name: string, isRight: (data: Value) => boolean, missing: string): Filter {
  return filter(
    name,
    "data, encoding=None, errors='strict', keep=False, preserve_dict_class=False, preserve_tuples=False",
    (_context, data, encoding) => {
      if (data instanceof Undefined) data.fail()
      if (!isRight(data)) throw new PyError('AttributeError', `'${typeName(data)}' object ${missing}`)
      return encoded(data, encoding === null ? undefined : expectText(encoding))
    },
  )
}

const encodeDict = encoder('encode_dict', (data) => data instanceof Map, "has no attribute 'items'")
const encodeList = encoder('encode_list', (data) => Array.isArray(data) || data instanceof Tuple, 'is not a list')

export const dictFilters: readonly (readonly [string, Filter])[] = [
  ['append_dict_key_value', changing('append_dict_key_value', appendTo)],
  [
    'compare_dicts',
    filter('compare_dicts', 'old=None, new=None', (_context, before, after) => compareDicts(before, after)),
  ],
  ['extend_dict_key_value', changing('extend_dict_key_value', extendAt)],
  ['json_decode_dict', encodeDict],
  ['json_decode_list', encodeList],
  ['json_encode_dict', encodeDict],
  ['json_encode_list', encodeList],
  [
    'method_call',
    {
      call(_context, value, [name, ...args], kwargs) {
        if (value instanceof Undefined) return value.fail()
        const method = attributeOf(value, expectText(name))
        return method === undefined ? null : expectCallable(method).call(args, kwargs)
      },
    },
  ],
  ['mysql_to_dict', filter('mysql_to_dict', 'data, key', (_context, lines, key) => mysqlRows(lines, key))],
  ['set_dict_key_value', changing('set_dict_key_value', ({ dict, key }, value) => dict.set(key, value))],
  [
    'traverse',
    filter(
      'traverse_dict_and_list',
      "data, key, default=None, delimiter=':'",
      (_context, data, path, fallback, delimiter) => {
        if (data instanceof Undefined) data.fail()
        const found = traverse(data, path, expectText(delimiter))
        return found === undefined ? fallback : found
      },
    ),
  ],
  ['update_dict_key_value', changing('update_dict_key_value', updateAt)],
]
