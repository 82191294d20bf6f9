import { randomBytes } from 'node:crypto'
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
  /** Name of this run of the bus; a random one unless given. */
  readonly instance?: string
}

interface KeptEvent {
  readonly event: BusEvent
  readonly size: number
}

/**
 * Receives batches. Returning false says that it could not take them: they are counted, and told as a gap before the next
 * batch. A receiver that could take again calls `flush` of the bus. One that throws is unsubscribed.
 */
export type EventReceiver = (item: SubscribeItem) => boolean

interface Subscription {
  readonly matches: TagMatcher
  readonly receive: EventReceiver
  pending: KeptEvent[]
  dropped: number
  /** It resumes from before a restart and was not told so yet. */
  isRestarted: boolean
}

/** Where a subscriber left off. */
export interface ResumePoint {
  readonly since: number
  /** Without it `since` is a number of this instance. */
  readonly instance?: string
}

const keptEventsDefault = 10_000
const keptBytesDefault = 8 * 1024 * 1024
const compactAfter = 1024
const longestTag = 1024
const maximumEventSizeDefault = 1024 * 1024
/** Larger batches are cut, so that one does not become a record that takes long to go out. */
const batchBytes = 128 * 1024

/**
 * The event bus inside a daemon: stamps and numbers events, keeps the newest of them, and hands each subscriber its
 * matches once per event-loop tick.
 */
export class EventBus {
  /** Names this run of the bus: its sequence numbers mean nothing in another. */
  readonly instance: string
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
    this.instance = options.instance ?? randomBytes(8).toString('hex')
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

  /**
   * Throws `bad-arguments` for an empty or endless tag. Data that is too large, too deep or not plain is replaced by a marker:
   * whatever is fired can be sent to every subscriber.
   */
  fire(tag: string, data: EventData): BusEvent {
    if (tag === '') throw new SaltError('bad-arguments', 'an event needs a tag')
    if (tag.length > longestTag)
      throw new SaltError('bad-arguments', `the tag of an event is longer than ${longestTag} characters`)
    const size = tag.length + approximateSize(data, this.#maximumEventSize)
    const stamped =
      size > this.#maximumEventSize
        ? { _stamp: stamp(this.#clock.now()), oversized: true, message: 'VALUE_TRIMMED' }
        : { ...data, _stamp: stamp(this.#clock.now()) }
    this.#seq += 1
    const event: BusEvent = { seq: this.#seq, tag, data: stamped }
    const kept = { event, size: Math.min(size, this.#maximumEventSize) }
    this.#keep(kept)
    for (const subscription of this.#subscriptions) {
      if (subscription.matches(tag)) subscription.pending.push(kept)
    }
    this.#planFlush()
    return event
  }

  /**
   * Delivers matching events until `unsubscribe` is called. With `since`, kept events come first; a gap item tells how
   * many are no longer kept, and whether they are events of another instance than the one that it knew.
   */
  subscribe(matches: TagMatcher, receive: EventReceiver, since?: number | ResumePoint): { unsubscribe(): void } {
    const subscription: Subscription = { matches, receive, pending: [], dropped: 0, isRestarted: false }
    if (since !== undefined) this.#replay(subscription, typeof since === 'number' ? { since } : since)
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
    try {
      this.#hand(subscription)
    } catch {
      // Its receiver is broken; the others are not.
      this.#subscriptions.delete(subscription)
    }
  }

  #hand(subscription: Subscription): void {
    if (subscription.dropped > 0 || subscription.isRestarted) {
      const gap = {
        dropped: subscription.dropped,
        seq: (subscription.pending[0]?.event.seq ?? this.#seq + 1) - 1,
        ...(subscription.isRestarted ? { restarted: true as const } : {}),
      }
      if (!subscription.receive({ gap })) return this.#drop(subscription, subscription.pending.length)
      subscription.dropped = 0
      subscription.isRestarted = false
    }
    const { pending } = subscription
    subscription.pending = []
    let from = 0
    while (from < pending.length) {
      const to = endOfBatch(pending, from)
      const events = pending.slice(from, to).map(({ event }) => event)
      if (!subscription.receive({ events })) return this.#drop(subscription, pending.length - from)
      from = to
    }
  }

  #drop(subscription: Subscription, count: number): void {
    subscription.dropped += count
    this.#dropped += count
    subscription.pending = []
  }

  #keep(kept: KeptEvent): void {
    this.#kept.push(kept)
    this.#keptSize += kept.size
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

  /** What is no longer kept counts as dropped for this subscriber; the rest waits like events that are new. */
  #replay(subscription: Subscription, { since, instance = this.instance }: ResumePoint): void {
    const oldest = this.#kept[this.#keptFrom]?.event.seq ?? this.#seq + 1
    // A number from before a restart of the daemon means nothing here.
    subscription.isRestarted = instance !== this.instance
    const after = subscription.isRestarted || since > this.#seq ? 0 : since
    subscription.dropped = Math.max(0, oldest - after - 1)
    for (let index = this.#keptFrom; index < this.#kept.length; index++) {
      const kept = this.#kept[index]
      if (kept !== undefined && kept.event.seq > after && subscription.matches(kept.event.tag)) {
        subscription.pending.push(kept)
      }
    }
    this.#hand(subscription)
  }
}

/** Where the batch that begins at `from` ends: at one event at least. */
function endOfBatch(pending: readonly KeptEvent[], from: number): number {
  let size = 0
  let to = from
  while (to < pending.length) {
    size += pending[to]?.size ?? 0
    if (to > from && size > batchBytes) break
    to += 1
  }
  return to
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
