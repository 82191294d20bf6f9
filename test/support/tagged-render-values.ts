/** Values of templates in the recorded cases: JSON, with tags for what JSON cannot say (see `tagged-values.ts`). */
import { Float } from '../../src/base/float.ts'
import { isRecord } from '../../src/base/narrow.ts'
import { floatRepr } from '../../src/base/python-number-repr.ts'
import { writtenEntries } from '../../src/base/written-keys.ts'
import { Dict, OrderedDict, PySet } from '../../src/engine/render/values/dict.ts'
import { Tuple, type Value } from '../../src/engine/render/values/kinds.ts'
import { untag } from './tagged-values.ts'

type Shared = Map<string, Value>

/** The value that tagged JSON stands for. */
export function taggedValue(tagged: unknown, shared: Shared = new Map()): Value {
  if (Array.isArray(tagged)) return tagged.map((item) => taggedValue(item, shared))
  if (!isRecord(tagged) || tagged instanceof Float) return tagged as Value
  const entries = writtenEntries(tagged)
  const [[tag, content] = ['', undefined]] = entries
  const list = (): Value[] => (Array.isArray(content) ? content.map((item) => taggedValue(item, shared)) : [])
  switch (tag) {
    case '$def': {
      const value = taggedValue(tagged.value, shared)
      shared.set(String(content), value)
      return value
    }
    case '$ref':
      return shared.get(String(content))
    case '$tuple':
      return new Tuple(list())
    case '$set':
      return new PySet(list())
    case '$map':
      return new Dict(list() as [Value, Value][])
    case '$odict':
      return new OrderedDict(list() as [Value, Value][])
    case '$float':
    case '$int':
    case '$bytes':
      return untag(tagged)
  }
  return new Dict(entries.map(([key, item]) => [key, taggedValue(item, shared)]))
}

/** A text that shows the value, its types and the order of its keys. */
export function canonicalValue(value: Value): string {
  if (value instanceof Map) {
    return `{${Array.from(value, ([key, item]) => `${canonicalValue(key)}: ${canonicalValue(item)}`).join(', ')}}`
  }
  if (Array.isArray(value)) return `[${value.map(canonicalValue).join(', ')}]`
  if (value instanceof Tuple) return `tuple(${value.items.map(canonicalValue).join(', ')})`
  if (value instanceof PySet) return `set(${Array.from(value, canonicalValue).sort().join(', ')})`
  if (value instanceof Uint8Array) return `bytes(${Buffer.from(value).toString('hex')})`
  if (value instanceof Float) return `float(${floatRepr(value.value)})`
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'number' && !Number.isFinite(value) ? `float(${floatRepr(value)})` : String(value)
}
