import { SaltError } from './errors.ts'
import { asFloat } from './float.ts'
import { maximumContainers } from './msgpack-limits.ts'
import { isWrittenKey, setWritten, startsWithDigit, type WrittenKey } from './written-keys.ts'

const twoTo32 = 2 ** 32
/** Up to this length a loop over the bytes beats a call into Node. */
const shortText = 16
const cachedKeys = 1024
const longestCachedKey = 24

interface CachedKey {
  readonly bytes: Uint8Array
  readonly text: string
}

/** The same few keys come in every record: remembered by their bytes, each in the one place that its hash gives. */
const keyCache: (CachedKey | undefined)[] = new Array(cachedKeys)

/** Reads values from bytes that nobody vouches for: every length is checked before it is believed. */
export class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  readonly #maximumDepth: number
  #position = 0
  #containers = 0

  /** `maximumDepth`: levels that are read. */
  constructor(bytes: Uint8Array, maximumDepth: number) {
    this.#maximumDepth = maximumDepth
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#end = bytes.byteLength
  }

  readAll(): unknown {
    const value = this.#value(0)
    if (this.#position < this.#end)
      throw new SaltError('bad-frame', 'a record is followed by bytes that belong to nothing')
    return value
  }

  #value(depth: number): unknown {
    const code = this.#byte()
    if (code < 0x80) return code
    if (code < 0x90) return this.#mapping(code & 0x0f, depth)
    if (code < 0xa0) return this.#array(code & 0x0f, depth)
    if (code < 0xc0) return this.#text(code & 0x1f)
    if (code >= 0xe0) return code - 0x100
    return this.#coded(code, depth)
  }

  #coded(code: number, depth: number): unknown {
    switch (code) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
        return this.#binary(this.#unsigned(1))
      case 0xc5:
        return this.#binary(this.#unsigned(2))
      case 0xc6:
        return this.#binary(this.#unsigned(4))
      case 0xca:
        return asFloat(this.#bytes.readFloatBE(this.#take(4)))
      case 0xcb:
        return asFloat(this.#bytes.readDoubleBE(this.#take(8)))
      case 0xcc:
        return this.#unsigned(1)
      case 0xcd:
        return this.#unsigned(2)
      case 0xce:
        return this.#unsigned(4)
      case 0xcf:
        return integer(this.#unsigned(4), this.#take(4), this.#bytes)
      case 0xd0:
        return this.#bytes.readInt8(this.#take(1))
      case 0xd1:
        return this.#bytes.readInt16BE(this.#take(2))
      case 0xd2:
        return this.#bytes.readInt32BE(this.#take(4))
      case 0xd3:
        return integer(this.#bytes.readInt32BE(this.#take(4)), this.#take(4), this.#bytes)
      case 0xd9:
        return this.#text(this.#unsigned(1))
      case 0xda:
        return this.#text(this.#unsigned(2))
      case 0xdb:
        return this.#text(this.#unsigned(4))
      case 0xdc:
        return this.#array(this.#unsigned(2), depth)
      case 0xdd:
        return this.#array(this.#unsigned(4), depth)
      case 0xde:
        return this.#mapping(this.#unsigned(2), depth)
      case 0xdf:
        return this.#mapping(this.#unsigned(4), depth)
      default:
        throw new SaltError('bad-frame', 'a record holds a value of a kind that does not belong into it')
    }
  }

  #array(count: number, depth: number): unknown[] {
    this.#enter(count, depth)
    const items: unknown[] = []
    for (let index = 0; index < count; index++) items.push(this.#value(depth + 1))
    return items
  }

  #mapping(count: number, depth: number): Record<string, unknown> {
    this.#enter(count * 2, depth)
    const record: Record<string, unknown> = {}
    // The order of what comes after such a key is to be remembered, too.
    let isWritten = false
    for (let index = 0; index < count; index++) {
      const given = this.#key()
      // The name that would exchange the prototype, here or where the record is copied later.
      const key = given === '__proto__' ? '__proto_' : given
      const value = this.#value(depth + 1)
      if (isWritten || typeof key !== 'string' || startsWithDigit(key)) {
        setWritten(record, key, value)
        isWritten = true
      } else record[key] = value
    }
    return record
  }

  #enter(members: number, depth: number): void {
    if (depth >= this.#maximumDepth)
      throw new SaltError('bad-frame', `a record is nested deeper than ${this.#maximumDepth} levels`)
    // Each member takes a byte at least.
    if (members > this.#end - this.#position) throw cutShort()
    this.#containers += 1
    if (this.#containers > maximumContainers) {
      throw new SaltError('bad-frame', `a record holds more than ${maximumContainers} lists and mappings`)
    }
  }

  #key(): WrittenKey {
    const code = this.#byte()
    if (code >= 0xa0 && code < 0xc0) return this.#cachedText(code & 0x1f)
    if (code < 0x80) return code
    this.#position -= 1
    const key = this.#value(this.#maximumDepth)
    if (isWrittenKey(key)) return key
    throw new SaltError('bad-frame', 'a key of a mapping is neither text nor a number')
  }

  #cachedText(length: number): string {
    if (length === 0 || length > longestCachedKey) return this.#text(length)
    const bytes = this.#bytes
    const start = this.#take(length)
    const first = bytes[start] ?? 0
    const middle = bytes[start + (length >> 1)] ?? 0
    const last = bytes[start + length - 1] ?? 0
    const slot = ((first * 31 + middle) * 31 + last + length * 7) % cachedKeys
    const known = keyCache[slot]
    if (known !== undefined && known.bytes.byteLength === length) {
      let index = 0
      while (index < length && known.bytes[index] === bytes[start + index]) index++
      if (index === length) return known.text
    }
    const text = bytes.toString('utf8', start, start + length)
    keyCache[slot] = { bytes: new Uint8Array(bytes.subarray(start, start + length)), text }
    return text
  }

  #text(length: number): string {
    const start = this.#take(length)
    if (length > shortText) return this.#bytes.toString('utf8', start, start + length)
    let text = ''
    for (let index = start; index < start + length; index++) {
      const byte = this.#bytes[index] ?? 0
      if (byte > 0x7f) return this.#bytes.toString('utf8', start, start + length)
      text += String.fromCharCode(byte)
    }
    return text
  }

  #binary(length: number): Buffer {
    const start = this.#take(length)
    const part = this.#bytes.subarray(start, start + length)
    // A small part must not keep a large frame in memory.
    return length * 2 > this.#end ? part : Buffer.from(part)
  }

  #byte(): number {
    const byte = this.#bytes[this.#position]
    if (byte === undefined) throw cutShort()
    this.#position += 1
    return byte
  }

  #unsigned(size: 1 | 2 | 4): number {
    const start = this.#take(size)
    const bytes = this.#bytes
    let value = 0
    for (let index = start; index < start + size; index++) value = value * 256 + (bytes[index] ?? 0)
    return value
  }

  /** Where the next bytes start; they are there. */
  #take(size: number): number {
    const start = this.#position
    if (size > this.#end - start) throw cutShort()
    this.#position = start + size
    return start
  }
}

function integer(high: number, lowAt: number, bytes: Buffer): number | bigint {
  const low = bytes.readUInt32BE(lowAt)
  const value = high * twoTo32 + low
  return Number.isSafeInteger(value) ? value : BigInt(high) * BigInt(twoTo32) + BigInt(low)
}

function cutShort(): SaltError {
  return new SaltError('bad-frame', 'a record is cut short')
}
