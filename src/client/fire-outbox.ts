import { asSaltError, SaltError } from '../base/errors.ts'
import { maximumDepth, Packed, pack } from '../base/msgpack.ts'
import type { EventData, FireResult } from '../bus/event.ts'

/** Sends packed events (`{tag, data}` each) in one call. */
export type SendEvents = (events: readonly Packed[]) => Promise<FireResult>

interface WaitingEvent {
  readonly packed: Packed
  resolve(): void
  reject(error: SaltError): void
}

/** A batch ends at this size: larger records are slower, and are overtaken by later ones. Bytes. */
const batchBytes = 128 * 1024
const mostBatches = 4
/** Events that were given to `fire` and not confirmed: beyond, `fire` rejects. */
const mostUnconfirmed = 100_000
const mostUnconfirmedBytes = 32 * 1024 * 1024

/**
 * Events on their way to a bus: those of one moment share a record, a few records are on the way at a time, and what is fired meanwhile waits
 * for its turn. Keeps their order. While there is no connection they wait for the next one.
 */
export class FireOutbox {
  #waiting: WaitingEvent[] = []
  #unconfirmed = 0
  #unconfirmedBytes = 0
  #batches = 0
  #isLargeOnTheWay = false
  #isPumpPlanned = false
  #send: SendEvents | undefined
  #end: SaltError | undefined

  /** Sends by this from now on; undefined: keeps what is not sent yet. */
  use(send: SendEvents | undefined): void {
    this.#send = send
    this.#pump()
  }

  /**
   * Resolves when the bus has taken the event. Rejects with `bad-arguments` for what cannot be an event, `overloaded` when too many
   * wait, `session-closed` when the connection was lost before the answer: the event may have been fired then.
   */
  add(tag: string, data: EventData): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    let packed: Packed
    try {
      packed = new Packed(pack({ tag, data }, maximumDepth + 1))
    } catch (error) {
      return Promise.reject(asSaltError(error))
    }
    const size = packed.bytes.byteLength
    if (this.#unconfirmed >= mostUnconfirmed || this.#unconfirmedBytes + size > mostUnconfirmedBytes) {
      return Promise.reject(
        new SaltError('overloaded', `${this.#unconfirmed} events wait for the bus to take them`, {
          hint: 'Wait for what `fire` returns before firing more.',
        }),
      )
    }
    this.#unconfirmed += 1
    this.#unconfirmedBytes += size
    return new Promise((resolve, reject) => {
      this.#waiting.push({ packed, resolve, reject })
      this.#planPump()
    })
  }

  /** Rejects what is not sent yet, and all that is added later. */
  close(error: SaltError): void {
    this.#end = error
    this.#send = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const event of waiting) event.reject(error)
  }

  #planPump(): void {
    if (this.#isPumpPlanned) return
    this.#isPumpPlanned = true
    queueMicrotask(() => {
      this.#isPumpPlanned = false
      this.#pump()
    })
  }

  #pump(): void {
    while (
      this.#send !== undefined &&
      this.#waiting.length > 0 &&
      this.#batches < mostBatches &&
      !this.#isLargeOnTheWay
    ) {
      void this.#sendBatch(this.#send, this.#nextBatch())
    }
  }

  #nextBatch(): readonly WaitingEvent[] {
    let size = 0
    let count = 0
    for (const { packed } of this.#waiting) {
      size += packed.bytes.byteLength
      if (count > 0 && size > batchBytes) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  async #sendBatch(send: SendEvents, batch: readonly WaitingEvent[]): Promise<void> {
    const size = batch.reduce((sum, { packed }) => sum + packed.bytes.byteLength, 0)
    const isLarge = size > batchBytes
    this.#batches += 1
    if (isLarge) this.#isLargeOnTheWay = true
    try {
      const { refused } = await send(batch.map(({ packed }) => packed))
      for (const { index, error } of refused) batch[index]?.reject(SaltError.fromRecord(error))
      for (const event of batch) event.resolve()
    } catch (error) {
      for (const event of batch) event.reject(asSaltError(error))
    }
    this.#batches -= 1
    if (isLarge) this.#isLargeOnTheWay = false
    this.#unconfirmed -= batch.length
    this.#unconfirmedBytes -= size
    this.#pump()
  }
}
