/** `value.name`, `value[key]` and slices, in the order and within the bounds of Jinja's sandbox. */

import { isFloat } from './arithmetic.ts'
import { type FieldAccess, formatBraces, formatMapping } from './brace-format.ts'
import { numeric } from './compare.ts'
import { OrderedDict, PySet } from './dict.ts'
import {
  Callable,
  DictView,
  HostObject,
  Markup,
  NamedTuple,
  NativeFunction,
  Range,
  Tuple,
  Undefined,
  type Value,
} from './kinds.ts'
import { bytesMethods } from './methods/bytes-methods.ts'
import { dictMethods, orderedDictMethods } from './methods/dict-methods.ts'
import { listMethods, rangeMethods, tupleMethods } from './methods/list-methods.ts'
import type { Method, MethodTable } from './methods/method-table.ts'
import { floatMethods, integerMethods, numberAttribute } from './methods/number-methods.ts'
import { setMethods } from './methods/set-methods.ts'
import { textMethods } from './methods/text-methods.ts'
import { repr, str } from './print.ts'
import { PyError, typeError, valueError } from './py-error.ts'
import { characters } from './text.ts'
import { objectDescription, typeName } from './type-name.ts'

/** `value.name`: an attribute or method first, then the item of that name. */
export function getAttribute(value: Value, name: string): Value {
  if (value instanceof Undefined) return value.fail()
  const attribute = attributeOf(value, name)
  if (attribute !== undefined) return attribute
  const item = itemOf(value, name)
  return item === undefined ? missing(value, name) : item
}

/** `value[key]`: an item first, then the attribute of that name. */
export function getItem(value: Value, key: Value): Value {
  if (value instanceof Undefined) return value.fail()
  const item = itemOf(value, key)
  if (item !== undefined) return item
  const name = key instanceof Markup ? key.text : key
  const attribute = typeof name === 'string' ? attributeOf(value, name) : undefined
  return attribute === undefined ? missing(value, key) : attribute
}

function missing(value: Value, key: Value): Undefined {
  return typeof key === 'string'
    ? new Undefined(`'${objectDescription(value)}' has no attribute ${repr(key)}`)
    : new Undefined(`${objectDescription(value)} has no element ${repr(key)}`)
}

/** Attributes that every Python object has, or functions and classes have; the sandbox refuses them. */
const hidden =
  /^__(class|dict|doc|init|new|repr|str|eq|ne|lt|le|gt|ge|hash|dir|module|reduce|reduce_ex|sizeof|subclasshook|init_subclass|getattribute|setattr|delattr|format|len|iter|getitem|setitem|delitem|contains|add|mul|rmul|mod|call|self|name|qualname|code|globals|closure|defaults|kwdefaults|func|builtins|bases|base|mro|subclasses|getstate)__$/

/** An attribute or method, undefined where there is none. Names with a leading underscore give nothing that can be used. */
export function attributeOf(value: Value, name: string): Value | undefined {
  if (name.startsWith('_')) {
    const isOwn = value instanceof HostObject && value.getAttribute(name) !== undefined
    if (!isOwn && !hidden.test(name)) return undefined
    return new Undefined(`access to attribute '${name}' of '${typeName(value)}' object is unsafe.`, {
      type: 'SecurityError',
    })
  }
  if (value instanceof HostObject || value instanceof Callable) return value.getAttribute(name)
  if (value instanceof NamedTuple && value.names.includes(name)) return value.items[value.names.indexOf(name)]
  const method = methodsOf(value)?.get(name)
  if (method !== undefined && value instanceof Markup) {
    return new NativeFunction(name, (args, kwargs) => asMarkup(method(value, args, kwargs)))
  }
  if (method !== undefined) return new NativeFunction(name, (args, kwargs) => method(value, args, kwargs))
  if (value instanceof Range && ['start', 'stop', 'step'].includes(name))
    return value[name as 'start' | 'stop' | 'step']
  return numeric(value) === undefined ? undefined : numberAttribute(value, name)
}

const access: FieldAccess = { attribute: getAttribute, item: getItem }

const format: Method<Value> = (self, args, kwargs) => formatBraces(str(self), args, kwargs, access)
const formatMap: Method<Value> = (self, args) => {
  const [mapping] = args
  if (args.length !== 1) throw typeError(`format_map() takes exactly one argument (${args.length} given)`)
  return formatMapping(str(self), mapping, access)
}

const allTextMethods: MethodTable<Value> = new Map([...textMethods, ['format', format], ['format_map', formatMap]])

/** What methods of Markup give is Markup again. */
function asMarkup(result: Value): Value {
  if (typeof result === 'string') return new Markup(result)
  if (Array.isArray(result)) return result.map(asMarkup)
  return result instanceof Tuple ? new Tuple(result.items.map(asMarkup)) : result
}

/** Whether a method of that name exists, without making it. */
function methodsOf(value: Value): MethodTable<Value> | undefined {
  if (typeof value === 'string' || value instanceof Markup) return allTextMethods
  if (value instanceof Map) return value instanceof OrderedDict ? orderedDictMethods : dictMethods
  if (Array.isArray(value)) return listMethods
  if (value instanceof Tuple) return tupleMethods
  if (value instanceof PySet) return setMethods
  if (value instanceof Uint8Array) return bytesMethods
  if (value instanceof Range) return rangeMethods
  if (numeric(value) === undefined) return undefined
  return isFloat(value) ? floatMethods : integerMethods
}

/** An item, undefined where there is none or the value has no items. */
export function itemOf(value: Value, key: Value): Value | undefined {
  if (value instanceof Map) return isHashable(key) ? value.get(key) : undefined
  if (value instanceof HostObject) return value.getItem(key)
  if (value instanceof Range) {
    const index = indexWithin(key, value.length)
    return index === undefined ? undefined : value.at(index)
  }
  const items = sequenceOf(value)
  if (items === undefined) return undefined
  const index = indexWithin(key, items.length)
  return index === undefined ? undefined : items[index]
}

function isHashable(key: Value): boolean {
  if (key instanceof Undefined) key.fail()
  if (key instanceof Tuple) return key.items.every(isHashable)
  return !(Array.isArray(key) || key instanceof Map || key instanceof PySet || key instanceof DictView)
}

function sequenceOf(value: Value): string | readonly Value[] | Uint8Array | undefined {
  if (typeof value === 'string') return characters(value)
  if (Array.isArray(value) || value instanceof Uint8Array) return value
  if (value instanceof Tuple) return value.items
  return value instanceof Markup ? characters(value.text) : undefined
}

function indexWithin(key: Value, length: number): number | undefined {
  if (key instanceof Undefined) key.fail()
  const number = numeric(key)
  if (number === undefined || isFloat(key)) return undefined
  const index = Number(number) < 0 ? Number(number) + length : Number(number)
  return index >= 0 && index < length ? index : undefined
}

/** `value[start:stop:step]`; null stands for a bound left out. Throws TypeError for what cannot be sliced. */
export function slice(value: Value, start: Value, stop: Value, step: Value): Value {
  if (value instanceof Undefined) return value.fail()
  if (value instanceof Range) return sliceRange(value, start, stop, step)
  const items = sequenceOf(value)
  if (items === undefined) {
    throw typeError(
      value instanceof Map ? "unhashable type: 'slice'" : `'${typeName(value)}' object is not subscriptable`,
    )
  }
  const picked = pick(items, sliceIndices(items.length, start, stop, step))
  if (typeof value === 'string') return picked.join('')
  if (value instanceof Markup) return new Markup(picked.join(''))
  if (value instanceof Tuple) return new Tuple(picked)
  return value instanceof Uint8Array ? Uint8Array.from(picked, Number) : picked
}

function pick(items: string | readonly Value[] | Uint8Array, { from, to, by }: SliceIndices): Value[] {
  const picked: Value[] = []
  for (let index = from; by > 0 ? index < to : index > to; index += by) picked.push(items[index])
  return picked
}

function sliceRange(range: Range, start: Value, stop: Value, step: Value): Range {
  const { from, to, by } = sliceIndices(range.length, start, stop, step)
  return new Range(range.start + from * range.step, range.start + to * range.step, range.step * by)
}

interface SliceIndices {
  readonly from: number
  readonly to: number
  readonly by: number
}

function sliceIndices(length: number, start: Value, stop: Value, step: Value): SliceIndices {
  const by = bound(step) ?? 1
  if (by === 0) throw valueError('slice step cannot be zero')
  const [lowest, highest] = by > 0 ? [0, length] : [-1, length - 1]
  const clamp = (value: number | undefined, fallback: number): number => {
    if (value === undefined) return fallback
    return Math.min(Math.max(value < 0 ? value + length : value, lowest), highest)
  }
  return { from: clamp(bound(start), by > 0 ? lowest : highest), to: clamp(bound(stop), by > 0 ? highest : lowest), by }
}

function bound(value: Value): number | undefined {
  if (value === null) return undefined
  if (value instanceof Undefined) value.fail()
  const number = numeric(value)
  if (number !== undefined && !isFloat(value)) return Number(number)
  throw typeError('slice indices must be integers or None or have an __index__ method')
}

/** Calls a value. Throws TypeError for what cannot be called. */
export function expectCallable(value: Value): Callable | (HostObject & Required<Pick<HostObject, 'call'>>) {
  if (value instanceof Callable) return value
  if (value instanceof Undefined) return value.fail()
  if (value instanceof HostObject && hasCall(value)) return value
  throw new PyError('TypeError', `'${typeName(value)}' object is not callable`)
}

function hasCall(value: HostObject): value is HostObject & Required<Pick<HostObject, 'call'>> {
  return value.call !== undefined
}

/** Whether a value can be called. */
export function isCallable(value: Value): boolean {
  // Jinja's Undefined can be called: it fails then.
  return value instanceof Callable || value instanceof Undefined || (value instanceof HostObject && hasCall(value))
}
