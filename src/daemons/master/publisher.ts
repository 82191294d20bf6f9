import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { untilAborted } from '../../base/until-aborted.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { JobReturn, Published, PublishRequest, TargetOutcome } from '../../client/api.ts'
import type { JidClock } from '../../engine/jobs/jid.ts'
import type { JobLoad, JobRecord, JobStore } from '../../engine/jobs/types.ts'
import type { Identity } from '../../wire/identity.ts'
import { JobDelivery } from './job-delivery.ts'
import { tellNewJob, tellRefusedJob } from './job-events.ts'
import { type JobOrigin, newLoad, packed } from './job-load.ts'
import { JobOutcomes } from './job-outcomes.ts'
import { loadOf, recordOf } from './job-record.ts'
import { type JobFollower, LiveJob } from './live-job.ts'
import type { MinionSession, MinionSessions } from './minion-sessions.ts'
import { QueuedJobs } from './queued-jobs.ts'
import { type TargetRequest, TargetResolver, type TargetResolverOptions } from './target-resolver.ts'

export interface PublisherOptions extends TargetResolverOptions {
  readonly identity: Identity
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  readonly store: JobStore
  readonly sessions: MinionSessions
  readonly jids: JidClock
  /** Salt's `gather_job_timeout`. */
  readonly reconnectMs: number
  /** How long a queued job waits where its request does not say. */
  queueTtlMs(): number
  /** The returner that the minions use for every job. */
  extJobCache?(): string | undefined
  /** Whether the event of the bare jid is fired, too (off by default). */
  readonly firesBareJids?: boolean
}

/** Publishes jobs and brings each of their targets to its final state. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #delivery: JobDelivery
  readonly #targets: TargetResolver
  readonly #outcomes: JobOutcomes
  readonly #live = new Map<string, LiveJob>()
  readonly #queue: QueuedJobs
  #published = 0

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#delivery = new JobDelivery(options.identity, options.sessions)
    this.#outcomes = new JobOutcomes(options)
    this.#targets = new TargetResolver(options)
    this.#queue = new QueuedJobs({
      clock: options.clock,
      store: options.store,
      settled: (jid, outcome) => {
        this.#outcomes.settle(jid, outcome)
        this.#live.get(jid)?.revised(outcome)
      },
      emptied: (jid) => this.#closeIfEnded(jid),
    })
  }

  get counters(): Readonly<Record<string, number>> {
    return { published: this.#published, live: this.#live.size, queued: this.#queue.size }
  }

  /** Accepted minions that the target means, sorted. Throws `bad-target`. */
  resolve(request: TargetRequest): readonly string[] {
    return this.#targets.resolve(request)
  }

  /** As `resolve`, but only those of whom all is known that the target looks at. */
  resolveKnown(request: TargetRequest): readonly string[] {
    return this.#targets.resolveKnown(request)
  }

  /** Throws `no-match` when the target means nobody. The follower gets `published` first, then each outcome once. */
  publish(request: PublishRequest, origin: JobOrigin, follower?: JobFollower): LiveJob {
    const known = this.resolve(request)
    if (known.length === 0) throw this.#targets.noMatch(request)
    const unknown = this.#targets.unknown(request)
    const minions = unknown.length === 0 ? known : [...known, ...unknown].sort()
    const load = this.#load(request, origin)
    const body = packed(load)
    if (load.queue === true) this.#queue.admit(load, known.filter((id) => !this.#isConnected(id)).length)
    this.#options.store.add(recordOf(load, minions))
    const job = this.#track(load, minions, request.timeout * 1000, request.hardDeadline)
    this.#published += 1
    tellNewJob(this.#options.bus, {
      load,
      minions,
      missing: minions.filter((id) => !this.#isConnected(id)),
      isLegacy: this.#options.firesBareJids === true,
    })
    follower?.({ kind: 'published', jid: load.jid, minions })
    if (follower !== undefined) job.follow(follower)
    for (const id of unknown) job.refused(id, 'denied', 'no key of this minion is accepted')
    this.#delivery.send(job, body)
    return job
  }

  /** A job that is still open, if it is. */
  live(jid: string): LiveJob | undefined {
    return this.#live.get(jid)
  }

  liveJobs(): readonly LiveJob[] {
    return [...this.#live.values()]
  }

  /** Follows a job that may be over already. Resolves when every target has its final state. */
  async follow(jid: string, follower: JobFollower, signal?: AbortSignal): Promise<Published> {
    const record = this.#options.store.get(jid)
    if (record === undefined) throw new SaltError('no-match', `no job ${jid} is known`)
    const published = { jid, minions: record.minions }
    follower({ kind: 'published', ...published })
    const live = this.#live.get(jid)
    if (live === undefined) {
      for (const outcome of this.#options.store.outcomes(jid)) follower({ kind: 'outcome', jid, ...outcome })
      return published
    }
    // A job that was taken up after a restart knows only the targets that were open then.
    const followed = new Set(live.minions)
    for (const outcome of this.#options.store.outcomes(jid)) {
      if (!followed.has(outcome.id)) follower({ kind: 'outcome', jid, ...outcome })
    }
    const following = live.follow(follower)
    await untilAborted(live.ended, signal)
    following.stop()
    return published
  }

  /** `publish`, resolved when the job is closed. */
  async publishAndWait(
    request: PublishRequest,
    origin: JobOrigin,
    follower: JobFollower,
    signal?: AbortSignal,
  ): Promise<Published> {
    const job = this.publish(request, origin, (item) => {
      if (signal?.aborted !== true) follower(item)
    })
    await untilAborted(job.ended, signal)
    return { jid: job.jid, minions: job.minions }
  }

  /** Tells those who look for the job under the jid of its client's choice that it is not permitted. */
  tellRefused(jid: string, request: PublishRequest, error: SaltError): void {
    tellRefusedJob(this.#options.bus, jid, request, error)
  }

  /** A return that arrived in the session of `session`; its id counts, not a field of the payload. */
  returned(session: MinionSession, ret: JobReturn): void {
    this.#returned(session.id, ret)
  }

  #returned(id: string, ret: JobReturn): void {
    const job = this.#live.get(ret.jid)
    if (job?.isOpen(ret.id)) return job.returned(ret)
    const known = this.#options.store.get(ret.jid)
    if (known === undefined || !known.minions.includes(ret.id)) return this.#outcomes.drop(id, ret, 'not targeted')
    const state = this.#options.store.states(ret.jid)[ret.id]
    if (state === 'denied') return this.#outcomes.drop(id, ret, 'denied')
    // A minion that ended before it knew that this return had come.
    if (state === 'returned' || state === 'failed') return
    const outcome: TargetOutcome = { id: ret.id, state: ret.success ? 'returned' : 'failed', ret }
    const hasWaited = this.#queue.remove(ret.jid, ret.id)
    this.#outcomes.settle(ret.jid, outcome)
    if (!hasWaited) return
    job?.revised(outcome)
    this.#closeIfEnded(ret.jid)
  }

  /** A return of work that no job asked for (`salt call`): stored as a job of its own. Its jid is the minion's word only. */
  returnedUnasked(ret: JobReturn, user: string): void {
    const { store } = this.#options
    if (store.get(ret.jid) !== undefined) return this.#returned(ret.id, ret)
    store.add({
      jid: ret.jid,
      fun: ret.fun,
      arg: ret.fun_args,
      tgt: ret.id,
      tgtType: 'glob',
      user,
      ...(ret.metadata === undefined ? {} : { metadata: ret.metadata }),
      minions: [ret.id],
      startedAt: this.#options.clock.now(),
    })
    const asked = { arg: ret.fun_args, tgt: ret.id, tgt_type: 'glob' }
    this.#outcomes.settle(ret.jid, { id: ret.id, state: ret.success ? 'returned' : 'failed', ret }, asked)
    store.close(ret.jid, this.#options.clock.now())
  }

  /**
   * The minion connected: jobs that it says it runs stay open. Any other was sent over a session that has ended, maybe without
   * the master having noticed; what it left in the minion's spool comes next.
   */
  connected(session: MinionSession, running: readonly string[]): void {
    const runs = new Set(running)
    for (const job of this.#live.values()) {
      if (runs.has(job.jid)) job.acknowledged(session.id)
      else job.lost(session.id)
    }
    for (const record of this.#queue.of(session.id)) this.#sendQueued(record, session.id, runs.has(record.jid))
  }

  /** The minion has the job, and runs it once. */
  acknowledged(id: string, jid: string): void {
    this.#openTarget(id, jid)?.acknowledged(id)
  }

  refused(id: string, jid: string, state: 'denied' | 'expired', reason: string): void {
    this.#openTarget(id, jid)?.refused(id, state, reason)
  }

  /** The minion was sent a queued job that it has run before. */
  ranBefore(id: string, jid: string): void {
    this.#openTarget(id, jid)?.ranBefore(id)
  }

  /** Takes a job back from minions that it waits for (without `ids`: from all of them); answers from which it could be. */
  withdraw(jid: string, by: string, ids?: readonly string[]): readonly string[] {
    return this.#queue.withdraw(jid, by, ids)
  }

  disconnected(id: string): void {
    for (const job of this.#live.values()) job.lost(id)
  }

  /** The key of the minion has lost its right: nothing that it still says counts. */
  revoked(id: string, reason: string): void {
    for (const job of this.#live.values()) job.refused(id, 'denied', reason)
    this.#queue.revoke(id, reason)
  }

  /** Takes up the jobs that were open when the master ended: their minions may still return, or wait to get them. */
  resume(): void {
    const accepted = new Set(this.#options.accepted())
    for (const record of this.#options.store.open()) {
      const states = this.#options.store.states(record.jid)
      const load = loadOf(record)
      // Whether a queued job arrived is not known unless its minion has confirmed it: it is sent again.
      const mayWait = (id: string): boolean => load.queue === true && states[id] !== 'running'
      const open = record.minions.filter((id) => [undefined, 'running', 'queued'].includes(states[id]))
      for (const id of open.filter(mayWait)) {
        if (accepted.has(id)) this.#queue.add(load, id)
        else
          this.#outcomes.settle(load.jid, {
            id,
            state: 'denied',
            reason: 'the key of this minion is no longer accepted',
          })
      }
      const minions = open.filter((id) => !mayWait(id))
      if (minions.length > 0) {
        const job = this.#track(load, minions, this.#options.reconnectMs)
        for (const id of minions) {
          job.acknowledged(id)
          job.lost(id)
        }
      }
      this.#closeIfEnded(record.jid)
    }
  }

  [Symbol.dispose](): void {
    for (const job of this.#live.values()) job[Symbol.dispose]()
    this.#live.clear()
    this.#queue[Symbol.dispose]()
  }

  #isConnected(id: string): boolean {
    return this.#options.sessions.get(id) !== undefined
  }

  #track(load: JobLoad, minions: readonly string[], timeoutMs: number, hardDeadline = false): LiveJob {
    const { jid } = load
    const { clock, reconnectMs } = this.#options
    const job = new LiveJob({
      load,
      minions,
      clock,
      timeoutMs,
      reconnectMs,
      hardDeadline,
      onOutcome: (outcome) => {
        if (this.#outcomes.settle(jid, outcome) && outcome.state === 'queued') this.#queue.add(load, outcome.id)
      },
      // Once it is stored that a minion has a queued job, it is not sent again.
      onAcknowledged: (id) => {
        if (load.queue === true) this.#outcomes.running(jid, id)
      },
      onClosed: () => {
        this.#live.delete(jid)
        this.#closeIfEnded(jid)
      },
    })
    this.#live.set(jid, job)
    return job
  }

  /** The job in which this target is open; taken up again for one that has waited. */
  #openTarget(id: string, jid: string): LiveJob | undefined {
    if (!this.#queue.remove(jid, id)) return this.#live.get(jid)
    const record = this.#options.store.get(jid)
    return record === undefined ? undefined : this.#reopen(record, id)
  }

  #reopen(record: JobRecord, id: string): LiveJob {
    const job = this.#live.get(record.jid) ?? this.#track(loadOf(record), [], this.#options.reconnectMs)
    job.reopen(id)
    return job
  }

  #sendQueued(record: JobRecord, id: string, isRunning: boolean): void {
    this.#queue.remove(record.jid, id)
    const job = this.#reopen(record, id)
    if (isRunning) return job.acknowledged(id)
    this.#delivery.sendLater(job, id)
  }

  #load(request: PublishRequest, origin: JobOrigin): JobLoad {
    const { store, clock, jids, queueTtlMs, extJobCache } = this.#options
    const issuedAt = clock.now()
    if (request.jid !== undefined && store.get(request.jid) !== undefined) {
      throw new SaltError('bad-arguments', `the jid ${request.jid} is in use already`)
    }
    return newLoad(request, origin, {
      jid: request.jid ?? jids.next(),
      issuedAt,
      queueTtlMs: queueTtlMs(),
      extJobCache: extJobCache?.() ?? '',
    })
  }

  #closeIfEnded(jid: string): void {
    if (this.#live.has(jid) || this.#queue.holds(jid)) return
    this.#outcomes.close(jid)
  }
}
