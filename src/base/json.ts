/** JSON text as Python's `json.dumps(ensure_ascii=False)` writes it: `{"a": 1, "b": [1.0]}`. */
import { isUtf8 } from 'node:buffer'
import { Float } from './float.ts'
import { floatRepr } from './python-number-repr.ts'
import { pythonString } from './python-repr.ts'
import { Secret } from './secret.ts'
import { writtenEntries } from './written-keys.ts'

/**
 * @param indent Spaces per level; left out: everything on one line.
 *
 * Integral floats keep their `.0`, big integers are exact, bytes are text where they are UTF-8 and base64 otherwise,
 * `undefined` is left out of mappings. Infinite numbers are written as Python writes them (`Infinity`, `NaN`).
 */
export function toJson(value: unknown, indent?: number): string {
  return write(value, indent, '')
}

function write(value: unknown, indent: number | undefined, margin: string): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? integer(value) : float(value)
  if (value instanceof Float) return float(value.value)
  if (value instanceof Secret) return JSON.stringify(value.toString())
  if (value instanceof Uint8Array) return JSON.stringify(bytesText(value))
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...value]
    return enclose('[', ']', items, (item, inner) => write(item, indent, inner), indent, margin)
  }
  if (typeof value !== 'object') return JSON.stringify(String(value))
  const pairs: readonly (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : writtenEntries(value)
  const present = pairs.filter(([, item]) => item !== undefined)
  const pair = ([key, item]: readonly [unknown, unknown], inner: string): string =>
    `${JSON.stringify(keyText(key))}: ${write(item, indent, inner)}`
  return enclose('{', '}', present, pair, indent, margin)
}

function enclose<T>(
  open: string,
  close: string,
  items: readonly T[],
  writeItem: (item: T, margin: string) => string,
  indent: number | undefined,
  margin: string,
): string {
  if (items.length === 0) return open + close
  if (indent === undefined) return open + items.map((item) => writeItem(item, '')).join(', ') + close
  const inner = margin + ' '.repeat(indent)
  return `${open}\n${items.map((item) => inner + writeItem(item, inner)).join(',\n')}\n${margin}${close}`
}

function integer(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString()
}

function float(value: number): string {
  if (Number.isFinite(value)) return floatRepr(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}

function keyText(key: unknown): string {
  if (key === null) return 'null'
  return typeof key === 'boolean' ? String(key) : pythonString(key)
}

/** Text of UTF-8 bytes, base64 of others. */
export function bytesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return isUtf8(buffer) ? buffer.toString('utf8') : buffer.toString('base64')
}
