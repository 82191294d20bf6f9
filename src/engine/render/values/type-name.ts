/** Names of types as Python's messages give them. */
import { Float } from '../../../base/float.ts'
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

/** `type(value).__name__`: `int`, `NoneType`, `dict_items`. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'str'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float'
  }
  if (value === null || value === undefined) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Map) return value instanceof OrderedDict ? 'OrderedDict' : 'dict'
  if (value instanceof NamedTuple) return value.className
  if (value instanceof Tuple) return 'tuple'
  if (value instanceof Float) return 'float'
  if (value instanceof Markup) return 'Markup'
  if (value instanceof Undefined) return value.isLenient ? 'Undefined' : 'StrictUndefined'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Range) return 'range'
  if (value instanceof Generator || value instanceof Callable || value instanceof HostObject) return value.typeName
  if (value instanceof DictView) return `dict_${value.kind}`
  return value instanceof PySet ? 'set' : 'object'
}

/** How Jinja names the object that has no such attribute: `dict object`, `None`. */
export function objectDescription(value: Value): string {
  return value === null ? 'None' : `${typeName(value)} object`
}
