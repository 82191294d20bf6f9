/**
 * The events of a bus as they travel: packed, one after the other, in a few large pieces of memory that are used again. An event costs no
 * object, and what is sent to subscribers are copies of whole stretches of it.
 */
import { Buffer } from 'node:buffer'
import { Packed, pack } from '../base/msgpack.ts'
import { PackedScan } from '../base/msgpack-scan.ts'
import type { TagMatcher } from './tag-match.ts'

const slabBytes = 64 * 1024
/** Bytes of the smallest event. */
const smallestEvent = 50
/** Slabs that wait to be used again. */
const mostSpare = 8
/** Head, keys, number, and what the stamp and longer heads add. Bytes. */
const overhead = 80
const headText = Buffer.from([0x83, 0xa3, ...Buffer.from('seq')])
const tagKey = Buffer.from([0xa3, ...Buffer.from('tag')])
const dataKey = Buffer.from([0xa4, ...Buffer.from('data')])
const eventsHead = Buffer.from([0x81, 0xa6, ...Buffer.from('events')])
const twoTo32 = 2 ** 32

/** A piece of memory with whole events. */
interface Slab {
  readonly bytes: Buffer
  used: number
  firstSeq: number
  /** Number of events. */
  count: number
  /** Where each of them begins, and where the last one ends. */
  readonly starts: Uint32Array
}

/** Neighbouring events. */
interface Stretch {
  readonly slab: Slab
  readonly from: number
  to: number
}

/** Some of the newest events, to be sent together. To be built before the log is told to forget. */
export class PendingBatch {
  readonly #stretches: Stretch[] = []
  bytes = 0
  count = 0
  firstSeq = 0
  lastSeq = 0

  add(slab: Slab, from: number, to: number, seq: number): void {
    const last = this.#stretches.at(-1)
    if (last !== undefined && last.slab === slab && last.to === from) last.to = to
    else this.#stretches.push({ slab, from, to })
    if (this.count === 0) this.firstSeq = seq
    this.lastSeq = seq
    this.count += 1
    this.bytes += to - from
  }

  /** `{events: […]}`, packed. */
  build(): Packed {
    const head = 5
    const result = Buffer.allocUnsafe(eventsHead.byteLength + head + this.bytes)
    result.set(eventsHead)
    let position = eventsHead.byteLength
    result[position] = 0xdd
    position = result.writeUInt32BE(this.count, position + 1)
    for (const { slab, from, to } of this.#stretches) position += slab.bytes.copy(result, position, from, to)
    return new Packed(result)
  }
}

export interface EventLogOptions {
  readonly keptEvents: number
  readonly keptBytes: number
}

export class EventLog {
  readonly #options: EventLogOptions
  /** The oldest first; the last one is written to. */
  #slabs: Slab[] = []
  /** Let go, but maybe part of a batch that is not built yet. */
  #retired: Slab[] = []
  #spare: Slab[] = []
  #seq = 0
  #oldest = 1
  #keptBytes = 0
  #lastStart = 0

  constructor(options: EventLogOptions) {
    this.#options = options
  }

  /** Number of the newest event. */
  get seq(): number {
    return this.#seq
  }

  /** Number of the oldest event that is kept; the next one where there is none. */
  get oldest(): number {
    return this.#oldest
  }

  /** Bytes of the newest event. */
  get lastBytes(): number {
    const slab = this.#slabs.at(-1)
    return slab === undefined ? 0 : slab.used - this.#lastStart
  }

  /**
   * Adds an event. `source` holds the bytes of its tag, and the mapping of its data without the head, of so many `pairs`; the packed
   * `stamp` becomes one more.
   */
  append(
    source: Buffer,
    tagFrom: number,
    tagTo: number,
    pairs: number,
    pairsFrom: number,
    pairsTo: number,
    stamp: Uint8Array,
  ): void {
    const size = overhead + (tagTo - tagFrom) + (pairsTo - pairsFrom) + stamp.byteLength
    const slab = this.#roomFor(size)
    this.#seq += 1
    const start = slab.used
    const { bytes } = slab
    let position = start
    position = writeSmall(bytes, headText, position)
    position = writeCount(bytes, this.#seq, position)
    position = writeSmall(bytes, tagKey, position)
    position = writeTextHead(bytes, tagTo - tagFrom, position)
    position += source.copy(bytes, position, tagFrom, tagTo)
    position = writeSmall(bytes, dataKey, position)
    position = writeMappingHead(bytes, pairs + 1, position)
    position += source.copy(bytes, position, pairsFrom, pairsTo)
    position = writeSmall(bytes, stamp, position)
    slab.used = position
    slab.count += 1
    slab.starts[slab.count] = position
    this.#lastStart = start
    this.#keptBytes += position - start
    this.#trim()
  }

  /** The newest event becomes part of the batch. */
  addLastTo(batch: PendingBatch): void {
    const slab = this.#slabs.at(-1)
    if (slab !== undefined) batch.add(slab, this.#lastStart, slab.used, this.#seq)
  }

  /** Kept events after a number, in batches of about so many bytes. */
  *batchesAfter(after: number, matches: TagMatcher, batchBytes: number): Generator<PendingBatch, void> {
    let batch = new PendingBatch()
    for (const slab of this.#slabs) {
      for (let index = 0; index < slab.count; index++) {
        const seq = slab.firstSeq + index
        const from = slab.starts[index] ?? 0
        if (seq <= after || seq < this.#oldest || !matches(tagAt(slab.bytes, from))) continue
        const to = slab.starts[index + 1] ?? 0
        if (batch.count > 0 && batch.bytes + to - from > batchBytes) {
          yield batch
          batch = new PendingBatch()
        }
        batch.add(slab, from, to, seq)
      }
    }
    if (batch.count > 0) yield batch
  }

  /** No batch that was begun before is going to be built any more. */
  forget(): void {
    for (const slab of this.#retired) {
      if (this.#spare.length < mostSpare && slab.bytes.byteLength === slabBytes) this.#spare.push(slab)
    }
    this.#retired = []
  }

  #roomFor(size: number): Slab {
    const last = this.#slabs.at(-1)
    if (last !== undefined && last.used + size <= last.bytes.byteLength) return last
    const spare = size <= slabBytes ? this.#spare.pop() : undefined
    const slab = spare ?? newSlab(Math.max(size, slabBytes))
    slab.used = 0
    slab.count = 0
    slab.firstSeq = this.#seq + 1
    this.#slabs.push(slab)
    return slab
  }

  /** Lets go of the oldest until the rest is within its bounds; the newest event stays whatever its size. */
  #trim(): void {
    const { keptEvents, keptBytes } = this.#options
    while (this.#seq - this.#oldest + 1 > keptEvents || (this.#keptBytes > keptBytes && this.#oldest < this.#seq)) {
      const slab = this.#slabs[0]
      if (slab === undefined) return
      const index = this.#oldest - slab.firstSeq
      this.#keptBytes -= (slab.starts[index + 1] ?? 0) - (slab.starts[index] ?? 0)
      this.#oldest += 1
      if (index + 1 >= slab.count && this.#slabs.length > 1) {
        this.#slabs.shift()
        this.#retired.push(slab)
      }
    }
  }
}

function newSlab(size: number): Slab {
  const starts = new Uint32Array(Math.ceil(size / smallestEvent) + 1)
  return { bytes: Buffer.allocUnsafeSlow(size), used: 0, firstSeq: 0, count: 0, starts }
}

function writeSmall(bytes: Buffer, part: Uint8Array, position: number): number {
  for (let index = 0; index < part.byteLength; index++) bytes[position + index] = part[index] ?? 0
  return position + part.byteLength
}

function writeCount(bytes: Buffer, value: number, position: number): number {
  if (value < 0x80) {
    bytes[position] = value
    return position + 1
  }
  if (value < 0x100) {
    bytes[position] = 0xcc
    bytes[position + 1] = value
    return position + 2
  }
  if (value < 0x1_0000) {
    bytes[position] = 0xcd
    return bytes.writeUInt16BE(value, position + 1)
  }
  if (value < twoTo32) {
    bytes[position] = 0xce
    return bytes.writeUInt32BE(value, position + 1)
  }
  bytes[position] = 0xcf
  return bytes.writeBigUInt64BE(BigInt(value), position + 1)
}

function writeTextHead(bytes: Buffer, length: number, position: number): number {
  if (length < 32) {
    bytes[position] = 0xa0 | length
    return position + 1
  }
  if (length < 0x100) {
    bytes[position] = 0xd9
    bytes[position + 1] = length
    return position + 2
  }
  bytes[position] = 0xda
  return bytes.writeUInt16BE(length, position + 1)
}

function writeMappingHead(bytes: Buffer, pairs: number, position: number): number {
  if (pairs < 16) {
    bytes[position] = 0x80 | pairs
    return position + 1
  }
  if (pairs < 0x1_0000) {
    bytes[position] = 0xde
    return bytes.writeUInt16BE(pairs, position + 1)
  }
  bytes[position] = 0xdf
  return bytes.writeUInt32BE(pairs, position + 1)
}

/** Tag of the event that begins there. */
function tagAt(bytes: Buffer, start: number): string {
  const scan = new PackedScan(bytes, start + headText.byteLength)
  scan.skipValue(0)
  scan.position += tagKey.byteLength
  const length = scan.skipTextHead()
  return bytes.toString('utf8', scan.position, scan.position + length)
}

/** `_stamp` and its value, packed. */
export function packStamp(text: string): Uint8Array {
  return Buffer.concat([pack('_stamp'), pack(text)])
}
