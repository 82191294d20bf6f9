/**
 * Brings the returns of jobs to the returners that the jobs name: one outlet for each way to name one, as many as are needed, and
 * not for longer. What an outlet must know to be opened again lies beside its spool, so that a restart loses nothing.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import { ensurePrivateFolder, writeFileAtomic } from '../base/files.ts'
import type { Log } from '../base/log.ts'
import { pack, unpack } from '../base/msgpack.ts'
import { isRecord } from '../base/narrow.ts'
import type { ReturnerReport } from '../client/minion-bus.ts'
import type { Outlet, OutletStatus } from '../engine/outlet/outlet.ts'
import type { Delivery, ReturnerRegistry } from '../engine/returner.ts'
import { loadReturner, returnerNames } from '../engine/returners/returner-catalogue.ts'
import { expandReturner } from '../engine/returners/returner-members.ts'
import type { OptionSource, ReturnerRequest } from '../engine/returners/returner-options.ts'
import type { Outlets } from './outlets.ts'
import { prepareReturner, type ReturnerPlace, type ReturnerSurroundings } from './returner-opener.ts'

export interface JobReturnersParts {
  readonly registry: ReturnerRegistry
  readonly outlets: Outlets
  /** That of the spools. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  /** The configuration as last read. */
  source(): OptionSource
  /** What a returner finds that serves this origin. */
  surroundings(origin: string): ReturnerSurroundings
  /** A return will never reach this returner. */
  refused(returner: string, delivery: Delivery, error: SaltError): void
  /** Returners that are in use at one time, each with its options; default 32. */
  readonly maximumOutlets?: number
  /** So long one is kept that nothing is given to; default 300,000. */
  readonly idleMs?: number
}

/** Which returners one return goes to. */
export interface ReturnOrder {
  /** As in a job: names with commas between them. */
  readonly names: string | readonly string[]
  readonly profile?: string | undefined
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined
  /** Whose job it is: the address of a master. */
  readonly origin: string
  readonly place: ReturnerPlace
}

interface Way extends ReturnerRequest {
  readonly origin: string
}

interface Entry {
  readonly outlet: Outlet
  usedAt: number
}

interface Given {
  readonly outlet: Outlet
  /** What the outlet had given up before. */
  readonly dropped: number
}

type Placed = { readonly returner: string } & (Given | { readonly error: SaltError })

const kind = 'returner'
const defaults = { maximumOutlets: 32, idleMs: 300_000 }

export class JobReturners implements AsyncDisposable {
  readonly #parts: JobReturnersParts
  /** By the id of the outlet; the one that was used last at the end. */
  readonly #entries = new Map<string, Promise<Entry>>()
  readonly #opened = new Map<string, Entry>()
  readonly #closing = new Map<string, Promise<void>>()
  readonly #pending = new Set<Promise<unknown>>()
  #sweep: Timer | undefined
  #isEnding = false

  constructor(parts: JobReturnersParts) {
    this.#parts = parts
  }

  /** Takes up what a former process could not deliver. */
  async resume(): Promise<void> {
    const { folder, log } = this.#parts
    if (!existsSync(folder)) return
    for (const file of readdirSync(folder)) {
      const id = /^returner-(.+)\.way$/.exec(file)?.[1]
      if (id === undefined) continue
      try {
        const way = wayFrom(unpack(readFileSync(join(folder, file))))
        await this.#entry(decodeURIComponent(id), way)
      } catch (error) {
        const { message } = asSaltError(error)
        log.error('deliveries for a returner wait and cannot be taken up', { file: join(folder, file), error: message })
      }
    }
  }

  /** Gives it to all of them, and resolves when it is in their spools. Never rejects; whoever cannot wait need not. */
  put(delivery: Delivery, order: ReturnOrder): Promise<readonly Placed[]> {
    const placing = this.#put(delivery, order)
    this.#pending.add(placing)
    return placing.finally(() => this.#pending.delete(placing))
  }

  /** Gives it to all of them, and tells what has become of it after this time at the latest. */
  async deliver(delivery: Delivery, order: ReturnOrder, timeoutMs: number): Promise<readonly ReturnerReport[]> {
    const placed = await this.put(delivery, order)
    return await Promise.all(
      placed.map(async (one): Promise<ReturnerReport> => {
        const { returner } = one
        if ('error' in one) return { returner, state: 'refused', reason: one.error.message }
        await one.outlet.drain(timeoutMs)
        return { returner, ...outcome(one.outlet.status, one.dropped) }
      }),
    )
  }

  /** Resolves when all that was given is in the spools. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true
    this.#sweep?.cancel()
    await Promise.allSettled([...this.#pending, ...this.#entries.values()])
    await Promise.all([...this.#opened.keys()].map((id) => this.#close(id)))
    await Promise.all(this.#closing.values())
  }

  async #put(delivery: Delivery, order: ReturnOrder): Promise<readonly Placed[]> {
    const { profile } = order
    const names = returnerNames(order.names)
    const placed = await Promise.all(
      names.map(async (name): Promise<readonly Placed[]> => {
        try {
          const kwargs = await this.#kwargsFor(name, names, order.kwargs)
          const request = { name, ...(profile && { profile }), ...(kwargs === undefined ? {} : { kwargs }) }
          const ways = await expandReturner(this.#parts.registry, request, this.#parts.source())
          return await Promise.all(ways.map((way) => this.#place(delivery, way, order)))
        } catch (error) {
          return [this.#refuse(name, delivery, error)]
        }
      }),
    )
    return placed.flat()
  }

  /** Of several returners each takes the options that it has; one that none of them has is a fault of all. */
  async #kwargsFor(
    name: string,
    names: readonly string[],
    kwargs: ReturnOrder['kwargs'],
  ): Promise<ReturnOrder['kwargs']> {
    if (kwargs === undefined || names.length === 1) return kwargs
    const known = await Promise.all(
      names.map((one) =>
        loadReturner(this.#parts.registry, one).then(
          ({ options, extra }) => Object.keys(extra === undefined ? options : kwargs),
          () => [],
        ),
      ),
    )
    const isStray = Object.keys(kwargs).some((option) => !known.flat().includes(option))
    if (isStray) return kwargs
    const own = known[names.indexOf(name)] ?? []
    return Object.fromEntries(Object.entries(kwargs).filter(([option]) => own.includes(option)))
  }

  async #place(delivery: Delivery, request: ReturnerRequest, { origin, place }: ReturnOrder): Promise<Placed> {
    const way = { ...request, origin }
    try {
      const entry = await this.#entry(idOf(way), way, delivery.kind, place)
      entry.usedAt = this.#parts.clock.monotonic()
      const { outlet } = entry
      const { dropped } = outlet.status
      outlet.put(delivery)
      return { returner: way.name, outlet, dropped }
    } catch (error) {
      return this.#refuse(way.name, delivery, error)
    }
  }

  #refuse(returner: string, delivery: Delivery, thrown: unknown): Placed {
    const error = asSaltError(thrown)
    this.#parts.refused(returner, delivery, error)
    return { returner, error }
  }

  #entry(id: string, way: Way, delivers?: Delivery['kind'], place?: ReturnerPlace): Promise<Entry> {
    const known = this.#entries.get(id)
    if (known !== undefined) return known
    const opening = this.#open(id, way, delivers, place)
    this.#entries.set(id, opening)
    opening.then(
      (entry) => this.#opened.set(id, entry),
      () => this.#entries.delete(id),
    )
    return opening
  }

  async #open(id: string, way: Way, delivers?: Delivery['kind'], place?: ReturnerPlace): Promise<Entry> {
    const { registry, outlets, folder, clock } = this.#parts
    const shown = place ?? { shown: `deliveries that wait for ${way.name}`, where: undefined }
    const prepare = () =>
      prepareReturner(registry, way, delivers === undefined ? [] : [delivers], this.#parts.source(), shown)
    if (delivers !== undefined) await prepare()
    await this.#closing.get(id)
    this.#makeRoom(id)
    if (this.#isEnding) throw new SaltError('cancelled', 'this program ends')
    ensurePrivateFolder(folder)
    // It may hold credentials, as the signed job did.
    await writeFileAtomic(this.#file(id, 'way'), pack(way), 0o600)
    const outlet = outlets.open({
      kind,
      id,
      returner: way.name,
      flushMs: 0,
      // Each time anew: a mended configuration is used with the next attempt.
      open: async (signal) => (await prepare()).open(this.#parts.surroundings(way.origin), signal),
    })
    this.#sweepLater()
    return { outlet, usedAt: clock.monotonic() }
  }

  /** Throws `overloaded` where too many wait for backends that take nothing. */
  #makeRoom(id: string): void {
    const { maximumOutlets = defaults.maximumOutlets } = this.#parts
    // This one is among them already.
    if (this.#entries.size <= maximumOutlets) return
    const idle = [...this.#opened].filter(([other, { outlet }]) => other !== id && isIdle(outlet))
    const [oldest] = idle.sort(([, left], [, right]) => left.usedAt - right.usedAt)
    if (oldest === undefined)
      throw new SaltError(
        'overloaded',
        `deliveries wait for ${maximumOutlets} returners already; there is no room for more`,
      )
    void this.#close(oldest[0])
  }

  #sweepLater(): void {
    const { clock, idleMs = defaults.idleMs } = this.#parts
    this.#sweep ??= clock.after(idleMs, () => this.#closeIdle(), { background: true })
  }

  #closeIdle(): void {
    const { clock, idleMs = defaults.idleMs } = this.#parts
    this.#sweep = undefined
    const before = clock.monotonic() - idleMs
    for (const [id, { outlet, usedAt }] of this.#opened) if (usedAt <= before && isIdle(outlet)) void this.#close(id)
    if (this.#opened.size > 0) this.#sweepLater()
  }

  /** An empty spool goes with it. */
  #close(id: string): Promise<void> {
    const entry = this.#opened.get(id)
    if (entry === undefined) return Promise.resolve()
    this.#entries.delete(id)
    this.#opened.delete(id)
    const closing = this.#closeOutlet(id, entry.outlet).finally(() => this.#closing.delete(id))
    this.#closing.set(id, closing)
    return closing
  }

  async #closeOutlet(id: string, outlet: Outlet): Promise<void> {
    await this.#parts.outlets.close(outlet)
    if (outlet.status.waiting > 0) return
    for (const suffix of ['db', 'db-wal', 'db-shm', 'way']) rmSync(this.#file(id, suffix), { force: true })
  }

  #file(id: string, suffix: string): string {
    return join(this.#parts.folder, `${kind}-${encodeURIComponent(id)}.${suffix}`)
  }
}

function idOf(way: Way): string {
  const { name, profile = '', kwargs = {}, origin } = way
  const digest = createHash('sha256')
    .update(pack([name, profile, kwargs, origin]))
    .digest('hex')
  return `${name}-${digest.slice(0, 16)}`
}

/** Throws `bad-arguments`. */
function wayFrom(value: unknown): Way {
  if (!isRecord(value) || typeof value.name !== 'string' || typeof value.origin !== 'string')
    throw new SaltError('bad-arguments', 'the file does not tell a returner')
  return {
    name: value.name,
    origin: value.origin,
    ...(typeof value.profile === 'string' ? { profile: value.profile } : {}),
    ...(isRecord(value.kwargs) ? { kwargs: value.kwargs } : {}),
  }
}

function isIdle({ status }: Outlet): boolean {
  return status.waiting === 0 && status.state === 'idle'
}

function outcome(
  { waiting, dropped, last_error }: OutletStatus,
  droppedBefore: number,
): Pick<ReturnerReport, 'state' | 'reason'> {
  if (waiting > 0) return { state: 'waiting', reason: last_error ?? 'no answer yet' }
  if (dropped > droppedBefore) return { state: 'refused', reason: 'the log tells why' }
  return { state: 'delivered', reason: '' }
}
