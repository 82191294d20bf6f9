import { maximumDepth } from '../base/msgpack-limits.ts'

const largestInteger = 2n ** 63n

/**
 * Approximate size of a value in bytes when it is packed; stops counting past `limit`. Infinity for what cannot be packed or
 * be read again: a function, a symbol, an integer beyond 64 bits, more than 64 levels.
 */
export function approximateSize(value: unknown, limit = Number.POSITIVE_INFINITY): number {
  let size = 0
  const pending: unknown[] = [value]
  const levels: number[] = [0]
  while (pending.length > 0 && size <= limit) {
    const next = pending.pop()
    const level = (levels.pop() ?? 0) + 1
    const add = (item: unknown): void => {
      pending.push(item)
      levels.push(level)
    }
    if (typeof next === 'object' && next !== null) {
      if (level > maximumDepth) return Number.POSITIVE_INFINITY
      size += sizeOfObject(next, add)
    } else size += sizeOfScalar(next)
  }
  return size
}

function sizeOfObject(value: object, add: (item: unknown) => void): number {
  if (value instanceof Uint8Array) return value.byteLength + 3
  if (Array.isArray(value)) {
    for (const item of value) add(item)
    return 3
  }
  let size = 3
  for (const [key, item] of Object.entries(value)) {
    size += key.length + 2
    add(item)
  }
  return size
}

function sizeOfScalar(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 3
  if (typeof value === 'function' || typeof value === 'symbol') return Number.POSITIVE_INFINITY
  if (typeof value === 'bigint' && (value < -largestInteger || value >= largestInteger * 2n))
    return Number.POSITIVE_INFINITY
  return 5
}
