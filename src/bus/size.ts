/** Approximate size of a value in bytes when it is packed; stops counting past `limit`. */
export function approximateSize(value: unknown, limit = Number.POSITIVE_INFINITY): number {
  let size = 0
  const pending: unknown[] = [value]
  while (pending.length > 0 && size <= limit) {
    const next = pending.pop()
    if (typeof next === 'string') size += next.length + 3
    else if (next instanceof Uint8Array) size += next.byteLength + 3
    else if (Array.isArray(next)) {
      size += 3
      for (const item of next) pending.push(item)
    } else if (typeof next === 'object' && next !== null) {
      size += 3
      for (const [key, item] of Object.entries(next)) {
        size += key.length + 2
        pending.push(item)
      }
    } else size += 5
  }
  return size
}
