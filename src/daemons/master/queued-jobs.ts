import type { Clock, Timer } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import { approximateSize } from '../../bus/size.ts'
import type { TargetOutcome } from '../../client/api.ts'
import type { JobLoad, JobRecord, JobStore } from '../../engine/jobs/types.ts'

/** Deliveries that may wait at a time, and what their arguments may take of memory in all. */
const mostDeliveries = 100_000
const mostBytes = 64 * 1024 * 1024
const mebibyte = 1024 * 1024

export interface QueuedJobsOptions {
  readonly clock: Clock
  readonly store: Pick<JobStore, 'get'>
  /** A target waits no longer: its time is over, or the job was taken back, or its key lost its right. */
  settled(jid: string, outcome: TargetOutcome): void
  /** No target of the job waits any more. */
  emptied(jid: string): void
}

interface Waiting {
  readonly jid: string
  readonly expiresAt: number
  readonly bytes: number
  readonly minions: Set<string>
}

/** Why a target waits; `2026-11-22 11:05:03 UTC` is when its time is over. */
export function queuedReason(expiresAt: number): string {
  return `until ${new Date(expiresAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** Which minions a job still waits for. The job cache has the jobs themselves, and keeps them over a restart. */
export class QueuedJobs implements Disposable {
  readonly #options: QueuedJobsOptions
  readonly #jobs = new Map<string, Waiting>()
  readonly #byMinion = new Map<string, Set<string>>()
  #deliveries = 0
  #bytes = 0
  #timer: { readonly at: number; readonly timer: Timer } | undefined

  constructor(options: QueuedJobsOptions) {
    this.#options = options
  }

  /** Deliveries that wait. */
  get size(): number {
    return this.#deliveries
  }

  holds(jid: string): boolean {
    return this.#jobs.has(jid)
  }

  has(jid: string, id: string): boolean {
    return this.#jobs.get(jid)?.minions.has(id) === true
  }

  /** Throws `overloaded` when so many more deliveries of this job do not fit. */
  admit(load: JobLoad, deliveries: number): void {
    if (deliveries === 0) return
    const tooMany = this.#deliveries + deliveries > mostDeliveries
    if (!tooMany && this.#bytes + sizeOf(load) <= mostBytes) return
    const what = tooMany ? `${this.#deliveries} deliveries` : `${Math.round(this.#bytes / mebibyte)} MiB of jobs`
    throw new SaltError('overloaded', `${what} wait for minions already; no more can be queued`, {
      hint: 'See them with `salt run jobs.list_queued`, and take back what is not needed with `salt run jobs.withdraw JID`.',
    })
  }

  add(job: Pick<JobLoad, 'jid' | 'arg' | 'expiresAt'>, id: string): void {
    const { jid, expiresAt } = job
    let waiting = this.#jobs.get(jid)
    if (waiting === undefined) {
      waiting = { jid, expiresAt, bytes: sizeOf(job), minions: new Set() }
      this.#jobs.set(jid, waiting)
      this.#bytes += waiting.bytes
    }
    if (waiting.minions.has(id)) return
    waiting.minions.add(id)
    this.#deliveries += 1
    const ofMinion = this.#byMinion.get(id) ?? new Set()
    this.#byMinion.set(id, ofMinion.add(jid))
    this.#expireAt(expiresAt)
  }

  /** False when it does not wait. */
  remove(jid: string, id: string): boolean {
    const waiting = this.#jobs.get(jid)
    if (waiting?.minions.delete(id) !== true) return false
    this.#deliveries -= 1
    const ofMinion = this.#byMinion.get(id)
    ofMinion?.delete(jid)
    if (ofMinion?.size === 0) this.#byMinion.delete(id)
    if (waiting.minions.size > 0) return true
    this.#jobs.delete(jid)
    this.#bytes -= waiting.bytes
    if (this.#jobs.size === 0) this[Symbol.dispose]()
    return true
  }

  /** The jobs that wait for this minion and whose time is not over, the oldest first. They go on waiting. */
  of(id: string): readonly JobRecord[] {
    const { clock, store } = this.#options
    const now = clock.now()
    return [...(this.#byMinion.get(id) ?? [])]
      .filter((jid) => (this.#jobs.get(jid)?.expiresAt ?? 0) > now)
      .sort()
      .flatMap((jid) => store.get(jid) ?? [])
  }

  /** Takes the job back from these minions, or from all that it waits for; answers from which it could be. */
  withdraw(jid: string, by: string, ids?: readonly string[]): readonly string[] {
    const waiting = [...(this.#jobs.get(jid)?.minions ?? [])].filter((id) => ids?.includes(id) ?? true).sort()
    for (const id of waiting) this.#settle(jid, { id, state: 'withdrawn', reason: `by ${by}` })
    return waiting
  }

  /** The minion is not the one that was meant any more. */
  revoke(id: string, reason: string): void {
    for (const jid of [...(this.#byMinion.get(id) ?? [])]) this.#settle(jid, { id, state: 'denied', reason })
  }

  [Symbol.dispose](): void {
    this.#timer?.timer.cancel()
    this.#timer = undefined
  }

  #settle(jid: string, outcome: TargetOutcome): void {
    this.remove(jid, outcome.id)
    this.#options.settled(jid, outcome)
    if (!this.#jobs.has(jid)) this.#options.emptied(jid)
  }

  #expireAt(expiresAt: number): void {
    if (this.#timer !== undefined && this.#timer.at <= expiresAt) return
    this.#timer?.timer.cancel()
    const { clock } = this.#options
    const delayMs = Math.max(0, expiresAt - clock.now())
    this.#timer = { at: expiresAt, timer: clock.after(delayMs, () => this.#timeIsOver(), { background: true }) }
  }

  #timeIsOver(): void {
    this.#timer = undefined
    this.#expire()
    const next = Math.min(...[...this.#jobs.values()].map(({ expiresAt }) => expiresAt))
    // The wall clock may have been set back meanwhile.
    if (Number.isFinite(next)) this.#expireAt(Math.max(next, this.#options.clock.now() + 1000))
  }

  #expire(): void {
    const now = this.#options.clock.now()
    const reason = 'the minion did not come in time'
    for (const { jid, expiresAt, minions } of [...this.#jobs.values()]) {
      if (expiresAt > now) continue
      for (const id of [...minions]) this.#settle(jid, { id, state: 'expired', reason })
    }
  }
}

function sizeOf({ arg }: Pick<JobLoad, 'arg'>): number {
  return approximateSize(arg, mostBytes) + 200
}
