/**
 * The master's job cache in SQLite.
 *
 * Writes are gathered in memory and go to disk in one transaction at the end of the turn of the event loop; reads see them at
 * once. What was written survives `kill -9`. When the disk is full, jobs go on in memory, within bounds, and are written when
 * there is room again. A damaged file is moved aside.
 */
import type { Clock } from '../../base/clock.ts'
import type { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { TargetOutcome, TargetState } from '../../client/api.ts'
import { FollowingDatabase } from '../storage/following-database.ts'
import { storageError } from '../storage/sqlite-file.ts'
import { JobDatabase } from './job-database.ts'
import { JobEntry } from './job-entry.ts'
import { compileJobFilter } from './job-filter.ts'
import type { JobFilter, JobRecord, JobStore } from './types.ts'

export interface JobStoreOptions {
  readonly clock: Clock
  readonly log: Log
  /** Called at the first failure of the disk and again when it has recovered (undefined). */
  readonly onFault?: (error: SaltError | undefined) => void
  /** Upper bound of the file in pages of 4 KiB. */
  readonly maximumPages?: number
  /** Bytes of returns that memory holds while the disk takes none; default 64 MiB. Beyond it the oldest values are dropped. */
  readonly maximumPendingBytes?: number
}

export interface JobStoreCounters {
  /** Failed attempts to write. */
  readonly faults: number
  /** Values of returns that neither disk nor memory could keep. */
  readonly droppedValues: number
  /** Closed jobs that were forgotten because the disk took none of them. */
  readonly droppedJobs: number
  /** Jobs in memory. */
  readonly cached: number
}

export interface PersistentJobStore extends JobStore {
  readonly counters: JobStoreCounters
  /** Resolves when what was stored until now is on disk, or the disk has refused it. */
  settled(): Promise<void>
}

/** Targets of closed jobs that stay in memory after they were stored. */
const cachedTargets = 20_000
/** Jobs in memory while the disk takes none. */
const maximumDirtyJobs = 10_000

/** Opens or makes the file (0600). `:memory:` keeps all in memory. Throws `storage` when the file cannot be used at all. */
export function openJobStore(path: string, options: JobStoreOptions): PersistentJobStore {
  return new SqliteJobStore(path, options)
}

class SqliteJobStore implements PersistentJobStore {
  readonly #path: string
  readonly #options: JobStoreOptions
  readonly #file: FollowingDatabase<JobDatabase>
  /** Least recently used first. */
  readonly #entries = new Map<string, JobEntry>()
  readonly #dirty = new Set<JobEntry>()
  #cachedTargets = 0
  #droppedValues = 0
  #droppedJobs = 0
  #pendingBytes = 0

  constructor(path: string, options: JobStoreOptions) {
    this.#path = path
    this.#options = options
    const { clock, log, onFault } = options
    this.#file = new FollowingDatabase({
      ...{ path, clock, log, what: 'the job cache', meanwhile: 'jobs go on in memory', onFault },
      open: () => this.#open(),
      write: (database) => this.#write(database),
      renewed: () => this.#renewed(),
      refused: () => this.#boundMemory(),
      lost: () => ({ dropped_values: this.#droppedValues, dropped_jobs: this.#droppedJobs }),
    })
  }

  get counters(): JobStoreCounters {
    const { size } = this.#entries
    const { faults } = this.#file
    return { faults, droppedValues: this.#droppedValues, droppedJobs: this.#droppedJobs, cached: size }
  }

  add(record: JobRecord): void {
    const entry = this.#entry(record.jid) ?? this.#remember(new JobEntry(record))
    entry.record = record
    entry.isRecordDirty = true
    this.#touched(entry)
  }

  setOutcome(jid: string, outcome: TargetOutcome): boolean {
    const entry = this.#entry(jid)
    const { size = 0, bytes = 0 } = entry ?? {}
    if (!entry?.set(outcome)) return false
    this.#cachedTargets += entry.size - size
    this.#pendingBytes += entry.bytes - bytes
    this.#touched(entry)
    return true
  }

  close(jid: string, closedAt: number): void {
    const entry = this.#entry(jid)
    if (!entry || entry.record.closedAt !== undefined) return
    entry.record = { ...entry.record, closedAt }
    entry.isRecordDirty = true
    this.#touched(entry)
  }

  get(jid: string): JobRecord | undefined {
    return this.#entry(jid)?.record
  }

  outcomes(jid: string): readonly TargetOutcome[] {
    const entry = this.#entry(jid)
    if (!entry) return []
    const { job } = entry
    return entry.outcomes(() => (job === undefined ? [] : this.#file.ask((database) => database.outcomes(job))))
  }

  states(jid: string): Readonly<Record<string, TargetState>> {
    return this.#entry(jid)?.states() ?? {}
  }

  open(): readonly JobRecord[] {
    this.#file.flush()
    return this.#withMemory(
      this.#file.ask((database) => database.open()),
      (record) => record.closedAt === undefined,
    )
  }

  list(filter: JobFilter = {}): readonly JobRecord[] {
    this.#file.flush()
    const matches = compileJobFilter(filter)
    const limit = filter.limit ?? Number.POSITIVE_INFINITY
    if (limit <= 0) return []
    const stored = this.#file.ask((database) => newest(database, filter, matches, limit))
    const all = this.#withMemory(stored, matches)
    return all.length > limit ? all.slice(-limit) : all
  }

  removeBefore(timeMs: number): number {
    this.#file.flush()
    const removed = new Set(this.#tryRemove(timeMs))
    for (const [jid, entry] of this.#entries) {
      const { startedAt, closedAt = timeMs } = entry.record
      if (startedAt >= timeMs || closedAt >= timeMs) continue
      removed.add(jid)
      this.#forget(jid, entry)
    }
    return removed.size
  }

  settled(): Promise<void> {
    return this.#file.settled()
  }

  [Symbol.dispose](): void {
    this.#file.close()
  }

  #open(): JobDatabase {
    const { log, clock, maximumPages } = this.#options
    return new JobDatabase(this.#path, {
      log,
      now: clock.now(),
      ...(maximumPages === undefined ? {} : { maximumPages }),
    })
  }

  #entry(jid: string): JobEntry | undefined {
    const entry = this.#entries.get(jid)
    if (entry) {
      this.#entries.delete(jid)
      this.#entries.set(jid, entry)
      return entry
    }
    const loaded = this.#file.ask((database) => load(database, jid))
    return loaded && this.#remember(loaded)
  }

  #remember(entry: JobEntry): JobEntry {
    this.#entries.set(entry.record.jid, entry)
    this.#cachedTargets += entry.size
    this.#evict()
    return entry
  }

  #forget(jid: string, entry: JobEntry): void {
    this.#entries.delete(jid)
    if (this.#dirty.delete(entry)) this.#pendingBytes -= entry.bytes
    this.#cachedTargets -= entry.size
  }

  #evict(): void {
    if (this.#cachedTargets <= cachedTargets) return
    for (const [jid, entry] of this.#entries) {
      if (this.#cachedTargets <= cachedTargets) return
      if (!entry.isOpen && !entry.isDirty) this.#forget(jid, entry)
    }
  }

  #touched(entry: JobEntry): void {
    this.#dirty.add(entry)
    this.#file.schedule()
    if (this.#file.isFailing) this.#boundMemory()
  }

  #write(database: JobDatabase): void {
    const jobs = new Map<JobEntry, number>()
    database.transaction(() => {
      for (const entry of this.#dirty) {
        const known = entry.isRecordDirty ? undefined : entry.job
        const job = known ?? database.saveJob(entry.record)
        for (const row of entry.dirtyRows()) database.saveOutcome(job, row)
        jobs.set(entry, job)
      }
    })
    for (const [entry, job] of jobs) {
      entry.job = job
      entry.markStored()
    }
    this.#dirty.clear()
    this.#pendingBytes = 0
    this.#evict()
  }

  /** What memory knows goes into the new file. */
  #renewed(): void {
    for (const entry of this.#entries.values()) {
      entry.markLost()
      this.#dirty.add(entry)
    }
  }

  #boundMemory(): void {
    const limit = this.#options.maximumPendingBytes ?? 64 * 1024 * 1024
    for (const entry of this.#dirty) {
      if (this.#pendingBytes <= limit) break
      this.#pendingBytes -= entry.bytes
      this.#droppedValues += entry.dropValues()
    }
    if (this.#dirty.size <= maximumDirtyJobs) return
    for (const entry of this.#dirty) {
      if (this.#dirty.size <= maximumDirtyJobs) return
      if (entry.isOpen) continue
      this.#forget(entry.record.jid, entry)
      this.#droppedJobs += 1
    }
  }

  #tryRemove(timeMs: number): readonly string[] {
    try {
      return this.#file.ask((database) => database.removeBefore(timeMs))
    } catch (error) {
      this.#options.log.error('old jobs cannot be removed', { error: storageError(this.#path, error).message })
      return []
    }
  }

  /** Records of the database, with those that only memory has or knows better; in the order of their jids. */
  #withMemory(records: readonly JobRecord[], matches: (record: JobRecord) => boolean): JobRecord[] {
    const all = new Map(records.map((record) => [record.jid, record]))
    for (const { record } of this.#dirty) {
      if (matches(record)) all.set(record.jid, record)
      else all.delete(record.jid)
    }
    return [...all.values()].sort((left, right) => (left.jid < right.jid ? -1 : 1))
  }
}

function newest(
  database: JobDatabase,
  filter: JobFilter,
  matches: (record: JobRecord) => boolean,
  limit: number,
): JobRecord[] {
  const { startedAfterMs = Number.MIN_SAFE_INTEGER, startedBeforeMs = Number.MAX_SAFE_INTEGER } = filter
  const found: JobRecord[] = []
  for (const record of database.between(startedAfterMs, startedBeforeMs)) {
    if (matches(record) && found.push(record) >= limit) break
  }
  return found
}

function load(database: JobDatabase, jid: string): JobEntry | undefined {
  const found = database.find(jid)
  if (!found) return undefined
  const entry = new JobEntry(found.record, found.job)
  for (const { id, state, reason, hasReturn } of database.states(found.job)) entry.adopt(id, state, reason, hasReturn)
  return entry
}
