/** Values of templates as Salt's `safe_dump` writes them. */
import { Float } from '../../../base/float.ts'
import { emitYaml, YamlWord } from '../../../base/yaml-emit.ts'
import { sorted } from '../values/compare.ts'
import { OrderedDict, PySet } from '../values/dict.ts'
import { NamedTuple, Tuple, type Value } from '../values/kinds.ts'
import { PyError } from '../values/py-error.ts'

/** PyYAML's `default_flow_style`: null puts brackets only around collections of scalars. */
export type FlowStyle = boolean | null

/** The text ends with a line break. Dictionaries are sorted where their keys can be, ordered ones are not. */
export function dumpYaml(
  value: Value,
  flowStyle: FlowStyle = false,
  { indent, sortsKeys = true }: { readonly indent?: number; readonly sortsKeys?: boolean } = {},
): string {
  const step = indent === undefined ? {} : { indent }
  return emitYaml(new Representer(sortsKeys).represent(value), {
    flow: flowStyle ?? 'leaves',
    sortKeys: false,
    ...step,
  })
}

/** Salt's word for whatever YAML has no form for. */
const unknown = new YamlWord('NULL')

/** Turns values into those that the emitter knows; what is one object stays one, so that it gets an anchor. */
class Representer {
  readonly #known = new Map<Value, unknown>()
  readonly #sortsKeys: boolean

  constructor(sortsKeys: boolean) {
    this.#sortsKeys = sortsKeys
  }

  represent(value: Value): unknown {
    if (typeof value !== 'object' || value === null || value instanceof Float || value instanceof Uint8Array)
      return value
    const known = this.#known.get(value)
    return known ?? this.#collection(value)
  }

  #collection(value: object): unknown {
    if (Array.isArray(value)) return this.#list(value, value)
    if (value instanceof Tuple && !(value instanceof NamedTuple))
      return value.items.length === 0 ? [] : this.#list(value, value.items)
    if (value instanceof Map) {
      const mapping = new Map<unknown, unknown>()
      this.#known.set(value, mapping)
      const keys = value instanceof OrderedDict || !this.#sortsKeys ? [...value.keys()] : inOrder([...value.keys()])
      for (const key of keys) mapping.set(this.represent(key), this.represent(value.get(key)))
      return mapping
    }
    if (value instanceof PySet) {
      const set = new Set(inOrder([...value]).map((item) => this.represent(item)))
      this.#known.set(value, set)
      return set
    }
    return unknown
  }

  #list(value: object, items: readonly Value[]): unknown[] {
    const list: unknown[] = []
    this.#known.set(value, list)
    for (const item of items) list.push(this.represent(item))
    return list
  }
}

/** Python leaves keys as they are when it cannot compare them. */
function inOrder(keys: Value[]): Value[] {
  try {
    return sorted(keys)
  } catch (error) {
    if (error instanceof PyError && error.type === 'TypeError') return keys
    throw error
  }
}
