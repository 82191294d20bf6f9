import type { Clock } from '../base/clock.ts'
import { SaltError } from '../base/errors.ts'
import type { BusEvent, EventData, SubscribeItem } from './event.ts'
import { approximateSize } from './size.ts'
import type { TagMatcher } from './tag-match.ts'

export interface EventBusOptions {
  readonly clock: Clock
  /** Larger event data is replaced by a marker (Salt's `max_event_size`). Bytes. */
  readonly maximumEventSize?: number
  /** Events kept for subscribers that resume. */
  readonly keptEvents?: number
  /** Bytes of kept events. */
  readonly keptBytes?: number
}

interface KeptEvent {
  readonly event: BusEvent
  readonly size: number
}

/** Receives batches. Returning false says that it could not take them; they are then counted and told as a gap. */
export type EventReceiver = (item: SubscribeItem) => boolean

interface Subscription {
  readonly matches: TagMatcher
  readonly receive: EventReceiver
  pending: BusEvent[]
  dropped: number
}

const keptEventsDefault = 10_000
const keptBytesDefault = 8 * 1024 * 1024
const compactAfter = 1024
const maximumEventSizeDefault = 1024 * 1024

/**
 * The event bus inside a daemon: stamps and numbers events, keeps the newest of them, and hands each subscriber its
 * matches once per event-loop tick.
 */
export class EventBus {
  readonly #clock: Clock
  readonly #maximumEventSize: number
  readonly #keptEvents: number
  readonly #keptBytes: number
  readonly #subscriptions = new Set<Subscription>()
  #kept: KeptEvent[] = []
  #keptFrom = 0
  #keptSize = 0
  #seq = 0
  #dropped = 0
  #flushPlanned = false

  constructor(options: EventBusOptions) {
    this.#clock = options.clock
    this.#maximumEventSize = options.maximumEventSize ?? maximumEventSizeDefault
    this.#keptEvents = options.keptEvents ?? keptEventsDefault
    this.#keptBytes = options.keptBytes ?? keptBytesDefault
  }

  /** Sequence number of the newest event. */
  get seq(): number {
    return this.#seq
  }

  /** Events that subscribers could not take, since the start. */
  get dropped(): number {
    return this.#dropped
  }

  /** Throws `bad-arguments` for an empty tag. */
  fire(tag: string, data: EventData): BusEvent {
    if (tag === '') throw new SaltError('bad-arguments', 'an event needs a tag')
    const size = approximateSize(data, this.#maximumEventSize)
    const stamped =
      size > this.#maximumEventSize
        ? { _stamp: stamp(this.#clock.now()), oversized: true, message: 'VALUE_TRIMMED' }
        : { ...data, _stamp: stamp(this.#clock.now()) }
    this.#seq += 1
    const event: BusEvent = { seq: this.#seq, tag, data: stamped }
    this.#keep(event, Math.min(size, this.#maximumEventSize))
    for (const subscription of this.#subscriptions) {
      if (subscription.matches(tag)) subscription.pending.push(event)
    }
    this.#planFlush()
    return event
  }

  /**
   * Delivers matching events until `unsubscribe` is called. With `since`, kept events come first; a gap item tells how
   * many are no longer kept.
   */
  subscribe(matches: TagMatcher, receive: EventReceiver, since?: number): { unsubscribe(): void } {
    const subscription: Subscription = { matches, receive, pending: [], dropped: 0 }
    if (since !== undefined) this.#replay(subscription, since)
    this.#subscriptions.add(subscription)
    return { unsubscribe: () => this.#subscriptions.delete(subscription) }
  }

  /** Delivers what waits for the end of the tick now. */
  flush(): void {
    this.#flushPlanned = false
    for (const subscription of this.#subscriptions) this.#deliver(subscription)
  }

  #planFlush(): void {
    if (this.#flushPlanned || this.#subscriptions.size === 0) return
    this.#flushPlanned = true
    setImmediate(() => this.flush())
  }

  #deliver(subscription: Subscription): void {
    if (subscription.dropped > 0) {
      const gap = { dropped: subscription.dropped, seq: (subscription.pending[0]?.seq ?? this.#seq + 1) - 1 }
      if (!subscription.receive({ gap })) return this.#drop(subscription)
      subscription.dropped = 0
    }
    if (subscription.pending.length === 0) return
    const events = subscription.pending
    subscription.pending = []
    if (!subscription.receive({ events })) {
      subscription.dropped += events.length
      this.#dropped += events.length
    }
  }

  #drop(subscription: Subscription): void {
    subscription.dropped += subscription.pending.length
    this.#dropped += subscription.pending.length
    subscription.pending = []
  }

  #keep(event: BusEvent, size: number): void {
    this.#kept.push({ event, size })
    this.#keptSize += size
    while (this.#kept.length - this.#keptFrom > this.#keptEvents || this.#keptSize > this.#keptBytes) {
      this.#keptSize -= this.#kept[this.#keptFrom]?.size ?? 0
      this.#keptFrom += 1
    }
    // Dropping the front in one go now and then keeps this at constant cost.
    if (this.#keptFrom > compactAfter) {
      this.#kept = this.#kept.slice(this.#keptFrom)
      this.#keptFrom = 0
    }
  }

  #replay(subscription: Subscription, since: number): void {
    const oldest = this.#kept[this.#keptFrom]?.event.seq ?? this.#seq + 1
    if (since > this.#seq) since = 0
    if (oldest > since + 1) subscription.receive({ gap: { dropped: oldest - since - 1, seq: oldest - 1 } })
    const events: BusEvent[] = []
    for (let index = this.#keptFrom; index < this.#kept.length; index++) {
      const event = this.#kept[index]?.event
      if (event !== undefined && event.seq > since && subscription.matches(event.tag)) events.push(event)
    }
    if (events.length > 0) subscription.receive({ events })
  }
}

let stampedMs = 0
let stampedText = ''

/** Salt's `_stamp`: microseconds are padded, a clock of milliseconds knows no better. */
function stamp(nowMs: number): string {
  if (nowMs !== stampedMs) {
    stampedMs = nowMs
    stampedText = `${new Date(nowMs).toISOString().slice(0, -1)}000`
  }
  return stampedText
}
