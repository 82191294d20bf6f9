/**
 * A lasting connection to the event bus of a daemon on this host, for programs that listen and fire. It comes back after the
 * daemon was restarted, and each subscription goes on where it was: nothing is missing without a gap that says so.
 *
 * ```ts
 * await using events = await EventConnection.open({ connect: () => connectMasterBus({ sockDir }) })
 * const subscription = await events.subscribe(
 *   { pattern: 'salt/job/', match: 'startswith' },
 *   {
 *     onEvents: (batch) => { for (const { tag, data } of batch) … },
 *     onGap: ({ dropped, restarted }) => …,
 *   },
 * )
 * await events.fire('my/tag', { some: 'data' })
 * subscription.unsubscribe()
 * ```
 *
 * - `open` rejects as `connect` does when the daemon does not answer; with `waitForDaemon` it tries until it does.
 * - `subscribe` resolves when the subscription is active: what is fired from then on arrives. To resume later, in another process even,
 *   keep `subscription.position` and give it as `{ ...request, since: seq, instance }`.
 * - `fire` resolves when the daemon has taken the event; those of one moment travel together. While the connection is away it waits, at
 *   most 100,000 events or 32 MiB; events that were on their way when it broke reject with `session-closed` and may have been fired.
 *   A promise of `fire` that nobody looks at ends the process when it rejects, as any other.
 * - Events are handed over in batches as they come; a listener that cannot keep up has to bound what it keeps of them.
 */
import { type Clock, systemClock, type Timer } from '../base/clock.ts'
import { asSaltError, type ErrorCode, SaltError } from '../base/errors.ts'
import type {
  BusEvent,
  BusGap,
  BusPosition,
  EventData,
  NewEvent,
  SubscribeItem,
  SubscribeRequest,
} from '../bus/event.ts'
import type { TypedEvent } from '../bus/event-types.ts'
import { compileTagPattern } from '../bus/tag-pattern.ts'
import { Backoff, type BackoffOptions } from '../wire/backoff.ts'
import type { BusMethods } from './api.ts'
import { FireOutbox } from './fire-outbox.ts'
import type { BusConnection } from './master-bus.ts'

export type EventConnectionState =
  | { readonly kind: 'connected' }
  /** The connection was lost, or an attempt failed with this; the next one is made after `retryInMs`. */
  | { readonly kind: 'waiting'; readonly error: SaltError; readonly retryInMs: number }
  | { readonly kind: 'closed' }

export interface EventConnectionOptions {
  /** Makes one attempt: `() => connectMasterBus({ sockDir })`, `() => connectMinionBus({ sockDir, id })`. */
  connect(): Promise<BusConnection<BusMethods>>
  readonly clock?: Clock
  /** Milliseconds between attempts; 50 to 2000 unless given. */
  readonly reconnect?: BackoffOptions
  /** Try until the daemon answers, instead of rejecting when the first attempt fails. */
  readonly waitForDaemon?: boolean
  /** Ends the waiting of `open`. */
  readonly signal?: AbortSignal
  onState?(state: EventConnectionState): void
}

export interface EventHandlers<Event extends BusEvent = BusEvent> {
  onEvents(events: readonly Event[]): void
  /** Events are missing before the next ones. */
  onGap?(gap: BusGap): void
  /** The daemon has ended the subscription, or a handler has thrown. Not called after `unsubscribe` and `close`. */
  onEnd?(error: SaltError): void
}

export interface EventSubscription {
  /** After the last event that was handed over. */
  readonly position: BusPosition
  unsubscribe(): void
}

const reconnectDefault: BackoffOptions = { minimumMs: 50, maximumMs: 2000 }
/** What no waiting mends. */
const lasting: ReadonlySet<ErrorCode> = new Set(['key-permissions', 'usage', 'configuration'])

export class EventConnection implements AsyncDisposable {
  readonly #options: EventConnectionOptions
  readonly #clock: Clock
  readonly #backoff: Backoff
  readonly #outbox = new FireOutbox()
  readonly #subscriptions = new Set<Subscription>()
  #link: BusConnection<BusMethods> | undefined
  #isClosed = false
  #timer: Timer | undefined
  readonly #opened = Promise.withResolvers<void>()
  #wasOpened = false

  private constructor(options: EventConnectionOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#backoff = new Backoff(options.reconnect ?? reconnectDefault)
  }

  /** Rejects with the error of `connect`; with `waitForDaemon` only where waiting does not help, and with `cancelled`. */
  static async open(options: EventConnectionOptions): Promise<EventConnection> {
    const connection = new EventConnection(options)
    const giveUp = (): void =>
      connection.#opened.reject(new SaltError('cancelled', 'nobody waits for the bus any more'))
    options.signal?.addEventListener('abort', giveUp, { once: true })
    try {
      if (options.signal?.aborted) giveUp()
      else void connection.#attempt(options.waitForDaemon !== true)
      await connection.#opened.promise
      return connection
    } catch (error) {
      await connection.close()
      throw error
    } finally {
      options.signal?.removeEventListener('abort', giveUp)
    }
  }

  get isConnected(): boolean {
    return this.#link !== undefined
  }

  /**
   * Resolves when it is active. Rejects with `usage` for a pattern that cannot be. With `match: 'parts'` events have the `parts` of their
   * tags, and those of known patterns are typed: `{ pattern: 'salt/job/:jid/ret/:id', match: 'parts' }`.
   */
  subscribe<const Pattern extends string>(
    request: SubscribeRequest & { readonly pattern: Pattern; readonly match: 'parts' },
    handlers: EventHandlers<TypedEvent<Pattern>>,
  ): Promise<EventSubscription>
  subscribe(request: SubscribeRequest, handlers: EventHandlers): Promise<EventSubscription>
  async subscribe(request: SubscribeRequest, handlers: EventHandlers<never>): Promise<EventSubscription> {
    if (this.#isClosed) throw closedError()
    const shaped = request.match === 'parts' ? withParts(request.pattern, handlers) : handlers
    const subscription = new Subscription(request, shaped, () => this.#subscriptions.delete(subscription))
    this.#subscriptions.add(subscription)
    if (this.#link !== undefined) subscription.attach(this.#link)
    await subscription.active
    return subscription
  }

  /**
   * Resolves when the bus has the event. Rejects with `bad-arguments` for a tag or data that cannot be, `overloaded` when too many wait,
   * `session-closed` when the connection broke meanwhile.
   */
  fire(tag: string, data: EventData = {}): Promise<void> {
    return this.#outbox.add(tag, data)
  }

  /** Ends all subscriptions, and rejects what is not fired yet. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timer?.cancel()
    this.#outbox.close(closedError())
    for (const subscription of [...this.#subscriptions]) subscription.abandon(closedError())
    const link = this.#link
    this.#link = undefined
    await link?.[Symbol.asyncDispose]()
    this.#options.onState?.({ kind: 'closed' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #attempt(isOnlyOne = false): Promise<void> {
    let link: BusConnection<BusMethods>
    try {
      link = await this.#options.connect()
    } catch (thrown) {
      const error = asSaltError(thrown)
      if (!isOnlyOne && !lasting.has(error.code)) return this.#retry(error)
      this.#opened.promise.catch(() => {})
      this.#opened.reject(error)
      // Once it was open, somebody may mend the key file.
      return this.#wasOpened ? this.#retry(error) : undefined
    }
    if (this.#isClosed) return link[Symbol.asyncDispose]()
    this.#link = link
    void link.closed.then(() => this.#lost(link))
    for (const subscription of this.#subscriptions) subscription.attach(link)
    this.#outbox.use((events) =>
      // What is packed already has the form that the type asks for.
      link.call('fire.all', { events: events as unknown as readonly NewEvent[] }, { flush: true }),
    )
    this.#wasOpened = true
    this.#opened.resolve()
    this.#options.onState?.({ kind: 'connected' })
    // A daemon that takes a connection and drops it at once is not well yet.
    void link.call('status', null).then(
      () => this.#backoff.reset(),
      () => {},
    )
  }

  #lost(link: BusConnection<BusMethods>): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#outbox.use(undefined)
    void link[Symbol.asyncDispose]()
    this.#retry(new SaltError('session-closed', 'the connection to the bus was lost'))
  }

  #retry(error: SaltError): void {
    if (this.#isClosed) return
    const retryInMs = this.#backoff.next()
    this.#options.onState?.({ kind: 'waiting', error, retryInMs })
    this.#timer = this.#clock.after(retryInMs, () => void this.#attempt())
  }
}

function withParts(pattern: string, handlers: EventHandlers<TypedEvent<string>>): EventHandlers {
  const { partsOf } = compileTagPattern(pattern)
  return {
    onEvents: (events) =>
      handlers.onEvents(
        events.map(({ seq, tag, data }) => ({ seq, tag, parts: partsOf(tag) ?? {}, data: stamped(data) })),
      ),
    onGap: (gap) => handlers.onGap?.(gap),
    onEnd: (error) => handlers.onEnd?.(error),
  }
}

/** A bus stamps what it tells. */
function stamped(data: EventData): TypedEvent<string>['data'] {
  return data as TypedEvent<string>['data']
}

/** One subscription over the connections that follow one another. */
class Subscription implements EventSubscription {
  readonly active: Promise<void>
  readonly #request: SubscribeRequest
  readonly #handlers: EventHandlers
  readonly #forget: () => void
  readonly #active = Promise.withResolvers<void>()
  readonly #stop = new AbortController()
  #position: BusPosition | undefined

  constructor(request: SubscribeRequest, handlers: EventHandlers, forget: () => void) {
    this.#request = request
    this.#handlers = handlers
    this.#forget = forget
    this.active = this.#active.promise
  }

  get position(): BusPosition {
    return this.#position ?? { instance: this.#request.instance ?? '', seq: this.#request.since ?? 0 }
  }

  /** Never throws: a loss of the connection is waited out, anything else ends the subscription. */
  attach(link: BusConnection<BusMethods>): void {
    const { pattern, match } = this.#request
    const resume =
      this.#position === undefined ? this.#request : { since: this.#position.seq, instance: this.#position.instance }
    const { since, instance } = resume
    const params = {
      pattern,
      match,
      ...(since === undefined ? {} : { since }),
      ...(instance === undefined ? {} : { instance }),
    }
    link.call('subscribe', params, { signal: this.#stop.signal, onItem: (item) => this.#take(item) }).then(
      () => this.#end(new SaltError('session-closed', 'the daemon ended the subscription')),
      (error: unknown) => {
        const known = asSaltError(error)
        if (known.code !== 'session-closed') this.#end(known)
      },
    )
  }

  unsubscribe(): void {
    this.abandon(new SaltError('cancelled', 'the subscription was ended'))
  }

  /** Ends it without a word to the handlers. */
  abandon(error: SaltError): void {
    this.#forget()
    this.#active.promise.catch(() => {})
    this.#active.reject(error)
    this.#stop.abort(error)
  }

  #end(error: SaltError): void {
    if (this.#stop.signal.aborted) return
    const wasActive = this.#position !== undefined
    this.abandon(error)
    if (wasActive) this.#handlers.onEnd?.(error)
  }

  #take(item: SubscribeItem): void {
    if (this.#stop.signal.aborted) return
    if ('gap' in item) {
      this.#handlers.onGap?.(item.gap)
      return this.#moveTo(item.gap.seq)
    }
    if (item.instance !== undefined) return this.#begin({ instance: item.instance, seq: item.seq ?? 0 })
    const last = item.events.at(-1)
    if (last === undefined) return
    this.#handlers.onEvents(item.events)
    this.#moveTo(last.seq)
  }

  /** What is kept comes after this; who asked for nothing of it begins with the newest. */
  #begin({ instance, seq }: BusPosition): void {
    const { since = seq } = this.#position === undefined ? this.#request : { since: this.#position.seq }
    const known = this.#position?.instance ?? this.#request.instance ?? instance
    this.#position = { instance, seq: known === instance ? since : 0 }
    this.#active.resolve()
  }

  #moveTo(seq: number): void {
    if (this.#position !== undefined) this.#position = { instance: this.#position.instance, seq }
  }
}

function closedError(): SaltError {
  return new SaltError('session-closed', 'this connection to the bus was closed')
}
