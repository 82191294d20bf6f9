import { SaltError } from './errors.ts'
import { Float } from './float.ts'
import { maximumContainers } from './msgpack-limits.ts'
import { Packed } from './msgpack-packed.ts'
import { Secret } from './secret.ts'
import { type WrittenKey, writtenKeysOf } from './written-keys.ts'

const firstSize = 16 * 1024
/** A buffer that grew past this is given back after use. */
const keptSize = 1024 * 1024
/** Up to this length a loop over the characters beats a call into Node. */
const shortText = 48
const twoTo32 = 2 ** 32

/** What is packed already and larger than this is no part of what is written, but stands beside it. */
const ownPart = 4096

/** Writes one value after the other, each into bytes of its own. */
export class Writer {
  #bytes = Buffer.allocUnsafeSlow(firstSize)
  /** What comes before the bytes that are being written; undefined: all goes into one piece. */
  #parts: Uint8Array[] | undefined
  #position = 0
  #containers = 0
  #maximumDepth = 0

  write(value: unknown, maximumDepth: number): Buffer {
    this.#maximumDepth = maximumDepth
    this.#position = 0
    this.#containers = 0
    try {
      this.#value(value, 0)
      return this.#written()
    } finally {
      if (this.#bytes.byteLength > keptSize) this.#bytes = Buffer.allocUnsafeSlow(firstSize)
    }
  }

  /** As `write`; what is packed already is not copied where it is large. */
  writeParts(value: unknown, maximumDepth: number): readonly Uint8Array[] {
    const parts: Uint8Array[] = []
    this.#parts = parts
    try {
      const last = this.write(value, maximumDepth)
      if (last.byteLength > 0) parts.push(last)
      return parts
    } finally {
      this.#parts = undefined
    }
  }

  /** Writes a value behind those that were appended since the last `take`; answers how many bytes it has. Where it throws, nothing was written. */
  append(value: unknown, maximumDepth: number): number {
    const start = this.#position
    this.#maximumDepth = maximumDepth
    this.#containers = 0
    try {
      this.#value(value, 0)
      return this.#position - start
    } catch (error) {
      this.#position = start
      throw error
    }
  }

  /** What was appended, behind so many bytes that are the caller's to fill; from now on there is nothing. */
  take(reserved = 0): Buffer {
    const result = this.#written(reserved)
    this.#position = 0
    if (this.#bytes.byteLength > keptSize) this.#bytes = Buffer.allocUnsafeSlow(firstSize)
    return result
  }

  #written(reserved = 0): Buffer {
    const result = Buffer.allocUnsafe(reserved + this.#position)
    result.set(this.#bytes.subarray(0, this.#position), reserved)
    return result
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        return this.#number(value)
      case 'boolean':
        return this.#code(value ? 0xc3 : 0xc2)
      case 'object':
        return value === null ? this.#code(0xc0) : this.#object(value, depth)
      case 'undefined':
        return this.#code(0xc0)
      case 'bigint':
        return this.#bigint(value)
      default:
        throw notPlain(`a ${typeof value}`)
    }
  }

  #object(value: object, depth: number): void {
    if (Array.isArray(value)) return this.#array(value, this.#enter(depth))
    if (value instanceof Float) return this.#float(value.value)
    if (value instanceof Uint8Array) return this.#binary(value)
    if (value instanceof Packed) return this.#packed(value.bytes)
    if (value instanceof Secret) return this.#text(value.toString())
    if (!isPlain(value)) throw notPlain(`an instance of ${value.constructor?.name ?? 'a class'}`)
    this.#mapping(value as Record<string, unknown>, this.#enter(depth))
  }

  #enter(depth: number): number {
    if (depth >= this.#maximumDepth) {
      throw new SaltError(
        'bad-arguments',
        `a value cannot be sent: it is nested deeper than ${this.#maximumDepth} levels`,
      )
    }
    this.#containers += 1
    if (this.#containers > maximumContainers) {
      throw new SaltError(
        'bad-arguments',
        `a value cannot be sent: it holds more than ${maximumContainers} lists and mappings`,
      )
    }
    return depth + 1
  }

  #array(items: readonly unknown[], depth: number): void {
    this.#head(items.length, 0x90, 0xdc)
    for (const item of items) this.#value(item, depth)
  }

  #mapping(record: Record<string, unknown>, depth: number): void {
    const written = writtenKeysOf(record)
    if (written !== undefined) return this.#writtenMapping(record, written, depth)
    const keys = Object.keys(record)
    let count = keys.length
    for (const key of keys) if (record[key] === undefined) count -= 1
    this.#head(count, 0x80, 0xde)
    for (const key of keys) {
      const value = record[key]
      if (value === undefined) continue
      this.#text(key)
      this.#value(value, depth)
    }
  }

  #writtenMapping(
    record: Readonly<Record<string, unknown>>,
    keys: ReadonlyMap<string, WrittenKey>,
    depth: number,
  ): void {
    const entries = Array.from(keys).filter(([name]) => record[name] !== undefined)
    this.#head(entries.length, 0x80, 0xde)
    for (const [name, key] of entries) {
      // An integer may be too large for the format.
      this.#value(typeof key === 'bigint' ? name : key, depth)
      this.#value(record[name], depth)
    }
  }

  /** Start of an array or a mapping; its codes with 16 and 32 bits of length follow one another. */
  #head(count: number, short: number, long: number): void {
    this.#ensure(5)
    if (count < 16) this.#bytes[this.#position++] = short | count
    else if (count < 0x1_0000) this.#sized(long, count, 2)
    else this.#sized(long + 1, count, 4)
  }

  /** Room must be there. */
  #sized(code: number, value: number, size: 1 | 2 | 4): void {
    this.#bytes[this.#position++] = code
    this.#position = this.#bytes.writeUIntBE(value, this.#position, size)
  }

  #text(text: string): void {
    const { length } = text
    if (length < shortText && this.#ascii(text, length)) return
    const size = Buffer.byteLength(text)
    this.#ensure(size + 5)
    if (size < 32) this.#bytes[this.#position++] = 0xa0 | size
    else if (size < 0x100) this.#sized(0xd9, size, 1)
    else if (size < 0x1_0000) this.#sized(0xda, size, 2)
    else this.#sized(0xdb, size, 4)
    this.#position += this.#bytes.write(text, this.#position, size, 'utf8')
  }

  /** False when the text is not all ASCII; nothing was written then. */
  #ascii(text: string, length: number): boolean {
    this.#ensure(length + 2)
    const bytes = this.#bytes
    let position = this.#position
    if (length < 32) bytes[position++] = 0xa0 | length
    else {
      bytes[position++] = 0xd9
      bytes[position++] = length
    }
    for (let index = 0; index < length; index++) {
      const character = text.charCodeAt(index)
      if (character > 0x7f) return false
      bytes[position++] = character
    }
    this.#position = position
    return true
  }

  #number(value: number): void {
    // A whole number past 53 bits is no integer that anybody meant: those are bigints.
    if (!Number.isSafeInteger(value)) return this.#float(value)
    this.#ensure(9)
    if (value >= 0) {
      if (value < 0x80) this.#bytes[this.#position++] = value
      else if (value < 0x100) this.#sized(0xcc, value, 1)
      else if (value < 0x1_0000) this.#sized(0xcd, value, 2)
      else if (value < twoTo32) this.#sized(0xce, value, 4)
      else this.#sized64(0xcf, value)
    } else if (value >= -32) this.#bytes[this.#position++] = value & 0xff
    else if (value >= -0x80) this.#sized(0xd0, value & 0xff, 1)
    else if (value >= -0x8000) this.#sized(0xd1, value & 0xffff, 2)
    else if (value >= -0x8000_0000) this.#sized(0xd2, value >>> 0, 4)
    else this.#sized64(0xd3, value)
  }

  #sized64(code: number, value: number): void {
    const high = Math.floor(value / twoTo32)
    this.#sized(code, high >>> 0, 4)
    this.#position = this.#bytes.writeUInt32BE(value - high * twoTo32, this.#position)
  }

  #bigint(value: bigint): void {
    this.#ensure(9)
    if (value >= 0n && value < 2n ** 64n) {
      this.#bytes[this.#position++] = 0xcf
      this.#position = this.#bytes.writeBigUInt64BE(value, this.#position)
    } else if (value < 0n && value >= -(2n ** 63n)) {
      this.#bytes[this.#position++] = 0xd3
      this.#position = this.#bytes.writeBigInt64BE(value, this.#position)
    } else throw notPlain('an integer of more than 64 bits')
  }

  #float(value: number): void {
    this.#ensure(9)
    this.#bytes[this.#position++] = 0xcb
    this.#position = this.#bytes.writeDoubleBE(value, this.#position)
  }

  #binary(bytes: Uint8Array): void {
    const size = bytes.byteLength
    this.#ensure(size + 5)
    if (size < 0x100) this.#sized(0xc4, size, 1)
    else if (size < 0x1_0000) this.#sized(0xc5, size, 2)
    else this.#sized(0xc6, size, 4)
    this.#copy(bytes)
  }

  #packed(bytes: Uint8Array): void {
    if (this.#parts === undefined || bytes.byteLength < ownPart) return this.#copy(bytes)
    if (this.#position > 0) this.#parts.push(this.take())
    this.#parts.push(bytes)
  }

  #copy(bytes: Uint8Array): void {
    this.#ensure(bytes.byteLength)
    this.#bytes.set(bytes, this.#position)
    this.#position += bytes.byteLength
  }

  #code(code: number): void {
    this.#ensure(1)
    this.#bytes[this.#position++] = code
  }

  #ensure(size: number): void {
    const needed = this.#position + size
    if (needed <= this.#bytes.byteLength) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.byteLength * 2))
    larger.set(this.#bytes.subarray(0, this.#position))
    this.#bytes = larger
  }
}

/** An object of `{}` or of no prototype, also one from another realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function notPlain(what: string): SaltError {
  return new SaltError('bad-arguments', `a value cannot be sent: ${what} is not plain data`)
}
