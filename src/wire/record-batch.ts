import { SaltError } from '../base/errors.ts'

const lengthSize = 4
/** Smaller parts are put together: each one that goes out costs a call of its own. */
const ownPart = 4096

/** The records of one data frame: each with its length in front, as 32 bits. */
export class RecordBatch {
  #parts: Uint8Array[] = []
  /** Parts that are to become one. */
  #small: Uint8Array[] = []
  #size = 0

  /** Bytes of the frame's body so far. */
  get size(): number {
    return this.#size
  }

  /** `size`: bytes of all parts of the record. */
  add(record: readonly Uint8Array[], size: number): void {
    const length = Buffer.allocUnsafe(lengthSize)
    length.writeUInt32BE(size)
    this.#small.push(length)
    for (const part of record) {
      if (part.byteLength < ownPart) this.#small.push(part)
      else {
        this.#joinSmall()
        this.#parts.push(part)
      }
    }
    this.#size += lengthSize + size
  }

  /** The parts of the body; the batch is empty afterwards. */
  take(): readonly Uint8Array[] {
    this.#joinSmall()
    const parts = this.#parts
    this.clear()
    return parts
  }

  clear(): void {
    this.#parts = []
    this.#small = []
    this.#size = 0
  }

  #joinSmall(): void {
    if (this.#small.length > 0) this.#parts.push(Buffer.concat(this.#small))
    this.#small = []
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
