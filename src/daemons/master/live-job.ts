import type { Clock, Timer } from '../../base/clock.ts'
import type { JobReturn, PublishItem, TargetOutcome, TargetState } from '../../client/api.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import { queuedReason } from './queued-jobs.ts'

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
  /** Called once per target with its final state; again for one that was taken up again. */
  onOutcome(outcome: TargetOutcome): void
  /** The minion has the job for certain. */
  onAcknowledged?(id: string): void
  /** Called once, when the last target has its state. */
  onClosed(): void
}

export type JobFollower = (item: PublishItem) => void

/** A job whose targets are not all in: follows each target to its one named state. */
export class LiveJob {
  readonly load: JobLoad
  /** Resolves when every target has its final state. */
  readonly ended: Promise<void>
  #end: () => void = () => {}
  readonly #options: LiveJobOptions
  readonly #minions: Set<string>
  readonly #open = new Map<string, Progress>()
  readonly #followers = new Set<JobFollower>()
  readonly #deadline: Timer
  /** Per minion that was lost, or that a queued job was sent to: until when it may come back, or confirm. */
  readonly #reconnects = new Map<string, Timer>()
  readonly #outcomes = new Map<string, TargetOutcome>()

  constructor(options: LiveJobOptions) {
    this.#options = options
    this.load = options.load
    this.#minions = new Set(options.minions)
    for (const id of options.minions) this.#open.set(id, 'sent')
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#deadline = options.clock.after(options.timeoutMs, () => this.#timeIsOver(), { background: true })
  }

  get jid(): string {
    return this.load.jid
  }

  /** Targets that this has followed from the beginning or since. */
  get minions(): readonly string[] {
    return [...this.#minions]
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
    const before = this.#open.get(id)
    if (before === undefined) return
    this.#open.set(id, 'acknowledged')
    this.#forgetReconnect(id)
    if (before === 'sent') this.#options.onAcknowledged?.(id)
  }

  /** A queued job is sent to a minion that was away. */
  reopen(id: string): void {
    this.#minions.add(id)
    this.#outcomes.delete(id)
    this.#open.set(id, 'sent')
    const { clock, reconnectMs } = this.#options
    this.#reconnects.set(
      id,
      clock.after(reconnectMs, () => this.#unconfirmed(id), { background: true }),
    )
  }

  /** The minion has run this queued job before: what it returned is on its way, or is lost. */
  ranBefore(id: string): void {
    this.acknowledged(id)
    this.#wait(id, 'the minion has run the job before, and its return did not come')
  }

  /** A target that waits in the queue has ended there. */
  revised(outcome: TargetOutcome): void {
    if (!this.#outcomes.has(outcome.id)) return
    this.#outcomes.set(outcome.id, outcome)
    this.#tell(outcome)
  }

  returned(ret: JobReturn): void {
    this.#finish({ id: ret.id, state: ret.success ? 'returned' : 'failed', ret })
  }

  refused(id: string, state: Extract<TargetState, 'denied' | 'expired'>, reason: string): void {
    this.#finish({ id, state, reason })
  }

  notConnected(id: string, reason: string): void {
    if (!this.#queue(id)) this.#finish({ id, state: 'not-connected', reason })
  }

  /**
   * The minion's session ended. A job that it had confirmed may still run, or its return be on the way: it gets time to come
   * back. One that it had not confirmed may never have arrived, and is not sent again, unless it may be queued.
   */
  lost(id: string): void {
    const progress = this.#open.get(id)
    if (progress === 'sent') return this.notConnected(id, 'the connection was lost before the minion confirmed the job')
    if (progress === 'acknowledged') this.#wait(id, 'the connection was lost while the job ran')
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
      if (progress === 'sent') this.#unconfirmed(id)
      else if (this.#options.hardDeadline) {
        this.#finish({ id, state: 'timeout', reason: 'still running when the time was over' })
      }
    }
  }

  #unconfirmed(id: string): void {
    const reason = 'the minion did not confirm that it got the job'
    if (!this.#queue(id)) this.#finish({ id, state: 'no-ack', reason })
  }

  /** Gives a minion that had the job time to report. */
  #wait(id: string, reason: string): void {
    if (!this.#open.has(id)) return
    this.#open.set(id, 'lost')
    const giveUp = (): void => this.#finish({ id, state: 'timeout', reason })
    this.#reconnects.set(id, this.#options.clock.after(this.#options.reconnectMs, giveUp, { background: true }))
  }

  /** Whether the target may wait for its minion. */
  #queue(id: string): boolean {
    const { queue, expiresAt } = this.load
    if (queue !== true || this.#options.clock.now() >= expiresAt) return false
    this.#finish({ id, state: 'queued', reason: queuedReason(expiresAt) })
    return true
  }

  #tell(outcome: TargetOutcome): void {
    for (const follower of this.#followers) follower({ kind: 'outcome', jid: this.jid, ...outcome })
  }

  #finish(outcome: TargetOutcome): void {
    if (!this.#open.delete(outcome.id)) return
    this.#forgetReconnect(outcome.id)
    this.#outcomes.set(outcome.id, outcome)
    this.#options.onOutcome(outcome)
    this.#tell(outcome)
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

/** An item of a stream as the outcome that it tells of. */
export function outcomeOf(item: TargetOutcome): TargetOutcome {
  const { id, state, ret, reason } = item
  return { id, state, ...(ret === undefined ? {} : { ret }), ...(reason === undefined ? {} : { reason }) }
}
