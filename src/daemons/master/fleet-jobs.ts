/** Jobs that what runs inside the master sends to minions. */
import { SaltError } from '../../base/errors.ts'
import type { RunnerItem, TargetOutcome } from '../../client/api.ts'
import type { FleetJob, FleetPublish, RunnerPublish } from '../../engine/fleet.ts'
import { batchLimit, isBatchSize } from '../../engine/jobs/batch-size.ts'
import { chooseSubset } from '../../engine/target/subset.ts'
import { outcomeOf } from './live-job.ts'
import type { MinionSessions } from './minion-sessions.ts'
import type { Publisher } from './publisher.ts'

export interface FleetJobsOptions {
  readonly publisher: Pick<Publisher, 'publishAndWait' | 'resolve'>
  readonly sessions: Pick<MinionSessions, 'ids'>
}

/** On whose behalf a job is sent. */
export interface FleetCaller {
  readonly user: string
  /** How long a silent minion is waited for, unless a job says otherwise. */
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
  tell(item: RunnerItem): void
}

export class FleetJobs {
  readonly #options: FleetJobsOptions

  constructor(options: FleetJobsOptions) {
    this.#options = options
  }

  /** Resolves when every target has its final state. To what runs inside the master, nobody is a target like any other. */
  async publish(
    request: RunnerPublish,
    caller: FleetCaller,
    onOutcome: (outcome: TargetOutcome) => void = () => {},
  ): Promise<FleetJob> {
    const { user, signal, tell } = caller
    const outcomes: TargetOutcome[] = []
    let jid: string | undefined
    const { ret = '', retConfig, retKwargs, arg = [], kwargs, tgtType = 'glob', timeoutSeconds } = request
    const publishing = this.#options.publisher.publishAndWait(
      {
        tgt: request.tgt,
        tgt_type: tgtType,
        fun: request.fun,
        arg: [...arg, ...(kwargs === undefined ? [] : [{ ...kwargs, __kwarg__: true }])],
        ret,
        user,
        timeout: timeoutSeconds ?? caller.timeoutSeconds,
        ...(retConfig === undefined ? {} : { ret_config: retConfig }),
        ...(retKwargs === undefined ? {} : { ret_kwargs: retKwargs }),
      },
      {},
      (item) => {
        jid ??= item.jid
        if (item.kind === 'outcome') {
          const outcome = outcomeOf(item)
          outcomes.push(outcome)
          onOutcome(outcome)
        }
        tell(item.kind === 'outcome' ? { kind: 'settled', id: item.id } : { kind: 'waiting', minions: item.minions })
      },
      signal,
    )
    await publishing.catch((error: unknown) => {
      if (!(error instanceof SaltError) || error.code !== 'no-match') throw error
    })
    return { jid, outcomes }
  }

  /** As `publish`, in batches or on a part of the minions where that is asked for. */
  async run(request: FleetPublish, caller: FleetCaller): Promise<FleetJob> {
    const { batch, subset, failhard = false, ...job } = request
    if (batch !== undefined && !isBatchSize(batch)) {
      throw new SaltError(
        'bad-arguments',
        `'${batch}' is no size of a batch; give a number or a percentage such as 10%`,
      )
    }
    if (subset === undefined && batch === undefined) return await this.publish(job, caller)
    const { tgt, tgtType = 'glob' } = job
    const minions = this.#options.publisher.resolve({ tgt, tgt_type: tgtType })
    const connected = this.#connected(minions)
    const chosen = subset === undefined ? minions : await this.#subset(job, connected, subset, caller)
    if (batch === undefined) return await this.publish({ ...job, tgt: chosen, tgtType: 'list' }, caller)
    const limit = batchLimit(batch, Math.max(1, this.#connected(chosen).length))
    const publish: PublishBatch = (ids, onOutcome) =>
      this.publish({ ...job, tgt: ids, tgtType: 'list' }, caller, onOutcome)
    return await new Batches(publish, limit, failhard).run(chosen)
  }

  #connected(ids: readonly string[]): readonly string[] {
    const connected = new Set(this.#options.sessions.ids())
    return ids.filter((id) => connected.has(id))
  }

  async #subset(
    job: RunnerPublish,
    ids: readonly string[],
    size: number,
    caller: FleetCaller,
  ): Promise<readonly string[]> {
    return await chooseSubset(ids, size, async (some) => {
      const asked = { tgt: some, tgtType: 'list', fun: 'sys.list_functions', arg: [] }
      const { outcomes } = await this.publish(asked, caller)
      return outcomes.flatMap(({ id, ret }) => (Array.isArray(ret?.return) && ret.return.includes(job.fun) ? [id] : []))
    })
  }
}

type PublishBatch = (ids: readonly string[], onOutcome: (outcome: TargetOutcome) => void) => Promise<FleetJob>

/** Never more than so many minions at work at a time; as some end, the next begin, with a job of their own. */
class Batches {
  readonly #publish: PublishBatch
  readonly #limit: number
  readonly #failhard: boolean
  readonly #outcomes: TargetOutcome[] = []
  #jid: string | undefined
  #active = 0
  #isStopped = false
  #failure: unknown
  #change = Promise.withResolvers<void>()

  constructor(publish: PublishBatch, limit: number, failhard: boolean) {
    this.#publish = publish
    this.#limit = limit
    this.#failhard = failhard
  }

  async run(ids: readonly string[]): Promise<FleetJob> {
    const waiting = [...ids]
    while (this.#active > 0 || (waiting.length > 0 && !this.#isStopped)) {
      const free = this.#isStopped ? 0 : this.#limit - this.#active
      if (free > 0 && waiting.length > 0) this.#start(waiting.splice(0, free))
      await this.#change.promise
      this.#change = Promise.withResolvers()
    }
    if (this.#failure !== undefined) throw this.#failure
    for (const id of waiting) {
      this.#outcomes.push({ id, state: 'withdrawn', reason: 'another minion has failed before' })
    }
    return { jid: this.#jid, outcomes: this.#outcomes }
  }

  #start(ids: readonly string[]): void {
    this.#active += ids.length
    const open = new Set(ids)
    const take = (outcome: TargetOutcome): void => {
      if (!open.delete(outcome.id)) return
      this.#outcomes.push(outcome)
      if (this.#failhard && hasFailed(outcome)) this.#isStopped = true
      this.#release(1)
    }
    const ended = this.#publish(ids, take).then(
      ({ jid }) => {
        this.#jid ??= jid
      },
      (error: unknown) => {
        this.#failure ??= error
        this.#isStopped = true
      },
    )
    void ended.then(() => this.#release(open.size))
  }

  #release(count: number): void {
    this.#active -= count
    this.#change.resolve()
  }
}

function hasFailed({ ret }: TargetOutcome): boolean {
  return ret === undefined || ret.retcode !== 0 || !ret.success
}
