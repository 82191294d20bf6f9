import type { Clock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ValuePath } from '../../base/validate.ts'
import type { SubscribeItem } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { JobReturn } from '../../client/api.ts'
import type { ScheduleAnswer, ScheduleRequest } from '../../client/minion-requests.ts'
import { currentUser } from '../../engine/functions/accounts.ts'
import type { JidClock } from '../../engine/jobs/jid.ts'
import { sendable } from '../../engine/jobs/packed-return.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import { mineFunctionsOf } from '../../engine/mine/mine-functions.ts'
import type { ConfigView, Grains } from '../../engine/plugin.ts'
import type { RawJob, ScheduledJob } from '../../engine/schedule/job-definition.ts'
import { savedSchedulePath, withoutOwn } from '../../engine/schedule/saved-schedule.ts'
import { Schedule, type ScheduledRun, type ScheduleMapping } from '../../engine/schedule/schedule.ts'
import { scheduleMetadata } from '../../engine/schedule/schedule-metadata.ts'
import { ScheduleDesk } from '../../engine/schedule/schedule-requests.ts'
import { whenAlias } from '../../engine/schedule/when-alias.ts'
import { bringReturn, type ReturnPlaces } from '../scheduled-return.ts'
import { type FunctionOutcome, returnOf, settleOutcome } from './job-runner.ts'
import type { JobEntry, JobTable } from './job-table.ts'

export interface MinionScheduleOptions extends ReturnPlaces {
  readonly id: string
  readonly clock: Clock
  readonly bus: EventBus
  readonly table: JobTable
  readonly jids: JidClock
  grains(): Grains
  pillar(): Readonly<Record<string, unknown>>
  run(load: JobLoad, entry: JobEntry): Promise<FunctionOutcome>
  /** `file:line` of a value of the configuration. */
  where(path: ValuePath): string | undefined
  /** Brings a return to every master. */
  deliver(ret: JobReturn): void
}

/** Who fires this on the bus of the minion changes its schedule, as in Salt. */
const requestTag = 'manage_schedule'
const mineJob = '__mine_interval'
const startupJob = '__startup_states'

/** The schedule of a minion: its jobs run like published ones, and their returns go to the masters. */
export class MinionSchedule implements Disposable {
  readonly #options: MinionScheduleOptions
  readonly #schedule: Schedule
  readonly #desk: ScheduleDesk
  readonly #subscription: { unsubscribe(): void }

  constructor(options: MinionScheduleOptions) {
    const { clock, log, bus, config } = options
    this.#options = options
    this.#schedule = new Schedule({
      clock,
      log,
      run: (run) => this.#run(run),
      alias: (name) => whenAlias(name, options.pillar(), options.grains()),
      where: (path) => options.where(path),
    })
    this.#desk = new ScheduleDesk({
      schedule: this.#schedule,
      savedPath: () => savedSchedulePath(config),
      log,
      fire: (tag, data) => bus.fire(tag, data),
    })
    this.#subscription = bus.subscribe(
      (tag) => tag === requestTag,
      (item) => this.#asked(item),
    )
    this.configure()
  }

  start(): void {
    this.#schedule.start()
  }

  /** Takes up what the configuration says now. */
  configure(): void {
    const { config, pillar } = this.#options
    this.#schedule.replace({
      opts: withoutOwn(mappingOf(config.get('schedule'))),
      pillar: mappingOf(pillar().schedule),
      system: systemJobs(config, pillar()),
    })
  }

  /** Names in `when` may mean other times now. */
  aliasesChanged(): void {
    this.#schedule.refresh()
  }

  /** Throws `bad-arguments`. */
  manage(request: ScheduleRequest): Promise<ScheduleAnswer> {
    return this.#desk.manage(request)
  }

  [Symbol.dispose](): void {
    this.#subscription.unsubscribe()
    this.#schedule[Symbol.dispose]()
  }

  #asked(item: SubscribeItem): boolean {
    for (const { data } of 'events' in item ? item.events : []) {
      this.#desk.manage(data).catch((error: unknown) => {
        this.#options.log.error('a request to the schedule was refused', { reason: asSaltError(error).message })
      })
    }
    return true
  }

  async #run({ job, fun }: ScheduledRun): Promise<void> {
    const { id, table, log, bus } = this.#options
    const load = this.#load(job, fun)
    const entry = table.add(load)
    try {
      const outcome = await settleOutcome(this.#options, load, entry)
      const ret = sendable({ ...returnOf(id, load, outcome), schedule: job.name })
      bus.fire('__schedule_return', { cmd: '_return', ...ret })
      bringReturn(job, ret, this.#options, (kept) => this.#options.deliver(kept))
    } finally {
      table.remove(load.jid)
      log.debug('a scheduled job has ended', { job: job.name, jid: load.jid })
    }
  }

  #load(job: ScheduledJob, fun: string): JobLoad {
    const { id, clock, jids } = this.#options
    const kwargs = Object.keys(job.kwargs).length === 0 ? [] : [{ ...job.kwargs, __kwarg__: true }]
    const now = clock.now()
    return {
      jid: jids.next(),
      tgt: id,
      tgt_type: 'glob',
      fun,
      arg: [...job.args, ...kwargs],
      ret: job.returners.join(','),
      user: currentUser(),
      issuedAt: now,
      expiresAt: now,
      ...(job.metadata === undefined ? {} : { metadata: scheduleMetadata(job.metadata, now) }),
    }
  }
}

function mappingOf(value: unknown): ScheduleMapping {
  return isRecord(value) ? value : {}
}

/** What the minion does by itself, by jobs of its own. */
function systemJobs(config: ConfigView, pillar: Readonly<Record<string, unknown>>): Record<string, RawJob> {
  const jobs = { [mineJob]: mineUpdate(config, pillar), [startupJob]: startupStates(config) }
  return Object.fromEntries(Object.entries(jobs).flatMap(([name, job]) => (job === undefined ? [] : [[name, job]])))
}

/** Undefined where there is nothing to fill the mine with. */
function mineUpdate(config: ConfigView, pillar: Readonly<Record<string, unknown>>): RawJob | undefined {
  const functions = mineFunctionsOf(pillar.mine_functions, config.get('mine_functions'))
  const interval = Number(config.get('mine_interval'))
  if (config.get('mine_enabled') === false || functions.length === 0 || !(interval > 0)) return undefined
  return {
    function: 'mine.update',
    minutes: interval,
    jid_include: true,
    maxrunning: 2,
    run_on_start: true,
    return_job: config.get('mine_return_job') === true,
  }
}

function startupStates(config: ConfigView): RawJob | undefined {
  switch (config.get('startup_states')) {
    case 'highstate':
      return { function: 'state.highstate', run_on_start: true }
    case 'sls':
      return { function: 'state.sls', args: [config.get('sls_list')], run_on_start: true }
    case 'top':
      return { function: 'state.top', args: [config.get('top_file')], run_on_start: true }
    default:
      return undefined
  }
}
