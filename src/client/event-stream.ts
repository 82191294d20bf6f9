import { type Clock, systemClock, type Timer } from '../base/clock.ts'
import { asSaltError, type SaltError } from '../base/errors.ts'
import type { BusEvent, BusGap, BusPosition } from '../bus/event.ts'
import { approximateSize } from '../bus/size.ts'
import type { EventHandlers, EventSubscription } from './event-connection.ts'

/** In a stream with gaps: `gap.dropped` events are missing here. */
export interface EventGap {
  readonly gap: BusGap
}

/** Begins a subscription whose events go to the handlers. */
export type BeginSubscription = (handlers: EventHandlers) => Promise<EventSubscription>

export interface EventStreamOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined
  /** Whether gaps are items of the stream. */
  readonly gaps: boolean
  onGap(gap: BusGap): void
  onEnd?(stream: { end(): void }): void
  /** Events that wait for the reader; one beyond is dropped, and the gap is told where it is. */
  readonly maximumWaiting?: number
  /** Bytes of waiting events. */
  readonly maximumBytes?: number
  readonly clock?: Clock
}

interface WaitingItem<Item> {
  readonly item: Item
  readonly size: number
}

interface Taker<Item> {
  take(item: Item | undefined): void
  fail(error: SaltError): void
}

const maximumWaitingDefault = 100_000
const maximumBytesDefault = 64 * 1024 * 1024

/**
 * Events of one subscription, for one reader: an async iterator. It begins at once; `ready` resolves when nothing is missed from then
 * on. Ends by its signal, by `return()`, by the end of a `for await` loop and with its connection; rejects when the daemon ends it.
 */
export class EventStream<Item extends BusEvent | EventGap = BusEvent>
  implements AsyncIterableIterator<Item, undefined>, AsyncDisposable
{
  readonly ready: Promise<void>
  readonly #options: EventStreamOptions
  readonly #waiting = new Set<WaitingItem<Item>>()
  #bytes = 0
  /** Events that did not fit since the last one that did. */
  #dropped = 0
  #lastSeq = 0
  #takers: Taker<Item>[] = []
  #subscription: EventSubscription | undefined
  #hasEnded = false
  #error: SaltError | undefined
  readonly #onAbort = (): void => this.end()

  constructor(begin: BeginSubscription, options: EventStreamOptions) {
    this.#options = options
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.ready = options.signal?.aborted === true ? Promise.resolve(this.end()) : this.#begin(begin)
    // Whoever reads gets the same error.
    this.ready.catch(() => {})
  }

  /** After the last event that was received; undefined until it is ready. Given as `since` it resumes there. */
  get position(): BusPosition | undefined {
    return this.#subscription?.position
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return this.take().then((value) => (value === undefined ? { done: true, value } : { done: false, value }))
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.end()
    this.#waiting.clear()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** The next item; undefined at the end, and after `waitMs` without one. */
  take(waitMs?: number): Promise<Item | undefined> {
    const waiting = this.#shift()
    if (waiting !== undefined) return Promise.resolve(waiting)
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#hasEnded || waitMs === 0) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined
      const taker: Taker<Item> = {
        take(item) {
          timer?.cancel()
          resolve(item)
        },
        fail(error) {
          timer?.cancel()
          reject(error)
        },
      }
      if (waitMs !== undefined) {
        timer = (this.#options.clock ?? systemClock).after(waitMs, () => {
          this.#takers = this.#takers.filter((one) => one !== taker)
          resolve(undefined)
        })
      }
      this.#takers.push(taker)
    })
  }

  /** What was received can still be taken. */
  end(): void {
    this.#finish(undefined)
  }

  async #begin(begin: BeginSubscription): Promise<void> {
    try {
      const subscription = await begin({
        onEvents: (events) => {
          for (const event of events) this.#add(event)
        },
        onGap: (gap) => this.#gap(gap),
        onEnd: (error) => this.#finish(error),
      })
      this.#subscription = subscription
      if (this.#hasEnded) subscription.unsubscribe()
    } catch (error) {
      this.#finish(asSaltError(error))
      throw error
    }
  }

  #add(event: BusEvent): void {
    if (this.#hasEnded) return
    const { maximumWaiting = maximumWaitingDefault, maximumBytes = maximumBytesDefault } = this.#options
    this.#lastSeq = event.seq
    const size = this.#takers.length > 0 ? 0 : event.tag.length + approximateSize(event.data, maximumBytes)
    if (this.#waiting.size > 0 && (this.#waiting.size >= maximumWaiting || this.#bytes + size > maximumBytes)) {
      this.#dropped += 1
      return
    }
    this.#tellDropped()
    this.#put(event as Item, size)
  }

  #gap(gap: BusGap): void {
    if (this.#hasEnded) return
    this.#tellDropped()
    this.#options.onGap(gap)
    if (this.#options.gaps) this.#put({ gap } as Item, 0)
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return
    const gap = { dropped: this.#dropped, seq: this.#lastSeq - 1 }
    this.#dropped = 0
    this.#gap(gap)
  }

  #put(item: Item, size: number): void {
    const taker = this.#takers.shift()
    if (taker !== undefined) return taker.take(item)
    this.#waiting.add({ item, size })
    this.#bytes += size
  }

  #shift(): Item | undefined {
    for (const first of this.#waiting) {
      this.#waiting.delete(first)
      this.#bytes -= first.size
      return first.item
    }
    return undefined
  }

  #finish(error: SaltError | undefined): void {
    if (this.#hasEnded) return
    this.#tellDropped()
    this.#hasEnded = true
    this.#error = error
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#subscription?.unsubscribe()
    this.#options.onEnd?.(this)
    const takers = this.#takers
    this.#takers = []
    for (const taker of takers) {
      if (error === undefined) taker.take(undefined)
      else taker.fail(error)
    }
  }
}
