import type { Clock } from '../../base/clock.ts'
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { pack } from '../../base/msgpack.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { JobReturn, Published, PublishRequest, TargetOutcome } from '../../client/api.ts'
import type { JidClock } from '../../engine/jobs/jid.ts'
import { JobSigner } from '../../engine/jobs/signature.ts'
import type { JobLoad, JobStore } from '../../engine/jobs/types.ts'
import { compileTarget } from '../../engine/target/compile.ts'
import type { Matcher } from '../../engine/target/matcher.ts'
import type { Identity } from '../../wire/identity.ts'
import { loadOf, recordOf } from './job-record.ts'
import { type JobFollower, LiveJob } from './live-job.ts'
import type { MinionCache } from './minion-cache.ts'
import type { MinionSession, MinionSessions } from './minion-sessions.ts'

/** A minion must have begun a job by then, whatever its client waits for. */
const shortestValidityMs = 30_000
const mebibyte = 1024 * 1024
const largestJob = 32 * mebibyte

type TargetRequest = Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter'>

export interface PublisherOptions {
  readonly identity: Identity
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  readonly store: JobStore
  readonly sessions: MinionSessions
  readonly cache: MinionCache
  readonly jids: JidClock
  nodegroups(): Readonly<Record<string, unknown>>
  /** Salt's `gather_job_timeout`. */
  readonly reconnectMs: number
  accepted(): readonly string[]
}

/** Publishes jobs and brings each of their targets to its final state. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #signer: JobSigner
  readonly #live = new Map<string, LiveJob>()
  #published = 0

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#signer = new JobSigner(options.identity)
  }

  get counters(): Readonly<Record<string, number>> {
    return { published: this.#published, live: this.#live.size }
  }

  /** Accepted minions that the target means, sorted. Throws `bad-target`. */
  resolve(request: TargetRequest): readonly string[] {
    const matcher = this.#compile(request)
    return this.#options
      .accepted()
      .filter((id) => matcher.matches({ id, grains: this.#options.cache.grains(id) ?? {} }))
      .sort()
  }

  /**
   * As `resolve`, but only those of whom all is known that the target looks at. What grants a permission must not match a
   * minion because its grains are unknown: `not G@role:db` means every minion that has told nothing yet.
   */
  resolveKnown(request: TargetRequest): readonly string[] {
    const matcher = this.#compile(request)
    // Nothing is known here of any minion's pillar.
    if (matcher.usesPillar) return []
    return this.#options
      .accepted()
      .filter((id) => {
        const grains = this.#options.cache.grains(id)
        return (grains !== undefined || matcher.minionsOnlyById) && matcher.matches({ id, grains })
      })
      .sort()
  }

  #compile(request: TargetRequest): Matcher {
    if (request.tgt.length === 0)
      throw new SaltError('bad-target', 'the target is empty', { hint: "Use '*' for all minions." })
    return compileTarget(request.tgt, request.tgt_type, {
      nodegroups: this.#options.nodegroups(),
      ...(request.delimiter === undefined ? {} : { delimiter: request.delimiter }),
    })
  }

  /** Throws `no-match` when the target means nobody. The follower gets `published` first, then each outcome once. */
  publish(request: PublishRequest, origin: { readonly publisherId?: string }, follower?: JobFollower): LiveJob {
    const minions = this.resolve(request)
    if (minions.length === 0) {
      throw new SaltError('no-match', 'No minions matched the target. No command was sent, no jid was assigned.')
    }
    const load = this.#load(request, origin)
    const body = packed(load)
    this.#options.store.add(recordOf(load, minions))
    const job = new LiveJob({
      load,
      minions,
      clock: this.#options.clock,
      timeoutMs: request.timeout * 1000,
      reconnectMs: this.#options.reconnectMs,
      hardDeadline: request.hardDeadline === true,
      onOutcome: (outcome) => this.#settled(load.jid, outcome),
      onClosed: () => this.#closed(load.jid),
    })
    this.#live.set(load.jid, job)
    this.#published += 1
    this.#announce(load, minions)
    follower?.({ kind: 'published', jid: load.jid, minions })
    if (follower !== undefined) job.follow(follower)
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
    for (const outcome of this.#options.store.outcomes(jid)) {
      if (!live.minions.includes(outcome.id)) follower({ kind: 'outcome', jid, ...outcome })
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

  /** A return that arrived in the session of `session`; its id counts, not a field of the payload. */
  returned(session: MinionSession, ret: JobReturn): void {
    this.#returned(session.id, ret)
  }

  #returned(id: string, ret: JobReturn): void {
    const job = this.#live.get(ret.jid)
    if (job?.isOpen(ret.id)) return job.returned(ret)
    const known = this.#options.store.get(ret.jid)
    if (known === undefined || !known.minions.includes(ret.id)) return this.#dropReturn(id, ret, 'not targeted')
    if (this.#options.store.states(ret.jid)[ret.id] === 'denied') return this.#dropReturn(id, ret, 'denied')
    this.#settled(ret.jid, { id: ret.id, state: ret.success ? 'returned' : 'failed', ret })
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
      minions: [ret.id],
      startedAt: this.#options.clock.now(),
    })
    this.#settled(ret.jid, { id: ret.id, state: ret.success ? 'returned' : 'failed', ret })
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
  }

  disconnected(id: string): void {
    for (const job of this.#live.values()) job.lost(id)
  }

  /** The key of the minion has lost its right: nothing that it still says counts. */
  revoked(id: string, reason: string): void {
    for (const job of this.#live.values()) job.refused(id, 'denied', reason)
  }

  /** Takes up the jobs that were open when the master ended: their minions may still return. */
  resume(): void {
    for (const record of this.#options.store.open()) {
      const states = this.#options.store.states(record.jid)
      const minions = record.minions.filter((id) => states[id] === undefined || states[id] === 'running')
      if (minions.length === 0) {
        this.#options.store.close(record.jid, this.#options.clock.now())
        continue
      }
      const job = new LiveJob({
        load: loadOf(record),
        minions,
        clock: this.#options.clock,
        timeoutMs: this.#options.reconnectMs,
        reconnectMs: this.#options.reconnectMs,
        hardDeadline: false,
        onOutcome: (outcome) => this.#settled(record.jid, outcome),
        onClosed: () => this.#closed(record.jid),
      })
      for (const id of minions) {
        job.acknowledged(id)
        job.lost(id)
      }
      this.#live.set(record.jid, job)
    }
  }

  [Symbol.dispose](): void {
    for (const job of this.#live.values()) job[Symbol.dispose]()
    this.#live.clear()
  }

  #load(request: PublishRequest, origin: { readonly publisherId?: string }): JobLoad {
    const issuedAt = this.#options.clock.now()
    if (request.jid !== undefined && this.#options.store.get(request.jid) !== undefined) {
      throw new SaltError('bad-arguments', `the jid ${request.jid} is in use already`)
    }
    const validityMs = request.hardDeadline
      ? request.timeout * 1000
      : Math.max(request.timeout * 1000, shortestValidityMs)
    return {
      jid: request.jid ?? this.#options.jids.next(),
      tgt: request.tgt,
      tgt_type: request.tgt_type,
      fun: request.fun,
      arg: request.arg,
      ret: request.ret,
      user: request.user,
      ...(origin.publisherId === undefined ? {} : { id: origin.publisherId }),
      ...(request.delimiter === undefined ? {} : { delimiter: request.delimiter }),
      ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
      issuedAt,
      expiresAt: issuedAt + validityMs,
    }
  }

  /** The body is packed and signed once per job, and sealed per minion. */
  #deliver(job: LiveJob, body: Uint8Array): void {
    const { sessions } = this.#options
    for (const id of job.minions) {
      if (sessions.get(id) === undefined) job.notConnected(id, 'the minion is not connected')
    }
    const targets = job.openTargets
    if (targets.length === 0) return
    this.#signer.sign(body, (signed) => {
      // A session that ended since, or takes no record any more, is told of as lost.
      for (const id of targets) if (job.isOpen(id)) sessions.get(id)?.channel.send({ kind: 'job', ...signed })
    })
  }

  #announce(load: JobLoad, minions: readonly string[]): void {
    this.#options.bus.fire(tagOf('salt/job/:jid/new', load.jid), {
      jid: load.jid,
      tgt_type: load.tgt_type,
      tgt: load.tgt,
      user: load.user,
      fun: load.fun,
      arg: load.arg,
      minions,
      missing: minions.filter((id) => this.#options.sessions.get(id) === undefined),
      ...(load.metadata === undefined ? {} : { metadata: load.metadata }),
      ...(load.id === undefined ? {} : { peer: load.id }),
    })
  }

  /** `not targeted`: the job never meant this minion; `denied`: its key had lost its right, or it had refused the job. */
  #dropReturn(id: string, { jid }: JobReturn, reason: 'not targeted' | 'denied'): void {
    this.#options.log.warning('dropped a return that no job waits for', { id, jid, reason })
    this.#options.bus.fire(tagOf('salt/drop/:what', 'return'), { count: 1, reason, id, jid })
  }

  #settled(jid: string, outcome: TargetOutcome): void {
    if (!this.#stored(jid, () => this.#options.store.setOutcome(jid, outcome))) return
    const { ret } = outcome
    if (ret !== undefined)
      this.#options.bus.fire(tagOf('salt/job/:jid/ret/:id', jid, outcome.id), { cmd: '_return', ...ret })
    else {
      const { id, state, reason } = outcome
      this.#options.bus.fire(tagOf('salt/job/:jid/state/:id', jid, id), { jid, id, state, reason: reason ?? '' })
    }
  }

  #closed(jid: string): void {
    this.#live.delete(jid)
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

/** Resolves with the work, or as soon as nobody waits for it any more. */
async function untilAborted(work: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (signal === undefined) return work
  if (signal.aborted) return
  let stop: () => void = () => {}
  const aborted = new Promise<void>((resolve) => {
    stop = resolve
  })
  signal.addEventListener('abort', stop, { once: true })
  await Promise.race([work, aborted])
  signal.removeEventListener('abort', stop)
}

/** Throws `bad-arguments` for a job that cannot be sent, before anybody hears of it. */
function packed(load: JobLoad): Uint8Array {
  const body = pack(load)
  if (body.byteLength <= largestJob) return body
  throw new SaltError('bad-arguments', `the arguments of a job may have ${largestJob / mebibyte} MiB in all`, {
    hint: 'Bring larger data to the minions as a file.',
  })
}
