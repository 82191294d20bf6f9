/**
 * Where jobs go besides the built-in store: `master_job_cache` gets jobs and returns from the master, `ext_job_cache` its returns
 * from the minions themselves. The built-in store stays what the master works with; nothing here holds it up.
 */
import type { Clock } from '../../base/clock.ts'
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { TargetOutcome } from '../../client/api.ts'
import { loadRecordOf } from '../../engine/jobs/archived-job.ts'
import type { JobFilter, JobRecord, JobStore } from '../../engine/jobs/types.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import { inTime } from '../../engine/outlet/in-time.ts'
import type { Outlet } from '../../engine/outlet/outlet.ts'
import type { JobArchive } from '../../engine/plugin.ts'
import type { Delivery, JobCacheReader, ReturnerRegistry } from '../../engine/returner.ts'
import { loadReturner } from '../../engine/returners/returner-catalogue.ts'
import type { Outlets } from '../outlets.ts'
import { type PreparedReturner, prepareReturners, type ReturnerSurroundings } from '../returner-opener.ts'

export interface JobCachesParts {
  readonly registry: ReturnerRegistry
  readonly outlets: Outlets
  readonly clock: Clock
  readonly surroundings: ReturnerSurroundings
  options(): MasterOptions
}

/** Name of the store that is there in any case. */
const builtIn = 'local_cache'
const readingMs = 10_000

type Kind = 'master_job_cache' | 'ext_job_cache'

export class JobCaches implements JobArchive {
  readonly #parts: JobCachesParts
  readonly #outlets: { readonly takes: readonly Delivery['kind'][]; readonly outlet: Outlet }[] = []
  #extJobCache: string | undefined

  constructor(parts: JobCachesParts) {
    this.#parts = parts
  }

  /** As it was at the start. */
  get extJobCache(): string | undefined {
    return this.#extJobCache
  }

  /** Throws `configuration` with `file:line`. */
  async start(): Promise<void> {
    const { master_job_cache, ext_job_cache } = this.#parts.options().values
    this.#extJobCache = ext_job_cache
    if (master_job_cache !== builtIn) await this.#open('master_job_cache', master_job_cache, ['job', 'return'])
    if (ext_job_cache !== undefined && ext_job_cache !== builtIn)
      await this.#open('ext_job_cache', ext_job_cache, ['job'])
    for (const kind of ['master_job_cache', 'ext_job_cache']) this.#parts.outlets.tellOrphans(kind)
  }

  /** A store that also tells the caches what comes. */
  mirror(store: JobStore): JobStore {
    return new MirroredJobStore(store, (delivery) => this.#put(delivery))
  }

  async use<T>(name: string | undefined, work: (reader: JobCacheReader) => Promise<T>): Promise<T | undefined> {
    const { master_job_cache, ext_job_cache } = this.#parts.options().values
    const names = name === undefined ? [ext_job_cache ?? builtIn, master_job_cache] : [name]
    for (const one of names) if (one !== builtIn) return await this.#read(one, work)
    return undefined
  }

  #put(delivery: Delivery): void {
    for (const { takes, outlet } of this.#outlets) if (takes.includes(delivery.kind)) outlet.put(delivery)
  }

  async #open(kind: Kind, name: string, takes: readonly Delivery['kind'][]): Promise<void> {
    const { registry, outlets, surroundings } = this.#parts
    for (const returner of await this.#prepared(name, takes, kind)) {
      // What the minions alone write to needs nothing from the master.
      const { takes: known } = await loadReturner(registry, returner.name)
      if (!takes.every((one) => known.includes(one))) continue
      const open = (signal: AbortSignal) => returner.open(surroundings, signal)
      this.#outlets.push({ takes, outlet: outlets.open({ kind, id: returner.name, returner: returner.name, open }) })
    }
  }

  async #prepared(name: string, takes: readonly Delivery['kind'][], kind?: Kind): Promise<readonly PreparedReturner[]> {
    const { registry } = this.#parts
    const { view, where } = this.#parts.options()
    const source = { all: view.all, where }
    const place = { shown: kind ?? 'ext_source', where: kind && where([kind]) }
    const needed = kind === 'ext_job_cache' ? [] : takes
    return await prepareReturners(registry, { name }, needed, source, place)
  }

  async #read<T>(name: string, work: (reader: JobCacheReader) => Promise<T>): Promise<T> {
    const { clock, surroundings } = this.#parts
    const ending = new AbortController()
    const limits = { clock, timeoutMs: readingMs, signal: ending.signal }
    try {
      for (const returner of await this.#prepared(name, []).catch(asArgumentFault)) {
        const opening = returner.open(surroundings, ending.signal)
        await using open = await inTime(opening, { ...limits, late: (late) => late[Symbol.asyncDispose]() })
        if (open.cache !== undefined) return await inTime(work(open.cache), limits)
      }
    } finally {
      ending.abort()
    }
    throw new SaltError('bad-arguments', `the returner ${name} cannot be read from`)
  }
}

/** Whoever asked has named it. */
function asArgumentFault(thrown: unknown): never {
  const { message, hint, where } = asSaltError(thrown)
  throw new SaltError('bad-arguments', message, {
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
    cause: thrown,
  })
}

class MirroredJobStore implements JobStore {
  readonly #store: JobStore
  readonly #put: (delivery: Delivery) => void

  constructor(store: JobStore, put: (delivery: Delivery) => void) {
    this.#store = store
    this.#put = put
  }

  add(job: JobRecord): void {
    this.#store.add(job)
    this.#put({ kind: 'job', job: loadRecordOf(job) })
  }

  setOutcome(jid: string, outcome: TargetOutcome): boolean {
    const isNew = this.#store.setOutcome(jid, outcome)
    if (isNew && outcome.ret !== undefined) this.#put({ kind: 'return', ret: outcome.ret })
    return isNew
  }

  close(jid: string, closedAt: number): void {
    this.#store.close(jid, closedAt)
  }

  get(jid: string): JobRecord | undefined {
    return this.#store.get(jid)
  }

  outcomes(jid: string): readonly TargetOutcome[] {
    return this.#store.outcomes(jid)
  }

  list(filter?: JobFilter): readonly JobRecord[] {
    return this.#store.list(filter)
  }

  open(): readonly JobRecord[] {
    return this.#store.open()
  }

  states(jid: string): ReturnType<JobStore['states']> {
    return this.#store.states(jid)
  }

  removeBefore(timeMs: number): number {
    return this.#store.removeBefore(timeMs)
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]()
  }
}
