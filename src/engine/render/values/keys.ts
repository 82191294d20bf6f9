/** Which values are the same key of a dictionary or member of a set: `1`, `True` and `1.0` are one. */
import { Float } from '../../../base/float.ts'
import { Callable, DictView, Generator, HostObject, Markup, Range, Tuple, Undefined, type Value } from './kinds.ts'
import { typeError } from './py-error.ts'

/** A primitive (or identity) that is equal for equal keys. Throws TypeError for what cannot be a key. */
export function canonicalKey(key: Value): unknown {
  switch (typeof key) {
    case 'string':
    case 'number':
      return key
    case 'boolean':
      return key ? 1 : 0
    case 'bigint':
      return Number.isSafeInteger(Number(key)) ? Number(key) : key
  }
  if (key === null) return null
  if (key instanceof Float) return wholeFloat(key.value)
  if (key instanceof Markup) return key.text
  if (key instanceof Tuple) return `\u0000tuple:${key.items.map(partOfKey).join('\u0000')}`
  if (key instanceof Uint8Array) return `\u0000bytes:${Buffer.from(key).toString('hex')}`
  if (key instanceof Range) return `\u0000range:${key.start}:${key.stop}:${key.step}`
  if (key instanceof Undefined) return key.fail()
  if (key instanceof Callable || key instanceof HostObject || key instanceof Generator) return key
  throw typeError(`unhashable type: '${unhashableName(key)}'`)
}

function unhashableName(value: Value): string {
  if (Array.isArray(value)) return 'list'
  if (value instanceof DictView) return `dict_${value.kind}`
  return value instanceof Map ? 'dict' : 'set'
}

/** A large float equals the exact integer that it stands for. */
function wholeFloat(value: number): unknown {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value
}

const identities = new WeakMap<object, number>()
let lastIdentity = 0

function partOfKey(part: Value): string {
  const key = canonicalKey(part)
  if (typeof key !== 'object' || key === null)
    return `${typeof key}:${String(key).replaceAll('\u0000', '\u0000\u0000')}`
  const known = identities.get(key) ?? ++lastIdentity
  identities.set(key, known)
  return `object:${known}`
}
