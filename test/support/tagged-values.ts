/** Values of the recorded cases: JSON, with tags for what JSON cannot say. */
import { Float } from '../../src/base/float.ts'
import { pythonString } from '../../src/base/python-repr.ts'

/** Shared objects of one case, by the name in `$def`. */
type Shared = Map<string, unknown>

/**
 * `{"$float": "1.0"}`, `{"$int": "…"}`, `{"$bytes": "hex"}`, `{"$set": […]}`, `{"$tuple": […]}`, `{"$map": [[k, v]…]}`,
 * `{"$odict": [[k, v]…]}`, `{"$def": name, "value": v}`, `{"$ref": name}`.
 */
export function untag(value: unknown, shared: Shared = new Map()): unknown {
  if (Array.isArray(value)) return value.map((item) => untag(item, shared))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [[tag, content] = ['', undefined]] = entries
  if (tag === '$def') {
    const { value: inner } = value as { value: unknown }
    const object = untag(inner, shared)
    shared.set(String(content), object)
    return object
  }
  if (tag === '$ref') return shared.get(String(content))
  if (entries.length === 1 && tag.startsWith('$')) return untagged(tag, content, shared)
  return Object.fromEntries(entries.map(([key, item]) => [key, untag(item, shared)]))
}

const specialFloats: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: Number.NaN }

function untagged(tag: string, content: unknown, shared: Shared): unknown {
  const list = Array.isArray(content) ? content.map((item) => untag(item, shared)) : []
  switch (tag) {
    case '$float': {
      const number = specialFloats[String(content)] ?? Number(content)
      return Number.isInteger(number) ? new Float(number) : number
    }
    case '$int':
      return BigInt(String(content))
    case '$bytes':
      return Buffer.from(String(content), 'hex')
    case '$set':
      return new Set(list)
    case '$tuple':
      return list
    case '$map':
      return new Map(list as [unknown, unknown][])
    case '$odict':
      return new OrderedMap(list as [unknown, unknown][])
    default:
      throw new Error(`unknown tag ${tag}`)
  }
}

/** A mapping whose order counts when it is written. */
export class OrderedMap extends Map<unknown, unknown> {}

/** A text that shows the value, its types and the order of its keys; mapping keys count as texts. */
export function canonical(value: unknown): string {
  if (value instanceof Map) return mapText([...value])
  if (value instanceof Set) return `set(${[...value].map(canonical).sort().join(', ')})`
  if (Array.isArray(value)) return `[${value.map(canonical).join(', ')}]`
  if (value instanceof Uint8Array) return `bytes(${Buffer.from(value).toString('hex')})`
  if (value instanceof Float) return `float(${Object.is(value.value, -0) ? '-0' : value.value})`
  if (typeof value === 'object' && value !== null) return mapText(Object.entries(value))
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function mapText(pairs: readonly (readonly [unknown, unknown])[]): string {
  return `{${pairs.map(([key, item]) => `${pythonString(key)}: ${canonical(item)}`).join(', ')}}`
}
