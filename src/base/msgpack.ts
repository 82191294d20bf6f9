/**
 * Records as msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md).
 *
 * Own code instead of a library for three reasons: integers and floats stay apart as Python's msgpack has them (a `Float` is
 * a float 64, an integral float 64 is a `Float`), every limit is checked while reading instead of by a walk before it, and
 * nothing has to be loaded when a quick command starts.
 */
import { maximumDepth } from './msgpack-limits.ts'
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

/**
 * The one value that the bytes hold. Integers beyond 53 bits become bigints, bytes a Buffer.
 * Throws `bad-frame` for anything but one whole value of at most `depth` levels (64).
 */
export function unpack(bytes: Uint8Array, depth = maximumDepth): unknown {
  return new Reader(bytes, depth).readAll()
}
