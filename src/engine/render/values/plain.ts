/** Between the values of templates and the plain objects that the rest of the program works with. */
import { Float } from '../../../base/float.ts'
import { Secret } from '../../../base/secret.ts'
import { isWrittenKey, setWritten, writtenEntries } from '../../../base/written-keys.ts'
import { Dict, OrderedDict, PySet } from './dict.ts'
import { isIterable, iterate } from './iterate.ts'
import { Callable, DictView, Generator, HostObject, Markup, Range, Tuple, Undefined, type Value } from './kinds.ts'
import { str } from './print.ts'
import { typeError } from './py-error.ts'
import { typeName } from './type-name.ts'
import { Walk } from './walk.ts'

/** Objects become dictionaries, Sets sets; what is a value already stays. Nothing is shared with the source. */
export function fromPlain(plain: unknown): Value {
  return entered(plain, new Walk())
}

function entered(plain: unknown, walk: Walk): Value {
  if (plain === undefined) return null
  if (typeof plain !== 'object' || plain === null) return plain
  walk.step()
  const inner = (item: unknown): Value => entered(item, walk)
  if (Array.isArray(plain)) return plain.map(inner)
  if (plain instanceof Map) return new Dict(Array.from(plain, ([key, value]) => [inner(key), inner(value)]))
  if (plain instanceof Set) return new PySet(Array.from(plain, inner))
  if (plain instanceof Secret) return plain.reveal()
  if (isValue(plain)) return plain
  return new Dict(writtenEntries(plain).map(([key, value]) => [key, inner(value)]))
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
 * Dictionaries become objects, tuples and everything that can be gone through lists, sets Sets. Keys that are no texts are
 * printed as Python prints them, and remembered. Throws UndefinedError for what is undefined.
 */
export function toPlain(value: Value): unknown {
  return left(value, new Walk())
}

function left(value: Value, walk: Walk): unknown {
  if (typeof value !== 'object' || value === null) return value
  walk.step()
  const inner = (item: Value): unknown => left(item, walk)
  if (Array.isArray(value)) return value.map(inner)
  if (value instanceof Map) return plainObject(value, inner)
  if (value instanceof Float || value instanceof Uint8Array) return value
  if (value instanceof Markup || value instanceof Undefined) return str(value)
  if (value instanceof PySet) return new Set(Array.from(value, inner))
  return isIterable(value) ? Array.from(iterate(value), inner) : str(value)
}

function plainObject(dict: ReadonlyMap<Value, Value>, inner: (item: Value) => unknown): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [key, value] of dict) setWritten(object, isWrittenKey(key) ? key : str(key), inner(value))
  return object
}

/** A copy that shares no list, dictionary or set with the value (`copy.deepcopy`). Throws TypeError for what is undefined. */
export function deepCopy(value: Value): Value {
  return copied(value, new Walk())
}

function copied(value: Value, walk: Walk): Value {
  if (typeof value !== 'object' || value === null) return value
  walk.step()
  const inner = (item: Value): Value => copied(item, walk)
  if (Array.isArray(value)) return value.map(inner)
  if (value instanceof Map) {
    const copy = newLike(value)
    for (const [key, item] of value) copy.set(key, inner(item))
    return copy
  }
  if (value instanceof PySet) return new PySet(value)
  if (value instanceof Undefined) throw typeError(`cannot pickle '${typeName(value)}' object`)
  return value instanceof Tuple ? new Tuple(value.items.map(inner)) : value
}

function newLike(dict: ReadonlyMap<Value, Value>): Map<Value, Value> {
  return dict instanceof OrderedDict ? new OrderedDict() : new Dict()
}
