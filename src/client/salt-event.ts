/**
 * The event bus for programs of other people, in the words of Salt: `SaltEvent`, `MasterEvent` and `MinionEvent`.
 *
 * All they need is the folder of the daemon's socket, and a user who may read the bus key in it: the one that the daemon runs as, or root.
 */
import { SaltError } from '../base/errors.ts'
import { asRecord } from '../base/narrow.ts'
import type { BusEvent, BusGap, BusPosition, EventData, MatchType } from '../bus/event.ts'
import type { TypedEvent } from '../bus/event-types.ts'
import { EventConnection, type EventConnectionState } from './event-connection.ts'
import { type BeginSubscription, type EventGap, EventStream } from './event-stream.ts'
import { connectMasterBus, connectMinionBus } from './master-bus.ts'

export interface SaltEventOptions {
  /** Folder of the daemon's socket and key; `/var/run/salt/master` or `/var/run/salt/minion` when left out. */
  readonly sockDir?: string
  /** The same by Salt's name, as in `new MinionEvent(opts)`. */
  readonly sock_dir?: string
  /** Id of the minion; not needed where only one has its bus in the folder. */
  readonly id?: string
  /** Try until the daemon answers, instead of failing when it does not run; false when left out. */
  readonly waitForDaemon?: boolean
  /** Milliseconds that one attempt to connect may take; 5000 when left out. */
  readonly connectTimeoutMs?: number
  /** The connection is there, was lost (with the reason), or was closed. */
  onState?(state: EventConnectionState): void
  /** Events are missing: the program or the daemon could not keep up, or the daemon was restarted. A warning of the process when left out. */
  onGap?(gap: BusGap): void
}

export interface TagFilter {
  /** Text to compare the tag with; all events when left out. */
  readonly tag?: string
  /** How: `startswith` when left out; `glob` is `fnmatch`. */
  readonly match?: MatchType | 'glob'
}

export interface IterEventsOptions extends TagFilter {
  /** Begin after this event, with those that the daemon has kept: its number, or a position that a stream told. */
  readonly since?: number | BusPosition
  /** Ends the iteration. */
  readonly signal?: AbortSignal
  /** Makes gaps items of the iteration: `{ gap: { dropped, seq } }`. */
  readonly gaps?: boolean
}

export interface GetEventOptions extends TagFilter {
  /** Seconds to wait, 5 when left out; 0 waits without end. */
  readonly wait?: number
  /** Do not wait: an event that is here already, or none. */
  readonly noBlock?: boolean
}

type StreamOptions = { readonly [Name in 'since' | 'signal' | 'gaps']?: IterEventsOptions[Name] | undefined }

export type SaltNode = 'master' | 'minion'

const waitSecondsDefault = 5
const longestConfirmationMs = 5000
/** Different tags that one object remembers events for. */
const mostInterests = 32

/**
 * ```ts
 * await using event = new SaltEvent('master', { sockDir: '/var/run/salt/master' })
 * for await (const { tag, data } of event.iterEvents({ tag: 'mytag' })) console.log(tag, data)
 * ```
 *
 * Connects when it is first needed, and again after the daemon was restarted; what was fired meanwhile still comes, or is told as a gap.
 * Keeps the process alive until it is disposed of. Methods reject with `master-unreachable`, `minion-unreachable`, `key-permissions` or
 * `key-invalid` when there is no way to the bus.
 */
export class SaltEvent implements AsyncDisposable {
  readonly node: SaltNode
  readonly #options: SaltEventOptions
  readonly #sockDir: string
  readonly #streams = new Set<{ end(): void }>()
  readonly #interests = new Map<string, EventStream<BusEvent | EventGap>>()
  readonly #stop = new AbortController()
  #connection: Promise<EventConnection> | undefined
  /** Where `getEvent` has come to. */
  #cursor: BusPosition | undefined

  /** @param options a folder, or more. */
  constructor(node: SaltNode, options: string | SaltEventOptions = {}) {
    if (node !== 'master' && node !== 'minion') {
      throw new SaltError('usage', `there is no bus of a ${String(node)}`, { hint: 'Use master or minion.' })
    }
    this.node = node
    this.#options = typeof options === 'string' ? { sockDir: options } : options
    this.#sockDir = this.#options.sockDir ?? this.#options.sock_dir ?? `/var/run/salt/${node}`
  }

  /** Connects now. Otherwise the first method that needs it does. */
  async connect(): Promise<void> {
    await this.#open()
  }

  /**
   * Events from now on, without end. The subscription begins with this call; `ready` of what it returns resolves when it is active.
   * A program that falls behind by 100,000 events or 64 MiB loses some, and is told so as a gap.
   *
   * With `{ tag: 'salt/job/:jid/ret/:id', match: 'parts' }` they have `parts: { jid, id }`, and `data` of the type that a known event has.
   */
  iterEvents<const Pattern extends string>(
    options: IterEventsOptions & { readonly tag: Pattern; readonly match: 'parts'; readonly gaps?: false },
  ): EventStream<TypedEvent<Pattern>>
  iterEvents(options: IterEventsOptions & { readonly gaps: true }): EventStream<BusEvent | EventGap>
  iterEvents(options?: IterEventsOptions): EventStream
  iterEvents(options: IterEventsOptions = {}): EventStream<never> {
    return this.#stream(options, options) as unknown as EventStream<never>
  }

  /**
   * The next event of the tag; undefined when none came in time. Looks at all that was fired after the event that the call before it
   * returned, and after `subscribe`: nothing is missed between two calls.
   */
  async getEvent(options: GetEventOptions = {}): Promise<BusEvent | undefined> {
    const { wait = waitSecondsDefault, noBlock = false } = options
    if (!(wait >= 0)) throw new SaltError('usage', 'the seconds to wait are a number from 0 on')
    const stream = this.#interest(options)
    if (noBlock) await within(stream.ready, longestConfirmationMs)
    const item = await stream.take(noBlock ? 0 : wait === 0 ? undefined : wait * 1000)
    if (item === undefined || 'gap' in item) return undefined
    const instance = stream.position?.instance
    if (instance !== undefined) this.#cursor = { instance, seq: item.seq }
    return item
  }

  /** Keeps events of this tag for `getEvent` from now on, whenever that is called. Resolves when nothing is missed any more. */
  async subscribe(tag = '', match?: TagFilter['match']): Promise<void> {
    await this.#interest({ tag, ...(match === undefined ? {} : { match }) }).ready
  }

  unsubscribe(tag = '', match?: TagFilter['match']): void {
    const key = keyOf({ tag, ...(match === undefined ? {} : { match }) })
    this.#interests.get(key)?.end()
    this.#interests.delete(key)
  }

  /**
   * Fires an event. Resolves when the daemon has taken it. Rejects with `bad-arguments` for a tag that cannot be and for data that is no
   * mapping or cannot be sent.
   */
  async fireEvent(data: EventData, tag: string): Promise<true> {
    if (typeof tag !== 'string') throw new SaltError('bad-arguments', 'the tag of an event is text')
    asRecord(data, 'the data of an event')
    await (await this.#open()).fire(tag, data)
    return true
  }

  /**
   * Has the minion hand an event on to its master, where it is `{ id, tag, data, cmd }`. For several at once fire
   * `{ events: [{ tag, data }, …] }` under the tag `fire_master`.
   */
  async fireMaster(data: EventData, tag: string): Promise<true> {
    if (this.node !== 'minion') {
      throw new SaltError('usage', 'only a minion hands events on to its master', {
        hint: 'On the bus of the master itself use fireEvent.',
      })
    }
    if (typeof tag !== 'string' || tag === '') throw new SaltError('bad-arguments', 'an event needs a tag')
    asRecord(data, 'the data of an event')
    const { id = null } = this.#options
    return await this.fireEvent({ id, tag, data, events: null, pretag: null }, 'fire_master')
  }

  /** Ends all iterations and the connection. */
  async close(): Promise<void> {
    this.#stop.abort()
    for (const stream of this.#streams) stream.end()
    const connection = await this.#connection?.catch(() => undefined)
    await connection?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #interest(filter: TagFilter): EventStream<BusEvent | EventGap> {
    const key = keyOf(filter)
    const known = this.#interests.get(key)
    if (known !== undefined) return known
    const stream = this.#stream(filter, { since: this.#cursor })
    this.#interests.set(key, stream)
    stream.ready.then(
      () => {
        this.#cursor ??= stream.position
      },
      () => this.#interests.delete(key),
    )
    for (const [oldest, old] of this.#interests) {
      if (this.#interests.size <= mostInterests) break
      old.end()
      this.#interests.delete(oldest)
    }
    return stream
  }

  #stream(filter: TagFilter, { since, signal, gaps = false }: StreamOptions): EventStream<BusEvent | EventGap> {
    const request = {
      pattern: filter.tag ?? '',
      match: matchOf(filter),
      ...(since === undefined
        ? {}
        : typeof since === 'number'
          ? { since }
          : { since: since.seq, instance: since.instance }),
    }
    const begin: BeginSubscription = async (handlers) => (await this.#open()).subscribe(request, handlers)
    const stream = new EventStream<BusEvent | EventGap>(begin, {
      gaps,
      onGap: (gap) => this.#onGap(gap, gaps),
      signal,
      onEnd: (ended) => this.#streams.delete(ended),
    })
    if (!stream.hasEnded) this.#streams.add(stream)
    return stream
  }

  /** Nothing is lost without a word. */
  #onGap(gap: BusGap, isTold: boolean): void {
    if (this.#options.onGap !== undefined) this.#options.onGap(gap)
    else if (!isTold) process.emitWarning(describeGap(gap), { code: 'SALT_EVENT_GAP' })
  }

  #open(): Promise<EventConnection> {
    if (this.#stop.signal.aborted) {
      return Promise.reject(new SaltError('session-closed', 'this connection to the bus was closed'))
    }
    const { waitForDaemon = false, onState } = this.#options
    this.#connection ??= EventConnection.open({
      connect: () => this.#connect(),
      waitForDaemon,
      signal: this.#stop.signal,
      ...(onState === undefined ? {} : { onState }),
    }).catch((error: unknown) => {
      this.#connection = undefined
      throw error
    })
    return this.#connection
  }

  #connect(): ReturnType<typeof connectMasterBus> | ReturnType<typeof connectMinionBus> {
    const { id, connectTimeoutMs } = this.#options
    const target = {
      sockDir: this.#sockDir,
      ...(connectTimeoutMs === undefined ? {} : { timeoutMs: connectTimeoutMs }),
    }
    return this.node === 'master'
      ? connectMasterBus(target)
      : connectMinionBus(id === undefined ? target : { ...target, id })
  }
}

/** The bus of a master on this host. */
export class MasterEvent extends SaltEvent {
  constructor(options: string | SaltEventOptions = {}) {
    super('master', options)
  }
}

/** The bus of a minion on this host: `new MinionEvent({ sockDir: '/var/run/salt/minion', id: 'web1' })`. */
export class MinionEvent extends SaltEvent {
  constructor(options: string | SaltEventOptions = {}) {
    super('minion', options)
  }
}

/** A sentence without a full stop. */
export function describeGap({ dropped, restarted }: BusGap): string {
  const lost = dropped === 0 ? '' : `${dropped} ${dropped === 1 ? 'event is' : 'events are'} missing`
  if (restarted !== true) return lost
  return `the daemon was started anew, and what it fired before that may be missing${lost === '' ? '' : `; of its events since, ${lost}`}`
}

function matchOf({ match = 'startswith' }: TagFilter): MatchType {
  return match === 'glob' ? 'fnmatch' : match
}

function keyOf(filter: TagFilter): string {
  return `${matchOf(filter)} ${filter.tag ?? ''}`
}

/** Rejects as the work does; resolves after the time though it goes on. */
async function within(work: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
