import { SaltError } from './errors.ts'

/** Bytes that a scalar has after its first byte, for the codes that say so themselves (0xc0–0xdf); arrays, maps and texts are handled apart. */
const fixedSizes: Readonly<Record<number, number>> = {
  192: 0,
  194: 0,
  195: 0, // nil, false, true
  202: 4,
  203: 8, // floats
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8, // integers
  212: 2,
  213: 3,
  214: 5,
  215: 9,
  216: 17, // fixed extensions with their type
}

/** Codes followed by a length of this many bytes, then as many bytes of data (plus the type of an extension). */
const lengthSizes: Readonly<Record<number, readonly [size: number, extra: number]>> = {
  196: [1, 0],
  197: [2, 0],
  198: [4, 0], // bin
  199: [1, 1],
  200: [2, 1],
  201: [4, 1], // ext
  217: [1, 0],
  218: [2, 0],
  219: [4, 0], // str
}

/**
 * Walks over one msgpack value without decoding it and returns its deepest nesting; stops early past `limit`.
 * Throws `bad-frame` when the value is cut short, claims more than is there, or is followed by more bytes.
 */
export function deepestNesting(bytes: Uint8Array, limit: number): number {
  const reader = new Reader(bytes)
  /** Values still to come on the levels above. */
  const above: number[] = []
  let pending = 1
  let deepest = 0
  for (;;) {
    while (pending === 0) {
      const outer = above.pop()
      if (outer === undefined) return reader.assertEnd(deepest)
      pending = outer
    }
    pending -= 1
    const code = reader.length(1)
    const count = containerCount(code, reader)
    if (count === undefined) reader.skip(scalarLength(code, reader))
    else {
      // A container cannot have more members than there are bytes left.
      if (count > reader.left) throw cutShort()
      above.push(pending)
      pending = count
      deepest = Math.max(deepest, above.length)
      if (deepest > limit) return deepest
    }
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#position
  }

  /** An unsigned number of this many bytes. */
  length(size: number): number {
    if (size > this.left) throw cutShort()
    let value = 0
    for (let index = 0; index < size; index++) value = value * 256 + (this.#bytes[this.#position + index] ?? 0)
    this.#position += size
    return value
  }

  skip(size: number): void {
    if (size > this.left) throw cutShort()
    this.#position += size
  }

  assertEnd(result: number): number {
    if (this.left > 0) throw new SaltError('bad-frame', 'a record is followed by bytes that belong to nothing')
    return result
  }
}

/** Number of values in an array or map; undefined for anything else. */
function containerCount(code: number, reader: Reader): number | undefined {
  if (code >= 0x80 && code <= 0x8f) return (code & 0x0f) * 2
  if (code >= 0x90 && code <= 0x9f) return code & 0x0f
  if (code === 0xdc) return reader.length(2)
  if (code === 0xdd) return reader.length(4)
  if (code === 0xde) return reader.length(2) * 2
  if (code === 0xdf) return reader.length(4) * 2
  return undefined
}

function scalarLength(code: number, reader: Reader): number {
  if (code <= 0x7f || code >= 0xe0) return 0
  if (code >= 0xa0 && code <= 0xbf) return code & 0x1f
  const [size, extra] = lengthSizes[code] ?? []
  if (size !== undefined && extra !== undefined) return reader.length(size) + extra
  const fixed = fixedSizes[code]
  if (fixed === undefined) throw new SaltError('bad-frame', 'a record holds a byte that means nothing')
  return fixed
}

function cutShort(): SaltError {
  return new SaltError('bad-frame', 'a record is cut short')
}
