import type { Clock } from '../../base/clock.ts'
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { Packed, pack } from '../../base/msgpack.ts'
import { untilAborted } from '../../base/until-aborted.ts'
import type { EventData } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { JobReturn, Published, PublishRequest, TargetOutcome } from '../../client/api.ts'
import type { JidClock } from '../../engine/jobs/jid.ts'
import { JobSigner } from '../../engine/jobs/signature.ts'
import type { JobLoad, JobRecord, JobStore } from '../../engine/jobs/types.ts'
import { returnerNames } from '../../engine/returners/returner-catalogue.ts'
import type { Identity } from '../../wire/identity.ts'
import { tellNewJob, tellRefusedJob } from './job-events.ts'
import { loadOf, packed, recordOf } from './job-record.ts'
import { type JobFollower, LiveJob } from './live-job.ts'
import type { MinionSession, MinionSessions } from './minion-sessions.ts'
import { QueuedJobs } from './queued-jobs.ts'
import { type TargetRequest, TargetResolver, type TargetResolverOptions } from './target-resolver.ts'

/** A minion must have begun a job by then, whatever its client waits for. */
const shortestValidityMs = 30_000

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
  readonly #signer: JobSigner
  readonly #targets: TargetResolver
  readonly #live = new Map<string, LiveJob>()
  readonly #queue: QueuedJobs
  #published = 0

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#signer = new JobSigner(options.identity)
    this.#targets = new TargetResolver(options)
    this.#queue = new QueuedJobs({
      clock: options.clock,
      store: options.store,
      settled: (jid, outcome) => {
        this.#settled(jid, outcome)
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
  publish(request: PublishRequest, origin: { readonly publisherId?: string }, follower?: JobFollower): LiveJob {
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
    this.#deliver(job, body)
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
    origin: { readonly publisherId?: string },
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
    if (known === undefined || !known.minions.includes(ret.id)) return this.#dropReturn(id, ret, 'not targeted')
    const state = this.#options.store.states(ret.jid)[ret.id]
    if (state === 'denied') return this.#dropReturn(id, ret, 'denied')
    // A minion that ended before it knew that this return had come.
    if (state === 'returned' || state === 'failed') return
    const outcome: TargetOutcome = { id: ret.id, state: ret.success ? 'returned' : 'failed', ret }
    const hasWaited = this.#queue.remove(ret.jid, ret.id)
    this.#settled(ret.jid, outcome)
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
    this.#settled(ret.jid, { id: ret.id, state: ret.success ? 'returned' : 'failed', ret }, asked)
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
        else this.#settled(load.jid, { id, state: 'denied', reason: 'the key of this minion is no longer accepted' })
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
    const { clock, reconnectMs, store } = this.#options
    const job = new LiveJob({
      load,
      minions,
      clock,
      timeoutMs,
      reconnectMs,
      hardDeadline,
      onOutcome: (outcome) => this.#settled(jid, outcome),
      // Once it is stored that a minion has a queued job, it is not sent again.
      onAcknowledged: (id) => {
        if (load.queue === true) this.#stored(jid, () => store.setOutcome(jid, { id, state: 'running' }))
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
    this.#signer.sign(packed(job.load), (signed) => {
      if (job.isOpen(id)) this.#options.sessions.get(id)?.sendJob({ kind: 'job', ...signed })
    })
  }

  #load(request: PublishRequest, origin: { readonly publisherId?: string }): JobLoad {
    const issuedAt = this.#options.clock.now()
    if (request.jid !== undefined && this.#options.store.get(request.jid) !== undefined) {
      throw new SaltError('bad-arguments', `the jid ${request.jid} is in use already`)
    }
    const timeoutMs = request.timeout * 1000
    const queueMs = request.queue === true ? this.#options.queueTtlMs() : (request.queue ?? 0) * 1000
    const validityMs = queueMs || (request.hardDeadline ? timeoutMs : Math.max(timeoutMs, shortestValidityMs))
    return {
      jid: request.jid ?? this.#options.jids.next(),
      tgt: request.tgt,
      tgt_type: request.tgt_type,
      fun: request.fun,
      arg: request.arg,
      ret: returnerNames([request.ret, this.#options.extJobCache?.() ?? ''].join()).join(),
      ...(request.ret_config === undefined ? {} : { ret_config: request.ret_config }),
      ...(request.ret_kwargs === undefined ? {} : { ret_kwargs: request.ret_kwargs }),
      user: request.user,
      ...(origin.publisherId === undefined ? {} : { id: origin.publisherId }),
      ...(request.delimiter === undefined ? {} : { delimiter: request.delimiter }),
      ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
      ...(request.progress === undefined ? {} : { progress: true }),
      issuedAt,
      expiresAt: issuedAt + validityMs,
      ...(queueMs > 0 ? { queue: true } : {}),
    }
  }

  /** The body is packed and signed once per job, and sealed per minion. */
  #deliver(job: LiveJob, body: Uint8Array): void {
    const { sessions } = this.#options
    for (const id of job.openTargets) {
      if (!this.#isConnected(id)) job.notConnected(id, 'the minion is not connected')
    }
    const targets = job.openTargets
    if (targets.length === 0) return
    this.#signer.sign(body, (signed) => {
      const record = new Packed(pack({ kind: 'job', ...signed }))
      // A session that ended since, or takes no record any more, is told of as lost.
      for (const id of targets) if (job.isOpen(id)) sessions.get(id)?.sendNow(record)
    })
  }

  /** `not targeted`: the job never meant this minion; `denied`: its key had lost its right, or it had refused the job. */
  #dropReturn(id: string, { jid }: JobReturn, reason: 'not targeted' | 'denied'): void {
    this.#options.log.warning('dropped a return that no job waits for', { id, jid, reason })
    this.#options.bus.fire(tagOf('salt/drop/:what', 'return'), { count: 1, reason, id, jid })
  }

  /** `asked`: what nobody was told of the job before. */
  #settled(jid: string, outcome: TargetOutcome, asked: EventData = {}): void {
    if (!this.#stored(jid, () => this.#options.store.setOutcome(jid, outcome))) return
    const waiting = outcome.state === 'queued' ? this.#live.get(jid) : undefined
    if (waiting !== undefined) this.#queue.add(waiting.load, outcome.id)
    const { ret } = outcome
    if (ret !== undefined)
      this.#options.bus.fire(tagOf('salt/job/:jid/ret/:id', jid, outcome.id), { cmd: '_return', ...ret, ...asked })
    else {
      const { id, state, reason } = outcome
      this.#options.bus.fire(tagOf('salt/job/:jid/state/:id', jid, id), { jid, id, state, reason: reason ?? '' })
    }
  }

  #closeIfEnded(jid: string): void {
    if (this.#live.has(jid) || this.#queue.holds(jid)) return
    this.#stored(jid, () => this.#options.store.close(jid, this.#options.clock.now()))
  }

  /** A fault of the job cache must not keep an outcome from those who wait for it. */
  #stored<Result>(jid: string, write: () => Result): Result | true {
    try {
      return write()
    } catch (error) {
      this.#options.log.error('an outcome could not be stored', { jid, error: asSaltError(error).message })
      return true
    }
  }
}
