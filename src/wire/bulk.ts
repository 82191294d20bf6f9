import { SaltError } from '../base/errors.ts'

/** A record above this size travels in chunks of it. */
export const chunkSize = 256 * 1024
/** Chunks that may be on their way without the receiver having taken them. */
const window = 4
const chunkHeader = 12

interface Outgoing {
  readonly id: number
  readonly bytes: Buffer
  offset: number
}

/** Cuts large records into chunks and sends no more of them than the receiver has given credit for. */
export class BulkSender {
  readonly #emit: (chunk: Buffer) => void
  readonly #limit: number
  readonly #queue: Outgoing[] = []
  #queued = 0
  #credit = window
  #nextId = 1

  /** `limit`: bytes that may wait. */
  constructor(emit: (chunk: Buffer) => void, limit: number) {
    this.#emit = emit
    this.#limit = limit
  }

  /** Bytes that wait. */
  get queued(): number {
    return this.#queued
  }

  /** False: too much waits already. */
  add(bytes: Buffer): boolean {
    if (this.#queued + bytes.byteLength > this.#limit) return false
    this.#queue.push({ id: this.#nextId, bytes, offset: 0 })
    this.#nextId = (this.#nextId % 0xffff_ffff) + 1
    this.#queued += bytes.byteLength
    this.#pump()
    return true
  }

  /** What the receiver has told: that many chunks more. Throws `bad-frame` when that cannot be. */
  credit(chunks: unknown): void {
    if (typeof chunks !== 'number' || !Number.isInteger(chunks) || chunks < 1 || chunks > window) {
      throw new SaltError('bad-frame', 'the peer gives credit that means nothing')
    }
    this.#credit = Math.min(window, this.#credit + chunks)
    this.#pump()
  }

  #pump(): void {
    while (this.#credit > 0) {
      const next = this.#queue[0]
      if (next === undefined) return
      const part = next.bytes.subarray(next.offset, next.offset + chunkSize)
      const header = Buffer.alloc(chunkHeader)
      header.writeUInt32BE(next.id, 0)
      header.writeUInt32BE(next.bytes.byteLength, 4)
      header.writeUInt32BE(next.offset, 8)
      next.offset += part.byteLength
      this.#credit -= 1
      this.#queued -= part.byteLength
      if (next.offset === next.bytes.byteLength) this.#queue.shift()
      this.#emit(Buffer.concat([header, part]))
    }
  }
}

interface Incoming {
  readonly bytes: Buffer
  received: number
}

/** Puts chunks together again; one record of a session at a time. */
export class BulkReceiver {
  #id = 0
  #incoming: Incoming | undefined

  /** The whole record with its last chunk, undefined before. A new record may have `limit` bytes at most. Throws `bad-frame`. */
  add(chunk: Buffer, limit: number): Buffer | undefined {
    if (chunk.byteLength <= chunkHeader) throw new SaltError('bad-frame', 'a chunk is cut short')
    const id = chunk.readUInt32BE(0)
    const total = chunk.readUInt32BE(4)
    const part = chunk.subarray(chunkHeader)
    if (this.#incoming === undefined) {
      if (total > limit) throw new SaltError('bad-frame', `a record of ${total} bytes; the limit is ${limit}`)
      this.#incoming = { bytes: Buffer.alloc(total), received: 0 }
      this.#id = id
    }
    const { bytes } = this.#incoming
    if (id !== this.#id || total !== bytes.byteLength || chunk.readUInt32BE(8) !== this.#incoming.received) {
      throw new SaltError('bad-frame', 'a chunk does not follow the one before it')
    }
    if (this.#incoming.received + part.byteLength > total)
      throw new SaltError('bad-frame', 'a chunk is longer than its record')
    part.copy(bytes, this.#incoming.received)
    this.#incoming.received += part.byteLength
    if (this.#incoming.received < total) return undefined
    this.#incoming = undefined
    return bytes
  }
}
