import { asSaltError, SaltError } from '../base/errors.ts'
import { maximumDepth, type Packed, PackedList } from '../base/msgpack.ts'
import type { EventData, FireResult } from '../bus/event.ts'

/** Sends a packed list of events (`{tag, data}` each) in one call. */
export type SendEvents = (events: Packed) => Promise<FireResult>

/** Events that travel in one record. */
interface Batch {
  readonly events: Packed
  readonly count: number
  readonly size: number
  readonly settled: PromiseWithResolvers<FireResult>
}

/** A batch ends at this size: larger records are slower, and are overtaken by later ones. Bytes. */
const batchBytes = 128 * 1024
/** Each of them waits for its turn in the daemon, and the next ones are there then. */
const mostBatches = 16
/** Events that were given to `fire` and not confirmed: beyond, `fire` rejects. */
const mostUnconfirmed = 100_000
const mostUnconfirmedBytes = 32 * 1024 * 1024

/**
 * Events on their way to a bus: those of one moment share a record, a few records are on the way at a time, and what is fired meanwhile waits
 * for its turn. Keeps their order. While there is no connection they wait for the next one.
 */
export class FireOutbox {
  /** The events of the batch that is being filled. */
  readonly #list = new PackedList()
  #listed = newResult()
  /** Full batches. */
  #ready: Batch[] = []
  #unconfirmed = 0
  #unconfirmedBytes = 0
  #onTheWay = 0
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
    const refusal = this.#put(tag, data)
    if (refusal !== undefined) return Promise.reject(refusal)
    const index = this.#list.count - 1
    const { promise } = this.#listed
    if (this.#list.size >= batchBytes) this.#endBatch()
    this.#planPump()
    return promise.then(({ refused }) => {
      if (refused.length > 0) throwRefusal(refused, index)
    })
  }

  /** Answers why it does not. */
  #put(tag: string, data: EventData): SaltError | undefined {
    if (this.#end !== undefined) return this.#end
    if (this.#unconfirmed >= mostUnconfirmed || this.#unconfirmedBytes + this.#list.size > mostUnconfirmedBytes) {
      return new SaltError('overloaded', `${this.#unconfirmed} events wait for the bus to take them`, {
        hint: 'Wait for what `fire` returns before firing more.',
      })
    }
    try {
      this.#list.add({ tag, data }, maximumDepth + 1)
    } catch (error) {
      return asSaltError(error)
    }
    this.#unconfirmed += 1
    return undefined
  }

  /** Rejects what is not sent yet, and all that is added later. */
  close(error: SaltError): void {
    this.#end = error
    this.#send = undefined
    this.#endBatch()
    for (const batch of this.#ready.splice(0)) batch.settled.reject(error)
  }

  #endBatch(): void {
    const { count, size } = this.#list
    if (count === 0) return
    this.#ready.push({ events: this.#list.take(), count, size, settled: this.#listed })
    this.#listed = newResult()
    this.#unconfirmedBytes += size
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
    while (this.#send !== undefined && this.#onTheWay < mostBatches && !this.#isLargeOnTheWay) {
      if (this.#ready.length === 0) this.#endBatch()
      const batch = this.#ready.shift()
      if (batch === undefined) return
      void this.#sendBatch(this.#send, batch)
    }
  }

  async #sendBatch(send: SendEvents, batch: Batch): Promise<void> {
    // What is larger goes in pieces, and small records overtake it.
    const isLarge = batch.size > batchBytes
    this.#onTheWay += 1
    if (isLarge) this.#isLargeOnTheWay = true
    try {
      batch.settled.resolve(await send(batch.events))
    } catch (error) {
      batch.settled.reject(asSaltError(error))
    }
    this.#onTheWay -= 1
    if (isLarge) this.#isLargeOnTheWay = false
    this.#unconfirmed -= batch.count
    this.#unconfirmedBytes -= batch.size
    this.#pump()
  }
}

function throwRefusal(refused: FireResult['refused'], index: number): void {
  const refusal = refused.find((one) => one.index === index)
  if (refusal !== undefined) throw SaltError.fromRecord(refusal.error)
}

function newResult(): PromiseWithResolvers<FireResult> {
  return Promise.withResolvers()
}
