/** The outlets of one daemon: one folder for their spools, one list for their status, and their events on the bus. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { ensurePrivateFolder } from '../base/files.ts'
import type { Log } from '../base/log.ts'
import { compareText } from '../base/text.ts'
import type { EventBus } from '../bus/event-bus.ts'
import { tagOf } from '../bus/event-types.ts'
import { Outlet, type OutletOptions, type OutletStatus } from '../engine/outlet/outlet.ts'
import { RecordSpool } from '../engine/outlet/record-spool.ts'
import { tellStorage } from './storage-event.ts'

export interface OutletsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  /** For the spools; made when the first outlet is opened. */
  readonly folder: string
}

type Tuning = Pick<
  OutletOptions,
  'batchRecords' | 'batchBytes' | 'flushMs' | 'priority' | 'maximumRecords' | 'maximumBytes' | 'deliveryTimeoutMs'
>

export interface OutletRequest extends Tuning {
  /** What it is for, as one part of a tag: `sink`, `event_return`, `master_job_cache`. */
  readonly kind: string
  /** Which one of them; part of the name of a file. */
  readonly id: string
  /** Name of the returner. */
  readonly returner: string
  open: OutletOptions['open']
}

export class Outlets implements AsyncDisposable {
  readonly #options: OutletsOptions
  /** By the name of the spool's file. */
  readonly #open = new Map<string, Outlet>()

  constructor(options: OutletsOptions) {
    this.#options = options
  }

  /**
   * An outlet with a spool of its own, named `KIND ID`: that of a former process or of an outlet closed since is taken over. Drops
   * are told as `salt/drop/KIND`, failures and their end as `salt/outlet/fault` and `salt/outlet/well`.
   * Throws `storage` when the file of the spool cannot be used, which is so while another outlet of that name is open.
   */
  open({ kind, id, ...request }: OutletRequest): Outlet {
    const { clock, log, bus, folder } = this.#options
    const name = `${kind} ${id}`
    const file = `${kind}-${encodeURIComponent(id)}.db`
    ensurePrivateFolder(folder)
    const outlet = new Outlet({
      ...request,
      name,
      path: join(folder, file),
      clock,
      log,
      onDrop: (count, reason) => bus.fire(tagOf('salt/drop/:what', kind), { count, reason, outlet: name }),
      onFault: (error) => tellStorage(bus, `spool of ${name}`, error),
      onFailing: (failure) => {
        const state = failure === undefined ? 'well' : 'fault'
        const { returner, waiting } = outlet.status
        bus.fire(tagOf('salt/outlet/:state', state), { outlet: name, returner, waiting, message: failure ?? '' })
      },
    })
    this.#open.set(file, outlet)
    return outlet
  }

  /** Closes it and takes it off the list; its spool stays. */
  async close(outlet: Outlet): Promise<void> {
    for (const [file, known] of this.#open) if (known === outlet) this.#open.delete(file)
    await outlet[Symbol.asyncDispose]()
  }

  /** In the order of their names. */
  status(): readonly OutletStatus[] {
    return [...this.#open.values()].map(({ status }) => status).sort((a, b) => compareText(a.name, b.name))
  }

  /**
   * Looks after spools of this kind that no outlet has open, as those of a sink that is no longer configured: an empty one is
   * removed; of one that holds something the log tells, and it stays until an outlet of that name is back.
   */
  tellOrphans(kind: string): void {
    const { folder, clock, log } = this.#options
    if (!existsSync(folder)) return
    const files = readdirSync(folder).filter((file) => file.startsWith(`${kind}-`) && file.endsWith('.db'))
    for (const file of files.filter((name) => !this.#open.has(name))) {
      const path = join(folder, file)
      const waiting = waitingIn(path, { clock, log })
      if (waiting > 0)
        log.warning('deliveries wait for an outlet that is no longer configured', { file: path, waiting })
      else for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    }
  }

  async drain(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#open.values()].map((outlet) => outlet.drain(timeoutMs)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((outlet) => this.close(outlet)))
  }
}

function waitingIn(path: string, options: Pick<OutletsOptions, 'clock' | 'log'>): number {
  using spool = new RecordSpool(path, { ...options, what: 'a spool without an outlet' })
  return spool.counters.waiting
}
