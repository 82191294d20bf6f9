/**
 * Keys of mappings as they were written. A user's mapping may have keys that are no texts (`8080: web`), and an order that
 * JavaScript's objects do not keep (whole numbers come first in them). Such an object is remembered here with its keys;
 * whoever does not ask sees texts. A copy of the object is none of them: copy with `mapWritten`.
 */
import { Float } from './float.ts'
import { numberRepr } from './python-number-repr.ts'

export type WrittenKey = string | number | bigint | boolean | null | Float

const written = new WeakMap<object, WrittenKey[]>()
/** Most processes never meet such a key: they need not look. */
let isAnyWritten = false

/** JavaScript sorts these before all others. */
const arrayIndex = /^(?:0|[1-9]\d{0,9})$/

export function isWrittenKey(key: unknown): key is WrittenKey {
  switch (typeof key) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return true
    default:
      return key === null || key instanceof Float
  }
}

/** As Python prints it. */
export function keyText(key: WrittenKey): string {
  if (typeof key === 'string') return key
  if (key === null) return 'None'
  return typeof key === 'boolean' ? (key ? 'True' : 'False') : numberRepr(key)
}

/** Puts an entry behind those of a mapping that is being made; an entry whose key has the same text is replaced. */
export function setWritten(record: Record<string, unknown>, key: WrittenKey, value: unknown): void {
  const name = keyText(key)
  if (!Object.hasOwn(record, name)) remember(record, key, name)
  if (name !== '__proto__') record[name] = value
  // Plain assignment to it would change the object's prototype.
  else Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true })
}

function remember(record: Record<string, unknown>, key: WrittenKey, name: string): void {
  const keys = isAnyWritten ? written.get(record) : undefined
  if (keys !== undefined) keys.push(key)
  else if (typeof key !== 'string' || (startsWithDigit(name) && arrayIndex.test(name) && !isEmpty(record))) {
    written.set(record, [...Object.keys(record), key])
    isAnyWritten = true
  }
}

/** Only such texts can be sorted before others. */
export function startsWithDigit(name: string): boolean {
  const code = name.charCodeAt(0)
  return code >= 0x30 && code <= 0x39
}

function isEmpty(record: object): boolean {
  for (const _name in record) return false
  return true
}

/** A mapping of these entries, in this order. */
export function recordOfWritten(entries: Iterable<readonly [WrittenKey, unknown]>): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (const [key, value] of entries) setWritten(record, key, value)
  return record
}

/** The keys of a mapping as they were written, by their texts and in their order; undefined where it is as any other. */
export function writtenKeysOf(record: object): ReadonlyMap<string, WrittenKey> | undefined {
  const keys = isAnyWritten ? written.get(record) : undefined
  if (keys === undefined) return undefined
  const named = new Map<string, WrittenKey>()
  for (const key of keys) if (Object.hasOwn(record, keyText(key))) named.set(keyText(key), key)
  // What was put into the object since.
  for (const name of Object.keys(record)) if (!named.has(name)) named.set(name, name)
  return named
}

/** The entries of a mapping with their keys as written, in the order in which they were written. */
export function writtenEntries(record: object): readonly (readonly [WrittenKey, unknown])[] {
  const keys = writtenKeysOf(record)
  return keys === undefined
    ? Object.entries(record)
    : Array.from(keys, ([name, key]) => [key, Reflect.get(record, name)])
}

/** A copy with other values. */
export function mapWritten(record: object, change: (value: unknown) => unknown): Record<string, unknown> {
  return recordOfWritten(writtenEntries(record).map(([key, value]) => [key, change(value)]))
}
