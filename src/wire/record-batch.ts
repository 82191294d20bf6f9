import { SaltError } from '../base/errors.ts'

const lengthSize = 4

/** The records of one data frame: each with its length in front, as 32 bits. */
export class RecordBatch {
  #parts: Buffer[] = []
  #size = 0

  /** Bytes of the frame's body so far. */
  get size(): number {
    return this.#size
  }

  add(record: Buffer): void {
    const length = Buffer.allocUnsafe(lengthSize)
    length.writeUInt32BE(record.byteLength)
    this.#parts.push(length, record)
    this.#size += lengthSize + record.byteLength
  }

  /** The body, and an empty batch afterwards. */
  take(): Buffer {
    const body = Buffer.concat(this.#parts, this.#size)
    this.clear()
    return body
  }

  clear(): void {
    this.#parts = []
    this.#size = 0
  }
}

/** The packed records of a body, one after the other. Throws `bad-frame` at the one that is cut short. */
export function* recordsIn(body: Buffer): Generator<Buffer, void> {
  let position = 0
  while (position < body.byteLength) {
    if (position + lengthSize > body.byteLength) throw new SaltError('bad-frame', 'a record is cut short')
    const end = position + lengthSize + body.readUInt32BE(position)
    if (end > body.byteLength) throw new SaltError('bad-frame', 'a record is cut short')
    yield body.subarray(position + lengthSize, end)
    position = end
  }
}
