import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { SaltError } from '../base/errors.ts'
import { pack } from '../base/msgpack.ts'
import { asRecord } from '../base/narrow.ts'
import type { BusGap, EventData } from './event.ts'
import { EventBatch } from './event-batch.ts'
import { EventLog, PendingBatch, packStamp } from './event-log.ts'
import type { DataFor, TypedEvent } from './event-types.ts'
import { eventFields, packedEventsIn, packedPairsIn } from './packed-events.ts'
import type { TagMatcher } from './tag-match.ts'
import { compileTagPattern } from './tag-pattern.ts'
import { nothingLeft, packTrimmed } from './trim.ts'

export interface EventBusOptions {
  readonly clock: Clock
  /** Largest data of an event (Salt's `max_event_size`). Bytes. */
  readonly maximumEventSize?: number
  /** Events kept for subscribers that resume. */
  readonly keptEvents?: number
  /** Bytes of kept events. */
  readonly keptBytes?: number
  /** Name of this run of the bus; a random one unless given. */
  readonly instance?: string
}

/** What a subscriber gets: events, or how many it did not get. */
export type Delivery = EventBatch | { readonly gap: BusGap }

/**
 * Receives batches. Returning false says that it could not take them: they are counted, and told as a gap before the next
 * batch. A receiver that could take again calls `flush` of the bus. One that throws is unsubscribed.
 */
export type EventReceiver = (item: Delivery) => boolean

/** Where a subscriber left off. */
export interface ResumePoint {
  readonly since: number
  /** Without it `since` is a number of this instance. */
  readonly instance?: string
}

export interface BusSubscription {
  unsubscribe(): void
}

interface Subscriber {
  readonly receive: EventReceiver
  dropped: number
  /** It resumes from before a restart and was not told so yet. */
  isRestarted: boolean
}

/** Subscribers with the same matcher: what they get is put together once. */
interface Group {
  readonly matches: TagMatcher
  readonly subscribers: Set<Subscriber>
  pending: PendingBatch[]
}

const keptEventsDefault = 10_000
const keptBytesDefault = 8 * 1024 * 1024
const longestTag = 1024
const maximumEventSizeDefault = 1024 * 1024
/** Larger batches are cut, so that one does not become a record that takes long to go out. */
const batchBytes = 192 * 1024
/** Events that come in a row are delivered together, at the end of a turn of the event loop; one alone at once. */
const inRowMs = 1

/**
 * The event bus inside a daemon: stamps and numbers events, keeps the newest of them, and hands each subscriber its matches in batches.
 */
export class EventBus {
  /** Names this run of the bus: its sequence numbers mean nothing in another. */
  readonly instance: string
  readonly #clock: Clock
  readonly #maximumEventSize: number
  /** What an event causes is no part of the call that fired it. */
  readonly #apart = AsyncLocalStorage.snapshot()
  readonly #log: EventLog
  readonly #groups = new Map<TagMatcher, Group>()
  #dropped = 0
  /** Bytes that were fired since the last delivery. */
  #waitingBytes = 0
  #isFlushPlanned = false
  #isFlushing = false
  #flushedAt = Number.NEGATIVE_INFINITY
  #lastTag = ''
  /** The groups of the last tag: events of one tag come in rows. */
  #lastGroups: readonly Group[] | undefined
  #stampedMs = Number.NaN
  #stamp: Uint8Array = new Uint8Array()

  constructor(options: EventBusOptions) {
    this.instance = options.instance ?? randomBytes(8).toString('hex')
    this.#clock = options.clock
    this.#maximumEventSize = options.maximumEventSize ?? maximumEventSizeDefault
    this.#log = new EventLog({
      keptEvents: options.keptEvents ?? keptEventsDefault,
      keptBytes: options.keptBytes ?? keptBytesDefault,
    })
  }

  /** Sequence number of the newest event. */
  get seq(): number {
    return this.#log.seq
  }

  /** Events that subscribers could not take, since the start. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * Fires an event of this program, and answers its number. Throws `bad-arguments` for a tag that cannot be. Values that are too large, too
   * deep or not plain are replaced by a marker: what a daemon has to tell is told.
   */
  fire<const Tag extends string>(tag: Tag, data: DataFor<Tag>): number {
    assertTag(tag)
    const seq = this.#append(tag, packTrimmed(withoutStamp(data), this.#maximumEventSize))
    return seq ?? this.fire(tag, nothingLeft as DataFor<Tag>)
  }

  /** Fires an event of somebody else. Throws `bad-arguments` for a tag or data that cannot be. */
  accept(tag: unknown, data: unknown): number {
    assertTag(tag)
    const packed = pack(withoutStamp(asRecord(data, 'the data of an event')))
    if (packed.byteLength > this.#maximumEventSize) {
      throw new SaltError(
        'bad-arguments',
        `the data of the event has ${packed.byteLength} bytes, more than the ${this.#maximumEventSize} of max_event_size`,
      )
    }
    const seq = this.#append(tag, packed)
    if (seq === undefined)
      throw new SaltError(
        'bad-arguments',
        'the data of the event holds too many lists and mappings, or a forbidden key',
      )
    return seq
  }

  /**
   * Fires events that are packed already, as far as they need not be looked at: how many there were. Undefined, and nothing was fired,
   * where that is not so; `accept` takes such ones, or says what is wrong with them.
   */
  acceptPacked(list: Buffer): number | undefined {
    const events = packedEventsIn(list, longestTag, this.#maximumEventSize)
    if (events === undefined) return undefined
    const stamp = this.#stampNow()
    const { count, places } = events
    for (let at = 0; at < count * eventFields; at += eventFields) {
      const from = places[at] ?? 0
      const to = places[at + 1] ?? 0
      const dataFrom = places[at + 3] ?? 0
      const dataTo = places[at + 4] ?? 0
      const tag = this.#tagOf(list, from, to)
      this.#makeRoom(dataTo - dataFrom)
      this.#log.append(list, from, to, places[at + 2] ?? 0, dataFrom, dataTo, stamp)
      this.#appended(tag)
    }
    return count
  }

  /**
   * Delivers events from now on, until `unsubscribe` is called:
   * - to a pattern, one by one, with the parts of their tags: `subscribe('salt/job/:jid/ret/:id', ({ parts, data }) => …)`;
   * - to a matcher, in batches. With `since`, kept events come first; a gap tells how many are no longer kept, and whether they are
   *   events of another instance than the one that was known.
   */
  subscribe<const Pattern extends string>(
    pattern: Pattern,
    handle: (event: TypedEvent<Pattern>) => void,
  ): BusSubscription
  subscribe(matches: TagMatcher, receive: EventReceiver, since?: number | ResumePoint): BusSubscription
  subscribe(
    what: string | TagMatcher,
    receive: EventReceiver | ((event: TypedEvent<string>) => void),
    since?: number | ResumePoint,
  ): BusSubscription {
    if (typeof what === 'string') {
      return this.#subscribePattern(what, receive as (event: TypedEvent<string>) => void)
    }
    // What was fired before is nothing that a new subscriber has missed.
    this.flush()
    const subscriber: Subscriber = { receive: receive as EventReceiver, dropped: 0, isRestarted: false }
    if (since !== undefined) this.#replay(subscriber, what, typeof since === 'number' ? { since } : since)
    return this.#add(subscriber, what)
  }

  /** Delivers what waits for the end of the turn now. */
  flush(): void {
    // A receiver that fires in its turn waits for the next delivery: all others of its group come first.
    if (this.#isFlushing) return
    this.#isFlushing = true
    this.#waitingBytes = 0
    this.#apart(() => {
      for (const group of this.#groups.values()) this.#deliver(group)
    })
    this.#log.forget()
    this.#isFlushing = false
    this.#flushedAt = this.#clock.monotonic()
  }

  #subscribePattern(pattern: string, handle: (event: TypedEvent<string>) => void): BusSubscription {
    const { matches, partsOf } = compileTagPattern(pattern)
    return this.subscribe(matches, (item) => {
      if ('gap' in item) return true
      for (const event of item.events) {
        const parts = partsOf(event.tag) ?? {}
        handle({ ...event, parts, data: event.data as EventData & { readonly _stamp: string } })
      }
      return true
    })
  }

  #add(subscriber: Subscriber, matches: TagMatcher): BusSubscription {
    const group = this.#groups.get(matches) ?? { matches, subscribers: new Set(), pending: [] }
    group.subscribers.add(subscriber)
    this.#groups.set(matches, group)
    this.#lastGroups = undefined
    return { unsubscribe: () => this.#remove(group, subscriber) }
  }

  #remove(group: Group, subscriber: Subscriber): void {
    group.subscribers.delete(subscriber)
    if (group.subscribers.size === 0 && this.#groups.get(group.matches) === group) this.#groups.delete(group.matches)
    this.#lastGroups = undefined
  }

  /** Undefined: not appended, there is too much in it. */
  #append(tag: string, packed: Buffer): number | undefined {
    const source = Buffer.concat([Buffer.from(tag), packed])
    const tagBytes = source.byteLength - packed.byteLength
    const pairs = packedPairsIn(source, tagBytes)
    if (pairs === undefined) return undefined
    this.#makeRoom(packed.byteLength)
    this.#log.append(source, 0, tagBytes, pairs.count, pairs.from, pairs.to, this.#stampNow())
    this.#appended(tag)
    return this.seq
  }

  /** Delivers before one record would become too large, and before the log lets go of what waits. */
  #makeRoom(size: number): void {
    if (this.#waitingBytes > 0 && this.#waitingBytes + size > batchBytes) this.flush()
  }

  #appended(tag: string): void {
    const size = this.#log.lastBytes
    this.#waitingBytes += size
    for (const group of this.#groupsOf(tag)) {
      let batch = group.pending.at(-1)
      if (batch === undefined || batch.bytes + size > batchBytes) {
        batch = new PendingBatch()
        group.pending.push(batch)
      }
      this.#log.addLastTo(batch)
    }
    this.#planFlush()
  }

  #groupsOf(tag: string): readonly Group[] {
    if (this.#lastGroups === undefined || tag !== this.#lastTag) {
      this.#lastTag = tag
      this.#lastGroups = [...this.#groups.values()].filter((group) => group.matches(tag))
    }
    return this.#lastGroups
  }

  /** The text of a tag; of the last one again where the bytes are the same. */
  #tagOf(bytes: Buffer, from: number, to: number): string {
    const last = this.#lastTag
    if (last.length === to - from) {
      let index = 0
      while (index < last.length && last.charCodeAt(index) === bytes[from + index]) index += 1
      if (index === last.length) return last
    }
    return bytes.toString('utf8', from, to)
  }

  #planFlush(): void {
    if (this.#isFlushPlanned || this.#groups.size === 0) return
    this.#isFlushPlanned = true
    const flush = (): void => {
      this.#isFlushPlanned = false
      this.flush()
    }
    if (this.#clock.monotonic() - this.#flushedAt < inRowMs) setImmediate(flush)
    else queueMicrotask(flush)
  }

  #deliver(group: Group): void {
    const { pending } = group
    if (pending.length > 0) group.pending = []
    const batches = group.subscribers.size === 0 ? [] : pending.map((batch) => new EventBatch(batch.build(), batch))
    for (const subscriber of [...group.subscribers]) {
      try {
        this.#hand(subscriber, batches)
      } catch {
        // Its receiver is broken; the others are not.
        this.#remove(group, subscriber)
      }
    }
  }

  #hand(subscriber: Subscriber, batches: readonly EventBatch[]): void {
    if (subscriber.dropped > 0 || subscriber.isRestarted) {
      const gap = {
        dropped: subscriber.dropped,
        seq: (batches[0]?.firstSeq ?? this.seq + 1) - 1,
        ...(subscriber.isRestarted ? { restarted: true as const } : {}),
      }
      if (!subscriber.receive({ gap })) return this.#drop(subscriber, batches)
      subscriber.dropped = 0
      subscriber.isRestarted = false
    }
    for (const [index, batch] of batches.entries()) {
      if (!subscriber.receive(batch)) return this.#drop(subscriber, batches.slice(index))
    }
  }

  #drop(subscriber: Subscriber, batches: readonly EventBatch[]): void {
    const count = batches.reduce((sum, batch) => sum + batch.count, 0)
    subscriber.dropped += count
    this.#dropped += count
  }

  /** What is no longer kept counts as dropped for this subscriber. */
  #replay(subscriber: Subscriber, matches: TagMatcher, { since, instance = this.instance }: ResumePoint): void {
    // A number that was not given yet is one from before a restart, whatever is said of its instance.
    subscriber.isRestarted = instance !== this.instance || since > this.seq
    const after = subscriber.isRestarted ? 0 : since
    subscriber.dropped = Math.max(0, this.#log.oldest - after - 1)
    const batches: EventBatch[] = []
    for (const batch of this.#log.batchesAfter(after, matches, batchBytes)) {
      batches.push(new EventBatch(batch.build(), batch))
    }
    this.#hand(subscriber, batches)
  }

  /** Salt's `_stamp`: microseconds are padded, a clock of milliseconds knows no better. */
  #stampNow(): Uint8Array {
    const nowMs = this.#clock.now()
    if (nowMs !== this.#stampedMs) {
      this.#stampedMs = nowMs
      this.#stamp = packStamp(`${new Date(nowMs).toISOString().slice(0, -1)}000`)
    }
    return this.#stamp
  }
}

function assertTag(tag: unknown): asserts tag is string {
  if (typeof tag !== 'string' || tag === '') throw new SaltError('bad-arguments', 'an event needs a tag')
  if (tag.length > longestTag)
    throw new SaltError('bad-arguments', `the tag of an event is longer than ${longestTag} characters`)
  if (tag.includes('\n')) throw new SaltError('bad-arguments', 'the tag of an event has more than one line')
}

/** The stamp of a bus is its own, whatever was there. */
function withoutStamp(data: EventData): EventData {
  if (!Object.hasOwn(data, '_stamp')) return data
  const { _stamp, ...rest } = data
  return rest
}
