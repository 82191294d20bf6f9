/**
 * What leads the events of a bus to other systems: `event_sinks`, and `event_return` of a master.
 *
 * Each sink has one subscription and its own outlets, so that no sink waits for another. An event is in the spools of its outlets
 * in the turn of the event loop in which the bus delivers it.
 */
import { isDeepStrictEqual } from 'node:util'
import { asSaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { isRecord } from '../base/narrow.ts'
import { Secret } from '../base/secret.ts'
import type { BusEvent, SubscribeItem } from '../bus/event.ts'
import type { EventBus } from '../bus/event-bus.ts'
import type { LoadedOptions } from '../engine/options/load-options.ts'
import type { OptionTable } from '../engine/options/option.ts'
import type { Outlet } from '../engine/outlet/outlet.ts'
import type { ReturnerRegistry } from '../engine/returner.ts'
import { compileEventSinks, type EventFeed, type FeedTarget } from '../engine/sinks/event-feed.ts'
import { compileEventReturn, type EventReturnOptions } from '../engine/sinks/event-return.ts'
import type { EventSinksOptions } from '../engine/sinks/sink-options.ts'
import type { Outlets } from './outlets.ts'
import { type PreparedReturner, prepareReturner, type ReturnerSurroundings } from './returner-opener.ts'

export interface EventSinksParts {
  readonly bus: EventBus
  readonly log: Log
  readonly outlets: Outlets
  readonly registry: ReturnerRegistry
  /** What the returners find. */
  readonly surroundings: ReturnerSurroundings
}

/** The options as last read; a minion has no `event_return`. */
export interface EventSinksConfiguration extends Pick<LoadedOptions<OptionTable>, 'view' | 'where'> {
  readonly values: { readonly event_sinks: EventSinksOptions } & Partial<EventReturnOptions>
}

type FeedKind = 'sink' | 'event_return'

interface PlannedTarget extends FeedTarget {
  readonly returner: PreparedReturner
}

interface PlannedFeed {
  readonly kind: FeedKind
  readonly feed: EventFeed
  readonly targets: readonly PlannedTarget[]
  /** All that it was made from: a feed whose source is the same goes on. */
  readonly source: unknown
}

interface RunningFeed extends PlannedFeed {
  readonly outlets: ReadonlyMap<string, Outlet>
  readonly subscription: { unsubscribe(): void }
}

export class EventSinks implements AsyncDisposable {
  readonly #parts: EventSinksParts
  #running: RunningFeed[] = []

  constructor(parts: EventSinksParts) {
    this.#parts = parts
  }

  /**
   * Checks all of the configuration and changes nothing; the answer puts it into effect. Sinks that are as they were go on, no event
   * is missed by one that changes. Throws `configuration` with the place of what is wrong.
   */
  async prepare(configuration: EventSinksConfiguration): Promise<() => Promise<void>> {
    const { values, where } = configuration
    const sinks = compileEventSinks(values.event_sinks, where).map((feed) => ({ kind: 'sink' as const, feed }))
    const returns = compileEventReturn(withDefaults(values), where).map((feed) => ({
      kind: 'event_return' as const,
      feed,
    }))
    const plans: PlannedFeed[] = []
    for (const { kind, feed } of [...sinks, ...returns])
      plans.push(await plan(this.#parts.registry, kind, feed, configuration))
    return () => this.#apply(plans)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What the bus holds for the end of this turn goes into the spools first.
    this.#parts.bus.flush()
    await this.#stop(this.#running)
    this.#running = []
  }

  async #apply(plans: readonly PlannedFeed[]): Promise<void> {
    const same = (running: RunningFeed): boolean => plans.some((planned) => isSame(planned, running))
    const kept = this.#running.filter(same)
    const ended = this.#running.filter((running) => !same(running))
    this.#parts.bus.flush()
    const { seq } = this.#parts.bus
    this.#running = kept
    await this.#stop(ended)
    for (const planned of plans) {
      if (kept.some((running) => isSame(planned, running))) continue
      const isChanged = ended.some(({ kind, feed }) => kind === planned.kind && feed.id === planned.feed.id)
      this.#running.push(this.#start(planned, isChanged ? seq : undefined))
    }
    for (const kind of ['sink', 'event_return']) this.#parts.outlets.tellOrphans(kind)
  }

  #start(planned: PlannedFeed, since: number | undefined): RunningFeed {
    const outlets = new Map(planned.targets.map((target) => [target.id, this.#open(planned.kind, target)]))
    const names = new Set([...outlets.values()].map(({ name }) => name))
    const receive = (item: SubscribeItem): boolean => {
      if ('gap' in item) for (const outlet of outlets.values()) outlet.miss(item.gap.dropped, 'missed on the bus')
      else for (const event of item.events) if (!isAbout(event, names)) this.#deal(planned.feed, event, outlets)
      return true
    }
    return { ...planned, outlets, subscription: this.#parts.bus.subscribe(planned.feed.matchesTag, receive, since) }
  }

  #deal(feed: EventFeed, event: BusEvent, outlets: ReadonlyMap<string, Outlet>): void {
    try {
      for (const { id, event: shaped } of feed.take(event)) outlets.get(id)?.put({ kind: 'event', event: shaped })
    } catch (error) {
      this.#parts.log.error('an event cannot be given the form of a sink', {
        ...{ sink: feed.id, tag: event.tag, error: asSaltError(error).message },
      })
      for (const outlet of outlets.values()) outlet.miss(1, 'no plain data')
    }
  }

  #open(kind: FeedKind, { id, backend, options, returner }: PlannedTarget): Outlet {
    const { outlets, surroundings } = this.#parts
    const { batch, batch_bytes, flush, prio, spool_events, spool_bytes, timeout } = options
    return outlets.open({
      kind,
      id,
      returner: backend,
      open: (signal) => returner.open(surroundings, signal),
      ...(batch === undefined ? {} : { batchRecords: batch }),
      ...(batch_bytes === undefined ? {} : { batchBytes: batch_bytes }),
      ...(flush === undefined ? {} : { flushMs: flush * 1000 }),
      ...(prio === undefined ? {} : { priority: prio }),
      ...(spool_events === undefined ? {} : { maximumRecords: spool_events }),
      ...(spool_bytes === undefined ? {} : { maximumBytes: spool_bytes }),
      ...(timeout === undefined ? {} : { deliveryTimeoutMs: timeout * 1000 }),
    })
  }

  async #stop(feeds: readonly RunningFeed[]): Promise<void> {
    for (const { subscription } of feeds) subscription.unsubscribe()
    const outlets = feeds.flatMap((feed) => [...feed.outlets.values()])
    await Promise.all(outlets.map((outlet) => this.#parts.outlets.close(outlet)))
  }
}

async function plan(
  registry: ReturnerRegistry,
  kind: FeedKind,
  feed: EventFeed,
  { values, view, where }: EventSinksConfiguration,
): Promise<PlannedFeed> {
  const source = { all: view.all, where }
  const targets: PlannedTarget[] = []
  for (const target of feed.targets) {
    const { backend: name, options, path } = target
    const { profile, options: kwargs } = options
    const request = { name, ...(profile === undefined ? {} : { profile }), ...(kwargs === undefined ? {} : { kwargs }) }
    const place = {
      shown: String(path),
      where: path.key(kwargs === undefined ? 'backend' : 'options').where ?? path.where,
    }
    targets.push({ ...target, returner: await prepareReturner(registry, request, ['event'], source, place) })
  }
  const own = kind === 'sink' ? values.event_sinks[feed.id] : withDefaults(values)
  return { kind, feed, targets, source: [own, targets.map(({ returner }) => revealed(returner.options))] }
}

function withDefaults(values: Partial<EventReturnOptions>): EventReturnOptions {
  const { event_return, event_return_queue = 0, event_return_queue_max_seconds = 0 } = values
  const { event_return_whitelist = [], event_return_blacklist = [] } = values
  return {
    event_return,
    event_return_queue,
    event_return_queue_max_seconds,
    event_return_whitelist,
    event_return_blacklist,
  }
}

function isSame(planned: PlannedFeed, running: RunningFeed): boolean {
  return (
    planned.kind === running.kind &&
    planned.feed.id === running.feed.id &&
    isDeepStrictEqual(planned.source, running.source)
  )
}

/** Two secrets look alike to a comparison, whatever they hold. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return revealed(value.reveal())
  if (Array.isArray(value)) return value.map(revealed)
  if (!isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, revealed(item)]))
}

/** An outlet that told of its own drops and failures to itself would never come to an end. */
function isAbout({ tag, data }: BusEvent, outlets: ReadonlySet<string>): boolean {
  if (tag.startsWith('salt/storage/')) return [...outlets].some((name) => data.what === `spool of ${name}`)
  return /^salt\/(?:drop|outlet)\//.test(tag) && typeof data.outlet === 'string' && outlets.has(data.outlet)
}
