import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { EventLoad } from '../../client/event-load.ts'
import type { MasterFiring } from '../../client/minion-bus.ts'
import { DropReports } from '../../engine/outlet/drop-reports.ts'
import { RecordSpool } from '../../engine/outlet/record-spool.ts'
import { tellStorage } from '../storage-event.ts'
import { EventForwarder } from './event-forwarder.ts'
import { EventOutbox } from './event-outbox.ts'

export interface MasterEventsOptions {
  readonly id: string
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  readonly cachedir: string
  readonly limits: {
    readonly max_event_size: number
    readonly event_buffer_count: number
    readonly event_buffer_size: number
  }
}

/** All that goes from this minion to the buses of its masters. */
export class MasterEvents implements Disposable {
  readonly #options: MasterEventsOptions
  readonly #outboxes = new Map<string, EventOutbox>()
  readonly #forwarder: EventForwarder
  readonly #dropped: DropReports

  constructor(options: MasterEventsOptions) {
    this.#options = options
    const { bus, clock, log, id } = options
    this.#forwarder = new EventForwarder({
      id,
      bus,
      clock,
      log,
      maximumEventSize: options.limits.max_event_size,
      outboxes: () => [...this.#outboxes.values()],
    })
    this.#dropped = new DropReports({
      clock,
      tell: (count, master) => log.error('events were given up: more came than the buffer holds', { master, count }),
    })
  }

  /** What goes to the master at this address. Throws `storage` where its buffer cannot be used at all. */
  outbox(address: string): EventOutbox {
    const known = this.#outboxes.get(address)
    if (known !== undefined) return known
    const { bus, clock, log, cachedir, limits } = this.#options
    const spool = new RecordSpool(join(cachedir, `events-${address.replace(/[^\w.-]/g, '-')}.db`), {
      clock,
      log,
      what: 'the event buffer',
      maximumRecords: limits.event_buffer_count,
      maximumBytes: limits.event_buffer_size,
      onDrop: (count) => this.#dropped.add(count, address),
      onFault: (error) => tellStorage(bus, 'event buffer', error),
    })
    const outbox = new EventOutbox({
      spool,
      clock,
      log,
      onRefused: (event) => this.#forwarder.tellRefused(event, address),
    })
    this.#outboxes.set(address, outbox)
    return outbox
  }

  fire(load: EventLoad): MasterFiring {
    return this.#forwarder.fire(load)
  }

  fireAndWait(load: EventLoad, timeoutMs: number): Promise<MasterFiring> {
    return this.#forwarder.fireAndWait(load, timeoutMs)
  }

  get status(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#outboxes].map(([address, { counters }]) => [address, counters]))
  }

  /** Lets what waits go to the masters that are connected, for at most this time. */
  async drain(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#outboxes.values()].map((outbox) => outbox.drain(timeoutMs)))
  }

  /**
   * Until the master at this address, or each one where it is empty, has all that was fired before now: for at most this time, and not
   * where it is away. What another one leaves lying is no business of those who wait for this one.
   */
  async taken(address: string, timeoutMs: number): Promise<void> {
    const meant = [...this.#outboxes].filter(([one]) => address === '' || one === address)
    await Promise.all(meant.map(([, outbox]) => outbox.taken(timeoutMs)))
  }

  [Symbol.dispose](): void {
    this.#forwarder[Symbol.dispose]()
    for (const outbox of this.#outboxes.values()) outbox[Symbol.dispose]()
    this.#dropped[Symbol.dispose]()
  }
}
