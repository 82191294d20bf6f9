/** Between the values of templates and the plain objects that the rest of the program works with. */
import { Float } from '../../../base/float.ts'
import { Secret } from '../../../base/secret.ts'
import { Dict, OrderedDict, PySet } from './dict.ts'
import { isIterable, iterate } from './iterate.ts'
import { Callable, DictView, Generator, HostObject, Markup, Range, Tuple, Undefined, type Value } from './kinds.ts'
import { str } from './print.ts'
import { typeError } from './py-error.ts'
import { typeName } from './type-name.ts'

/** Objects become dictionaries, Sets sets; what is a value already stays. Nothing is shared with the source. */
export function fromPlain(plain: unknown): Value {
  if (plain === undefined) return null
  if (typeof plain !== 'object' || plain === null) return plain
  if (Array.isArray(plain)) return plain.map(fromPlain)
  if (plain instanceof Map) return new Dict(Array.from(plain, ([key, value]) => [fromPlain(key), fromPlain(value)]))
  if (plain instanceof Set) return new PySet(Array.from(plain, fromPlain))
  if (plain instanceof Secret) return plain.reveal()
  if (isValue(plain)) return plain
  return new Dict(Object.entries(plain).map(([key, value]) => [key, fromPlain(value)]))
}

function isValue(plain: object): boolean {
  return (
    plain instanceof Float ||
    plain instanceof Tuple ||
    plain instanceof PySet ||
    plain instanceof Uint8Array ||
    plain instanceof Markup ||
    plain instanceof Undefined ||
    plain instanceof Callable ||
    plain instanceof HostObject ||
    plain instanceof DictView ||
    plain instanceof Generator ||
    plain instanceof Range
  )
}

/**
 * Dictionaries become objects with text keys, tuples and everything that can be gone through lists, sets Sets. Keys that are
 * no texts are printed as Python prints them. Throws UndefinedError for what is undefined.
 */
export function toPlain(value: Value): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toPlain)
  if (value instanceof Map) return plainObject(value)
  if (value instanceof Float || value instanceof Uint8Array) return value
  if (value instanceof Markup || value instanceof Undefined) return str(value)
  if (value instanceof PySet) return new Set(Array.from(value, toPlain))
  return isIterable(value) ? Array.from(iterate(value), toPlain) : str(value)
}

function plainObject(dict: ReadonlyMap<Value, Value>): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [key, value] of dict) {
    const name = str(key)
    if (name !== '__proto__') object[name] = toPlain(value)
    // Plain assignment to it would change the object's prototype.
    else
      Object.defineProperty(object, name, {
        value: toPlain(value),
        enumerable: true,
        configurable: true,
        writable: true,
      })
  }
  return object
}

/** A copy that shares no list, dictionary or set with the value (`copy.deepcopy`). Throws TypeError for what is undefined. */
export function deepCopy(value: Value): Value {
  if (Array.isArray(value)) return value.map(deepCopy)
  if (value instanceof Map) {
    const copy = newLike(value)
    for (const [key, item] of value) copy.set(key, deepCopy(item))
    return copy
  }
  if (value instanceof PySet) return new PySet(value)
  if (value instanceof Undefined) throw typeError(`cannot pickle '${typeName(value)}' object`)
  return value instanceof Tuple ? new Tuple(value.items.map(deepCopy)) : value
}

function newLike(dict: ReadonlyMap<Value, Value>): Map<Value, Value> {
  return dict instanceof OrderedDict ? new OrderedDict() : new Dict()
}
