/** Looks through packed values without unpacking them, for whoever only passes them on. */
import { isUtf8 } from 'node:buffer'
import { maximumContainers } from './msgpack-limits.ts'

/** `__proto__` is the only key of this length that matters. */
const prototypeKeyLength = 9
const underscore = 0x5f
const fixedSizes: Readonly<Record<number, number>> = {
  192: 0,
  194: 0,
  195: 0,
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
}

/**
 * A place in packed bytes. Every step answers false, or −1, for what is cut short, and for all that `unpack` refuses or changes:
 * malformed text, keys that are no text or `__proto__`, extensions, too much depth. Bytes that pass are handed on as they are; for the
 * others there is `unpack`, which says what is wrong. After a step that failed, the place means nothing.
 */
export class PackedScan {
  readonly bytes: Buffer
  readonly #end: number
  position: number
  #containers = 0

  constructor(bytes: Buffer, from = 0, end = bytes.byteLength) {
    this.bytes = bytes
    this.position = from
    this.#end = end
  }

  get isAtEnd(): boolean {
    return this.position === this.#end
  }

  /** Whether these very bytes come next. */
  isAt(expected: Uint8Array): boolean {
    const { bytes, position } = this
    const { byteLength } = expected
    if (position + byteLength > this.#end) return false
    for (let index = 0; index < byteLength; index++) if (bytes[position + index] !== expected[index]) return false
    return true
  }

  /** Steps over these very bytes. */
  skipBytes(expected: Uint8Array): boolean {
    if (!this.isAt(expected)) return false
    this.position += expected.byteLength
    return true
  }

  /** Steps over an integer from 0 on, and answers it; −1: there is none. */
  skipCount(): number {
    const code = this.#code()
    if (code < 0x80) return code
    if (code === 0xcc) return this.#unsigned(1)
    if (code === 0xcd) return this.#unsigned(2)
    if (code === 0xce) return this.#unsigned(4)
    return -1
  }

  /** Steps over the head of an array: how many items follow, or −1. */
  skipArrayHead(): number {
    return this.#head(0x90, 0xdc)
  }

  /** Steps over the head of a mapping: how many pairs follow, or −1. */
  skipMappingHead(): number {
    return this.#head(0x80, 0xde)
  }

  /** Steps over the head of a text: how many bytes of well-formed text follow, or −1. */
  skipTextHead(): number {
    const length = this.#textLength(this.#code())
    return length >= 0 && this.#isText(this.position, length) ? length : -1
  }

  /** Steps over one value of at most `depth` levels. */
  skipValue(depth: number): boolean {
    const code = this.#code()
    if (code < 0x80 || code >= 0xe0) return code <= 0xff
    if (code < 0x90) return this.#skipPairs(code & 0x0f, depth)
    if (code < 0xa0) return this.#skipItems(code & 0x0f, depth)
    if (code < 0xc0) return this.#skipText(code & 0x1f)
    const size = fixedSizes[code]
    if (size !== undefined) return this.#skip(size)
    switch (code) {
      case 0xc4:
        return this.#skip(this.#unsigned(1))
      case 0xc5:
        return this.#skip(this.#unsigned(2))
      case 0xc6:
        return this.#skip(this.#unsigned(4))
      case 0xd9:
        return this.#skipText(this.#unsigned(1))
      case 0xda:
        return this.#skipText(this.#unsigned(2))
      case 0xdb:
        return this.#skipText(this.#unsigned(4))
      case 0xdc:
        return this.#skipItems(this.#unsigned(2), depth)
      case 0xdd:
        return this.#skipItems(this.#unsigned(4), depth)
      case 0xde:
        return this.#skipPairs(this.#unsigned(2), depth)
      case 0xdf:
        return this.#skipPairs(this.#unsigned(4), depth)
      default:
        return false
    }
  }

  /** Steps over a key, which is text. */
  skipKey(): boolean {
    const length = this.#textLength(this.#code())
    if (length < 0) return false
    const start = this.position
    if (length === prototypeKeyLength && this.bytes[start] === underscore && this.#isPrototypeKey(start)) return false
    return this.#skipText(length)
  }

  #isPrototypeKey(start: number): boolean {
    return this.bytes.toString('latin1', start, start + prototypeKeyLength) === '__proto__'
  }

  #skipPairs(count: number, depth: number): boolean {
    if (!this.#enter(count * 2, depth)) return false
    for (let index = 0; index < count; index++) {
      if (!this.skipKey() || !this.skipValue(depth - 1)) return false
    }
    return true
  }

  #skipItems(count: number, depth: number): boolean {
    if (!this.#enter(count, depth)) return false
    for (let index = 0; index < count; index++) {
      if (!this.skipValue(depth - 1)) return false
    }
    return true
  }

  #enter(members: number, depth: number): boolean {
    this.#containers += 1
    // What passes is put beside others of its kind.
    return depth > 0 && members >= 0 && members <= this.#end - this.position && this.#containers * 4 < maximumContainers
  }

  #skipText(length: number): boolean {
    if (!this.#isText(this.position, length)) return false
    this.position += length
    return true
  }

  /** Whether so many bytes are there, and are well-formed UTF-8. */
  #isText(start: number, length: number): boolean {
    const end = start + length
    if (length < 0 || end > this.#end) return false
    const { bytes } = this
    for (let index = start; index < end; index++) {
      if ((bytes[index] ?? 0) > 0x7f) return isUtf8(bytes.subarray(index, end))
    }
    return true
  }

  #skip(size: number): boolean {
    if (size < 0 || size > this.#end - this.position) return false
    this.position += size
    return true
  }

  #head(short: number, long: number): number {
    const code = this.#code()
    if (code >= short && code < short + 16) return code & 0x0f
    if (code === long) return this.#unsigned(2)
    if (code === long + 1) return this.#unsigned(4)
    return -1
  }

  #textLength(code: number): number {
    if (code >= 0xa0 && code < 0xc0) return code & 0x1f
    if (code === 0xd9) return this.#unsigned(1)
    if (code === 0xda) return this.#unsigned(2)
    if (code === 0xdb) return this.#unsigned(4)
    return -1
  }

  /** The next byte; more than a byte holds where there is none. */
  #code(): number {
    if (this.position >= this.#end) return 0x100
    return this.bytes[this.position++] ?? 0x100
  }

  #unsigned(size: 1 | 2 | 4): number {
    const { position } = this
    if (size > this.#end - position) return -1
    this.position = position + size
    const { bytes } = this
    let value = 0
    for (let index = position; index < position + size; index++) value = value * 256 + (bytes[index] ?? 0)
    return value
  }
}
