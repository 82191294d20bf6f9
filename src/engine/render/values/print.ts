/** Values as Python prints them. */
import { Float } from '../../../base/float.ts'
import { floatRepr } from '../../../base/python-number-repr.ts'
import { pythonRepr } from '../../../base/python-repr.ts'
import { OrderedDict, PySet } from './dict.ts'
import {
  Callable,
  DictView,
  Generator,
  HostObject,
  Markup,
  NamedTuple,
  Range,
  Tuple,
  Undefined,
  type Value,
} from './kinds.ts'
import { PyError, typeError } from './py-error.ts'
import { checkLength } from './text.ts'
import { typeName } from './type-name.ts'
import { Walk } from './walk.ts'

const maximumDepth = 200

/** `str(value)`. Throws UndefinedError for what is undefined. */
export function str(value: Value): string {
  if (typeof value === 'string') return value
  if (value instanceof Markup) return value.text
  if (value instanceof Undefined) return value.isLenient ? '' : value.fail()
  return value instanceof HostObject ? value.str() : repr(value)
}

/** `repr(value)`. */
export function repr(value: Value): string {
  return write(value, [], new Walk())
}

/** `ascii(value)`. */
export function asciiRepr(value: Value): string {
  return repr(value).replace(/\P{ASCII}/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    if (code.length <= 2) return `\\x${code}`
    return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`
  })
}

function write(value: Value, around: readonly Value[], walk: Walk): string {
  if (typeof value !== 'object' || value === null) return pythonRepr(value)
  if (value instanceof Float) return floatRepr(value.value)
  if (value instanceof Uint8Array) return pythonRepr(value)
  if (value instanceof Markup) return `Markup(${pythonRepr(value.text)})`
  if (value instanceof Undefined) return 'Undefined'
  if (value instanceof Range) return rangeRepr(value)
  if (value instanceof Callable || value instanceof HostObject) return value.repr()
  if (value instanceof Generator) return `<${value.typeName} object at 0x7f0000000000>`
  return collection(value, around, walk)
}

function collection(value: object, around: readonly Value[], walk: Walk): string {
  walk.step()
  if (around.includes(value)) return Array.isArray(value) ? '[...]' : '{...}'
  if (around.length > maximumDepth) {
    throw new PyError('RecursionError', 'maximum recursion depth exceeded while getting the repr of an object')
  }
  const inside = [...around, value]
  const text = (item: Value): string => write(item, inside, walk)
  const all = (items: Iterable<Value>): string => textJoined(Array.from(items, text))
  if (Array.isArray(value)) return `[${all(value)}]`
  if (value instanceof OrderedDict) return value.size === 0 ? 'OrderedDict()' : `OrderedDict([${pairs(value, text)}])`
  if (value instanceof Map) {
    return `{${textJoined(Array.from(value, ([key, item]) => `${text(key)}: ${text(item)}`))}}`
  }
  if (value instanceof Tuple) return value.items.length === 1 ? `(${all(value.items)},)` : `(${all(value.items)})`
  if (value instanceof PySet) return value.size === 0 ? 'set()' : `{${all(inHashOrder(value))}}`
  if (value instanceof DictView) return viewRepr(value, text)
  return `<${typeName(value)}>`
}

type Text = (item: Value) => string

function pairs(dict: ReadonlyMap<Value, Value>, text: Text): string {
  return textJoined(Array.from(dict, ([key, item]) => `(${text(key)}, ${text(item)})`))
}

function textJoined(texts: readonly string[]): string {
  checkLength(texts.reduce((sum, text) => sum + text.length + 2, 0))
  return texts.join(', ')
}

/** Python keeps small integers of a set in ascending order; for texts there is no order to keep. */
function inHashOrder(set: PySet): Value[] {
  const items = [...set]
  return items.every((item) => typeof item === 'number' && item >= 0 && Number.isInteger(item))
    ? items.sort((left, right) => Number(left) - Number(right))
    : items
}

function viewRepr(view: DictView, text: Text): string {
  if (view.kind === 'items') return `dict_items([${pairs(view.dict, text)}])`
  const items = view.kind === 'keys' ? view.dict.keys() : view.dict.values()
  return `dict_${view.kind}([${textJoined(Array.from(items, text))}])`
}

function rangeRepr({ start, stop, step }: Range): string {
  return step === 1 ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`
}

/** What `{{ value }}` writes. Ordered dictionaries print as plain ones, as Salt sees to. */
export function printed(value: Value): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return pythonRepr(value)
  if (value instanceof Map) return printedDict(value)
  return Array.isArray(value) || value instanceof Tuple || value instanceof PySet
    ? repr(friendly(value, new Walk()))
    : str(value)
}

function printedDict(dict: ReadonlyMap<Value, Value>): string {
  const text = (value: Value): string =>
    typeof value === 'string' || value instanceof Markup
      ? repr(value)
      : value instanceof Map
        ? printedDict(value)
        : value instanceof Undefined
          ? str(value)
          : repr(friendly(value, new Walk()))
  return `{${Array.from(dict, ([key, value]) => `${repr(key)}: ${text(value)}`).join(', ')}}`
}

/** The value with every OrderedDict in it made plain. */
function friendly(value: Value, walk: Walk): Value {
  walk.step()
  const inner = (item: Value): Value => friendly(item, walk)
  if (value instanceof NamedTuple) {
    // Salt makes such a tuple anew from a list of its items; Python refuses that.
    const missing = value.names.at(-1)
    throw typeError(`${value.className}.__new__() missing 1 required positional argument: '${missing}'`)
  }
  if (Array.isArray(value)) return value.some(isCollection) ? value.map(inner) : value
  if (value instanceof Tuple) return value.items.some(isCollection) ? new Tuple(value.items.map(inner)) : value
  if (value instanceof OrderedDict) return new Map([...value].map(([key, item]) => [key, inner(item)]))
  if (value instanceof Map) {
    return [...value.values()].some(isCollection)
      ? new Map([...value].map(([key, item]): [Value, Value] => [key, inner(item)]))
      : value
  }
  return value
}

function isCollection(value: Value): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Array.isArray(value) || value instanceof Map || value instanceof Tuple)
  )
}
