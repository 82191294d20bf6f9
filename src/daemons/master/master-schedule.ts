import type { Clock } from '../../base/clock.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ValuePath } from '../../base/validate.ts'
import type { JobReturn, RunnerResult } from '../../client/api.ts'
import type { Catalogue, RunnerFunctionDefinition } from '../../engine/plugin.ts'
import type { ScheduledJob } from '../../engine/schedule/job-definition.ts'
import { withoutOwn } from '../../engine/schedule/saved-schedule.ts'
import { Schedule, type ScheduledRun } from '../../engine/schedule/schedule.ts'
import { scheduleMetadata } from '../../engine/schedule/schedule-metadata.ts'
import { bringReturn, type ReturnPlaces } from '../scheduled-return.ts'
import { masterId } from './local-functions.ts'
import { hidden, type RunnerHost } from './runner-host.ts'
import type { UnaskedReturns } from './unasked-returns.ts'

export interface MasterScheduleOptions extends ReturnPlaces {
  readonly clock: Clock
  readonly hosts: { readonly runners: RunnerHost; readonly wheels: RunnerHost }
  readonly catalogues: {
    readonly runners: Catalogue<RunnerFunctionDefinition>
    readonly wheels: Catalogue<RunnerFunctionDefinition>
  }
  readonly unasked: UnaskedReturns
  /** `file:line` of a value of the configuration. */
  where(path: ValuePath): string | undefined
  /** User that the master runs as. */
  readonly user: string
}

const longestReason = 500

/** The schedule of the master: runners, and wheel functions (`wheel.key.list_all`). */
export class MasterSchedule implements Disposable {
  readonly #options: MasterScheduleOptions
  readonly #schedule: Schedule
  readonly #end = new AbortController()

  constructor(options: MasterScheduleOptions) {
    const { clock, log } = options
    this.#options = options
    this.#schedule = new Schedule({
      clock,
      log,
      run: (run) => this.#run(run),
      alias: () => undefined,
      where: (path) => options.where(path),
    })
    this.configure()
  }

  start(): void {
    this.#schedule.start()
  }

  /** Takes up what the configuration says now. */
  configure(): void {
    const jobs = this.#options.config.get('schedule')
    this.#schedule.replace({ opts: withoutOwn(isRecord(jobs) ? jobs : {}) })
  }

  [Symbol.dispose](): void {
    this.#end.abort()
    this.#schedule[Symbol.dispose]()
  }

  async #run({ job, fun }: ScheduledRun): Promise<void> {
    const { log, user } = this.#options
    const { kind, name } = this.#resolve(fun)
    const kwargs = Object.keys(job.kwargs).length === 0 ? [] : [{ ...job.kwargs, __kwarg__: true }]
    const arg = [...job.args, ...kwargs]
    const result = await this.#options.hosts[kind].run({ fun: name, arg, user }, () => {}, this.#end.signal)
    if (this.#end.signal.aborted) return
    const shown = (await this.#isSecret(kind, name)) ? { ...result, return: hidden } : result
    if (!result.success) {
      const reason = typeof shown.return === 'string' ? { reason: shown.return.slice(0, longestReason) } : {}
      log.warning('a scheduled runner failed', { job: job.name, fun, jid: result.jid, ...reason })
    }
    bringReturn(job, this.#returnOf(job, { fun, arg, result: shown }), this.#options, (ret) =>
      this.#options.unasked.take(ret),
    )
  }

  /** `runner.X` and `wheel.X` say what they are; any other name is that of a runner, else of a wheel function. */
  #resolve(fun: string): { readonly kind: 'runners' | 'wheels'; readonly name: string } {
    const { runners, wheels } = this.#options.catalogues
    if (runners.names().includes(fun)) return { kind: 'runners', name: fun }
    const [, kind, name = ''] = /^(runner|wheel)\.(.+)$/.exec(fun) ?? []
    if (kind !== undefined) return { kind: kind === 'wheel' ? 'wheels' : 'runners', name }
    return { kind: wheels.names().includes(fun) ? 'wheels' : 'runners', name: fun }
  }

  async #isSecret(kind: 'runners' | 'wheels', name: string): Promise<boolean> {
    const loaded = await this.#options.catalogues[kind].load(name)
    return loaded.kind === 'loaded' && loaded.definition.isSecret === true
  }

  #returnOf(
    job: ScheduledJob,
    { fun, arg, result }: { fun: string; arg: readonly unknown[]; result: RunnerResult },
  ): JobReturn {
    const { clock, user } = this.#options
    return {
      id: masterId(),
      jid: result.jid,
      fun,
      fun_args: arg,
      return: result.return,
      retcode: result.retcode,
      success: result.success,
      ...(result.out === undefined ? {} : { out: result.out }),
      user,
      schedule: job.name,
      ...(job.metadata === undefined ? {} : { metadata: scheduleMetadata(job.metadata, clock.now()) }),
    }
  }
}
