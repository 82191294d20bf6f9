import type { Clock, Timer } from '../../base/clock.ts'
import type { JobReturn, PublishItem, TargetOutcome, TargetState } from '../../client/api.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'

/** What is known of a target that has no final state yet. */
type Progress = 'sent' | 'acknowledged' | 'lost'

export interface LiveJobOptions {
  readonly load: JobLoad
  readonly minions: readonly string[]
  readonly clock: Clock
  /** How long a target may stay silent. */
  readonly timeoutMs: number
  /** How long a minion that was lost while it ran the job may take to come back. */
  readonly reconnectMs: number
  /** End at `timeoutMs` whatever still runs. */
  readonly hardDeadline: boolean
  /** Called once per target with its final state. */
  onOutcome(outcome: TargetOutcome): void
  /** Called once, when the last target has its state. */
  onClosed(): void
}

export type JobFollower = (item: PublishItem) => void

/** A job whose targets are not all in: follows each target to its one named state. */
export class LiveJob {
  readonly load: JobLoad
  readonly minions: readonly string[]
  /** Resolves when every target has its final state. */
  readonly ended: Promise<void>
  #end: () => void = () => {}
  readonly #options: LiveJobOptions
  readonly #open = new Map<string, Progress>()
  readonly #followers = new Set<JobFollower>()
  readonly #deadline: Timer
  /** Per minion that was lost: until when it may come back. */
  readonly #reconnects = new Map<string, Timer>()
  readonly #outcomes = new Map<string, TargetOutcome>()

  constructor(options: LiveJobOptions) {
    this.#options = options
    this.load = options.load
    this.minions = options.minions
    for (const id of options.minions) this.#open.set(id, 'sent')
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#deadline = options.clock.after(options.timeoutMs, () => this.#timeIsOver(), { background: true })
  }

  get jid(): string {
    return this.load.jid
  }

  get isClosed(): boolean {
    return this.#open.size === 0
  }

  /** Targets without a final state. */
  get openTargets(): readonly string[] {
    return [...this.#open.keys()]
  }

  outcomes(): readonly TargetOutcome[] {
    return [...this.#outcomes.values()]
  }

  isOpen(id: string): boolean {
    return this.#open.has(id)
  }

  follow(follower: JobFollower): { stop(): void } {
    for (const outcome of this.#outcomes.values()) follower({ kind: 'outcome', jid: this.jid, ...outcome })
    this.#followers.add(follower)
    return { stop: () => this.#followers.delete(follower) }
  }

  /** The minion says that it has the job, or, after it came back, that it still runs it. */
  acknowledged(id: string): void {
    if (!this.#open.has(id)) return
    this.#open.set(id, 'acknowledged')
    this.#forgetReconnect(id)
  }

  returned(ret: JobReturn): void {
    this.#finish({ id: ret.id, state: ret.success ? 'returned' : 'failed', ret })
  }

  refused(id: string, state: Extract<TargetState, 'denied' | 'expired'>, reason: string): void {
    this.#finish({ id, state, reason })
  }

  notConnected(id: string, reason: string): void {
    this.#finish({ id, state: 'not-connected', reason })
  }

  /**
   * The minion's session ended. A job that it had confirmed may still run, or its return be on the way: it gets time to come
   * back. One that it had not confirmed may never have arrived, and is not sent again.
   */
  lost(id: string): void {
    const progress = this.#open.get(id)
    if (progress === 'sent') return this.notConnected(id, 'the connection was lost before the minion confirmed the job')
    if (progress !== 'acknowledged') return
    this.#open.set(id, 'lost')
    const giveUp = (): void =>
      this.#finish({ id, state: 'timeout', reason: 'the connection was lost while the job ran' })
    this.#reconnects.set(id, this.#options.clock.after(this.#options.reconnectMs, giveUp, { background: true }))
  }

  /** Gives every open target its final state: the master stops to follow them. */
  abandon(reason: string): void {
    for (const id of this.openTargets) this.#finish({ id, state: 'timeout', reason })
  }

  [Symbol.dispose](): void {
    this.#deadline.cancel()
    for (const timer of this.#reconnects.values()) timer.cancel()
    this.#reconnects.clear()
  }

  #timeIsOver(): void {
    for (const [id, progress] of this.#open) {
      if (progress === 'sent')
        this.#finish({ id, state: 'no-ack', reason: 'the minion did not confirm that it got the job' })
      else if (this.#options.hardDeadline) {
        this.#finish({ id, state: 'timeout', reason: 'still running when the time was over' })
      }
    }
  }

  #finish(outcome: TargetOutcome): void {
    if (!this.#open.delete(outcome.id)) return
    this.#forgetReconnect(outcome.id)
    this.#outcomes.set(outcome.id, outcome)
    this.#options.onOutcome(outcome)
    for (const follower of this.#followers) follower({ kind: 'outcome', jid: this.jid, ...outcome })
    if (this.#open.size > 0) return
    this[Symbol.dispose]()
    this.#options.onClosed()
    this.#end()
  }

  #forgetReconnect(id: string): void {
    this.#reconnects.get(id)?.cancel()
    this.#reconnects.delete(id)
  }
}
