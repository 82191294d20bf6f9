/**
 * Records as msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md).
 *
 * Own code instead of a library for three reasons: integers and floats stay apart as Python's msgpack has them (a `Float` is
 * a float 64, an integral float 64 is a `Float`), every limit is checked while reading instead of by a walk before it, and
 * nothing has to be loaded when a quick command starts.
 */
import { maximumDepth } from './msgpack-limits.ts'
import { Packed } from './msgpack-packed.ts'
import { Reader } from './msgpack-reader.ts'
import { Writer } from './msgpack-writer.ts'

export { maximumDepth } from './msgpack-limits.ts'
export { Packed } from './msgpack-packed.ts'

const writer = new Writer()

/**
 * Takes null, booleans, numbers, bigints, texts, bytes, arrays, plain objects, `Float`, `Secret` (as its dots), and `Packed`. A property
 * that is undefined is left out. Whatever `pack` takes, `unpack` takes.
 * Throws `bad-arguments` for anything else: a function, a class instance, more than `depth` levels (64), a circle.
 */
export function pack(value: unknown, depth = maximumDepth): Buffer {
  return writer.write(value, depth)
}

/** As `pack`, in several parts: what is `Packed` and large is one of its own, not copied. */
export function packParts(value: unknown, depth = maximumDepth): readonly Uint8Array[] {
  return writer.writeParts(value, depth)
}

/** Bytes of the head of an array of any length. */
const listHead = 5

/** Values that are packed one after the other, to be taken together as an array. */
export class PackedList {
  readonly #writer = new Writer()
  #count = 0
  #size = 0

  get count(): number {
    return this.#count
  }

  /** Bytes of the values. */
  get size(): number {
    return this.#size
  }

  /** Throws as `pack`; the value is not in the list then. */
  add(value: unknown, depth = maximumDepth): void {
    this.#size += this.#writer.append(value, depth)
    this.#count += 1
  }

  /** The list, which is empty from now on. */
  take(): Packed {
    const list = this.#writer.take(listHead)
    list[0] = 0xdd
    list.writeUInt32BE(this.#count, 1)
    this.#count = 0
    this.#size = 0
    return new Packed(list)
  }
}

/**
 * The one value that the bytes hold. Integers beyond 53 bits become bigints, bytes a Buffer.
 * Throws `bad-frame` for anything but one whole value of at most `depth` levels (64).
 */
export function unpack(bytes: Uint8Array, depth = maximumDepth): unknown {
  return new Reader(bytes, depth).readAll()
}
