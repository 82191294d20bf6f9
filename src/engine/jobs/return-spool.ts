/**
 * What a minion must not forget about its jobs: which it has seen, which it was running when it died, and which returns its
 * master has not confirmed. One spool per master.
 *
 * Memory holds what runs, the numbers of the returns that wait, and what is not on disk yet: jobs that have ended are the disk's
 * to remember. Changes go to disk in one transaction at the end of the turn of the event loop; what is made and confirmed within
 * one turn never gets there. With a full disk it works on in memory and says so.
 */
import type { Clock } from '../../base/clock.ts'
import type { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { pack, unpack } from '../../base/msgpack.ts'
import type { JobReturn } from '../../client/api.ts'
import { FollowingDatabase } from '../storage/following-database.ts'
import { packReturn, unpackReturn } from './packed-return.ts'
import { SpoolDatabase } from './spool-database.ts'
import type { JobLoad } from './types.ts'

export interface ReturnSpoolOptions {
  readonly clock: Clock
  readonly log: Log
  /** Returns that may wait; default 100,000. The oldest go first. */
  readonly maximumReturns?: number
  /** Bytes of returns that may wait; default 256 MiB. The oldest go first. */
  readonly maximumBytes?: number
  /** Bytes of returns that memory holds while the disk takes none; default 32 MiB. The oldest go first. */
  readonly maximumMemoryBytes?: number
  /** A return was given up before its master confirmed it. */
  readonly onDrop?: (jid: string) => void
  /** The disk takes nothing (the error), or takes it again (undefined). */
  readonly onFault?: (error: SaltError | undefined) => void
  /** Upper bound of the file in pages of 4 KiB. */
  readonly maximumPages?: number
}

export interface SpooledReturn {
  readonly seq: number
  readonly ret: JobReturn
}

export interface InterruptedJob {
  readonly jid: string
  readonly load: JobLoad
}

export interface ReturnSpool extends Disposable {
  /** Marks a job as accepted and running. False, and nothing else, when it was seen before. */
  start(jid: string, load: JobLoad): boolean
  /** Keeps the return until it is confirmed; answers its number. Numbers grow for as long as the file lives. */
  finish(ret: JobReturn): number
  /** The master has this return and all before it. */
  acknowledge(seq: number): void
  /** In the order of their numbers. */
  unacknowledged(): SpooledReturn[]
  /** Jobs that ran when the former process died and that have no return yet. */
  interrupted(): InterruptedJob[]
  /** Whether the job was started here before; remembered until some time after it has expired, and while its return waits. */
  seen(jid: string): boolean
  /** Resolves when everything until now is on disk, or the disk has refused it. Await it before a job acts on the world. */
  settled(): Promise<void>
  readonly counters: {
    readonly waiting: number
    readonly bytes: number
    readonly dropped: number
    readonly faults: number
  }
}

/** A job must stay known longer than its signature is valid, whatever the clocks say. */
const graceMs = 10 * 60_000
/** How often expired jobs are forgotten, and how many at most: in all more than can come in that time. */
const forgetting = { everyMs: 1000, atOnce: 20_000 }
/** Ended jobs that memory remembers while the disk takes none; the oldest go first. */
const mostEndedInMemory = 100_000

interface Job {
  readonly expiresAt: number
  isRunning: boolean
  /** Packed while it is not on disk, and until the job ends. */
  load: Uint8Array | null
  wasRunningBefore: boolean
}

interface Waiting {
  readonly jid: string
  readonly bytes: number
  /** The packed return until it is on disk. */
  ret: Uint8Array | null
}

/** Opens or makes the file (0600). `:memory:` keeps all in memory. Throws `storage` when the file cannot be used at all. */
export function openReturnSpool(path: string, options: ReturnSpoolOptions): ReturnSpool {
  return new SqliteReturnSpool(path, options)
}

class SqliteReturnSpool implements ReturnSpool {
  readonly #path: string
  readonly #options: ReturnSpoolOptions
  readonly #file: FollowingDatabase<SpoolDatabase>
  readonly #jobs = new Map<string, Job>()
  /** By number, which is also the order of insertion. */
  readonly #waiting = new Map<number, Waiting>()
  /** Jobs whose returns wait: they are known whatever this host takes for the time. */
  readonly #waitingJids = new Set<string>()
  readonly #dirtyJobs = new Set<string>()
  readonly #dirtyReturns = new Set<number>()
  readonly #removedReturns = new Set<number>()
  #nextSeq = 1
  #forgottenAt = 0
  #bytes = 0
  #memoryBytes = 0
  #dropped = 0

  constructor(path: string, options: ReturnSpoolOptions) {
    this.#path = path
    this.#options = options
    const { clock, log, onFault } = options
    this.#file = new FollowingDatabase({
      ...{ path, clock, log, what: 'the return spool', meanwhile: 'returns stay in memory', onFault },
      open: () => this.#open(),
      write: (database) => this.#write(database),
      renewed: () => this.#renewed(),
      refused: () => this.#bound(),
      lost: () => ({ dropped: this.#dropped }),
    })
    this.#file.ask((database) => this.#load(database))
  }

  get counters(): ReturnSpool['counters'] {
    return { waiting: this.#waiting.size, bytes: this.#bytes, dropped: this.#dropped, faults: this.#file.faults }
  }

  start(jid: string, load: JobLoad): boolean {
    if (this.seen(jid)) return false
    const expiresAt = load.expiresAt + graceMs
    this.#jobs.set(jid, { expiresAt, isRunning: true, load: pack(load), wasRunningBefore: false })
    this.#dirtyJobs.add(jid)
    this.#file.schedule()
    return true
  }

  finish(ret: JobReturn): number {
    const job = this.#jobs.get(ret.jid)
    if (job) {
      job.isRunning = false
      job.load = null
      this.#dirtyJobs.add(ret.jid)
    }
    const seq = this.#nextSeq++
    const packed = packReturn(ret)
    this.#waiting.set(seq, { jid: ret.jid, bytes: packed.length, ret: packed })
    this.#waitingJids.add(ret.jid)
    this.#dirtyReturns.add(seq)
    this.#bytes += packed.length
    this.#memoryBytes += packed.length
    this.#bound()
    this.#file.schedule()
    return seq
  }

  acknowledge(seq: number): void {
    for (const waitingSeq of this.#waiting.keys()) {
      if (waitingSeq > seq) return
      this.#remove(waitingSeq)
    }
  }

  unacknowledged(): SpooledReturn[] {
    const isMissing = [...this.#waiting.values()].some(({ ret }) => ret === null)
    const stored = isMissing ? this.#file.ask((database) => database.returns()) : undefined
    return [...this.#waiting].flatMap(([seq, { ret }]) => {
      const packed = ret ?? stored?.get(seq)
      return packed ? [{ seq, ret: unpackReturn(packed) }] : []
    })
  }

  interrupted(): InterruptedJob[] {
    return [...this.#jobs].flatMap(([jid, job]) => {
      if (!job.isRunning || !job.wasRunningBefore || !job.load) return []
      return [{ jid, load: unpack(job.load) as JobLoad }]
    })
  }

  seen(jid: string): boolean {
    return this.#jobs.has(jid) || this.#waitingJids.has(jid) || this.#file.ask((database) => database.hasJob(jid))
  }

  settled(): Promise<void> {
    return this.#file.settled()
  }

  [Symbol.dispose](): void {
    this.#file.close()
  }

  #open(): SpoolDatabase {
    const { log, clock, maximumPages } = this.#options
    return new SpoolDatabase(this.#path, {
      log,
      now: clock.now(),
      ...(maximumPages === undefined ? {} : { maximumPages }),
    })
  }

  #load(database: SpoolDatabase): void {
    for (const { jid, expiresAt, load } of database.runningJobs()) {
      this.#jobs.set(jid, { expiresAt, isRunning: true, load, wasRunningBefore: true })
    }
    for (const { seq, jid, bytes } of database.waiting()) {
      this.#waiting.set(seq, { jid, bytes, ret: null })
      this.#waitingJids.add(jid)
      this.#bytes += bytes
    }
    this.#nextSeq = database.nextSeq()
  }

  #remove(seq: number): void {
    const entry = this.#waiting.get(seq)
    if (!entry) return
    this.#waiting.delete(seq)
    this.#waitingJids.delete(entry.jid)
    this.#bytes -= entry.bytes
    if (entry.ret) this.#memoryBytes -= entry.bytes
    // What never reached the disk need not be removed from it.
    if (this.#dirtyReturns.delete(seq)) return
    this.#removedReturns.add(seq)
    this.#file.schedule()
  }

  #bound(): void {
    const { maximumReturns = 100_000, maximumBytes = 256 * 1024 * 1024 } = this.#options
    for (const seq of this.#waiting.keys()) {
      if (this.#waiting.size <= maximumReturns && (this.#bytes <= maximumBytes || this.#waiting.size === 1)) break
      this.#drop(seq)
    }
    if (!this.#file.isFaulty) return
    this.#boundEnded()
    const { maximumMemoryBytes = 32 * 1024 * 1024 } = this.#options
    for (const [seq, { ret }] of this.#waiting) {
      if (this.#memoryBytes <= maximumMemoryBytes || this.#waiting.size === 1) return
      if (ret) this.#drop(seq)
    }
  }

  #boundEnded(): void {
    if (this.#jobs.size <= mostEndedInMemory) return
    for (const [jid, { isRunning }] of this.#jobs) {
      if (this.#jobs.size <= mostEndedInMemory) return
      if (!isRunning) this.#jobs.delete(jid)
    }
  }

  #drop(seq: number): void {
    const jid = this.#waiting.get(seq)?.jid ?? ''
    this.#remove(seq)
    this.#dropped += 1
    this.#options.log.error('a return was given up: too many wait for the master', { jid })
    this.#options.onDrop?.(jid)
  }

  #write(database: SpoolDatabase): void {
    database.transaction(() => {
      for (const jid of this.#dirtyJobs) {
        const job = this.#jobs.get(jid)
        if (job) database.saveJob(jid, job.expiresAt, job.load)
      }
      for (const seq of this.#dirtyReturns) {
        const entry = this.#waiting.get(seq)
        if (entry?.ret) database.saveReturn(seq, entry.jid, entry.ret)
      }
      for (const seq of this.#removedReturns) database.removeReturn(seq)
      database.saveNextSeq(this.#nextSeq)
      this.#forgetExpired(database)
    })
    for (const jid of this.#dirtyJobs) if (this.#jobs.get(jid)?.isRunning === false) this.#jobs.delete(jid)
    for (const seq of this.#dirtyReturns) {
      const entry = this.#waiting.get(seq)
      if (entry) entry.ret = null
    }
    this.#dirtyJobs.clear()
    this.#dirtyReturns.clear()
    this.#removedReturns.clear()
    this.#memoryBytes = 0
  }

  #forgetExpired(database: SpoolDatabase): void {
    const now = this.#options.clock.now()
    if (now - this.#forgottenAt < forgetting.everyMs) return
    this.#forgottenAt = now
    database.removeExpired(now, forgetting.atOnce)
  }

  /** Returns that only the damaged file had are gone; everything else goes into the new one. */
  #renewed(): void {
    this.#removedReturns.clear()
    for (const jid of this.#jobs.keys()) this.#dirtyJobs.add(jid)
    for (const [seq, { ret }] of this.#waiting) {
      if (ret) this.#dirtyReturns.add(seq)
      else this.#drop(seq)
    }
    this.#removedReturns.clear()
  }
}
