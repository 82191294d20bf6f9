/** Values that cross between threads, which know no class of the other side. */
import { Float } from '../../base/float.ts'
import { isRecord } from '../../base/narrow.ts'

/** A copy that can cross to another thread: floats unboxed, functions and other classes left out. */
export function plainRecord(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && typeof item !== 'function')
      .map(([key, item]) => [key, plainValue(item)]),
  )
}

/** The same of any value. */
export function plainValue(value: unknown): unknown {
  if (value instanceof Float) return value.value
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(plainValue)
  if (!isRecord(value)) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? plainRecord(value) : String(value)
}
