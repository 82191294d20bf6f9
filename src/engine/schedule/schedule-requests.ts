/** Requests to a running schedule, in the form of Salt's event `manage_schedule`, and what they are answered with. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import { InTurn } from '../../base/in-turn.ts'
import type { Log } from '../../base/log.ts'
import { formatTime } from '../../base/log-format.ts'
import { asRecord, asString, isRecord } from '../../base/narrow.ts'
import type { ScheduleAnswer, ScheduleRequest } from '../../client/minion-requests.ts'
import { withoutOwn, writeSavedSchedule } from './saved-schedule.ts'
import type { Schedule } from './schedule.ts'
import { standardTimeFormat } from './time-format.ts'
import { isOn } from './truth.ts'

export interface ScheduleDeskOptions {
  readonly schedule: Schedule
  /** Where changes are kept. */
  savedPath(): string
  readonly log: Log
  /** Fires on the bus of this process. */
  fire(tag: string, data: Readonly<Record<string, unknown>>): void
}

/** Last part of the tag that tells the end of a request, as Salt names them. */
const completeTags: Readonly<Record<ScheduleRequest['func'], string | undefined>> = {
  list: 'list_complete',
  add: 'add_complete',
  modify: 'modify_complete',
  delete: 'delete_complete',
  enable: 'enabled_complete',
  disable: 'disabled_complete',
  enable_job: 'enabled_job_complete',
  disable_job: 'disabled_job_complete',
  postpone_job: 'postpone_job_complete',
  skip_job: 'skip_job_complete',
  save_schedule: 'saved',
  get_next_fire_time: 'next_fire_time_complete',
  job_status: 'job_status_complete',
  reload: undefined,
  run_job: undefined,
}

type Jobs = Record<string, unknown>

/** Takes requests from wherever they come, one after the other, and tells the bus when each is done. */
export class ScheduleDesk {
  readonly #options: ScheduleDeskOptions
  readonly #inTurn = new InTurn()

  constructor(options: ScheduleDeskOptions) {
    this.#options = options
  }

  /** Throws `bad-arguments` for what is no such request. */
  manage(given: unknown): Promise<ScheduleAnswer> {
    return this.#inTurn.run(() => this.#manage(requestOf(given)))
  }

  async #manage(request: ScheduleRequest): Promise<ScheduleAnswer> {
    const answer = await this.#answer(request)
    const tag = completeTags[request.func]
    if (tag !== undefined) this.#options.fire(`/salt/minion/minion_schedule_${tag}`, { ...answer })
    return answer
  }

  async #answer(request: ScheduleRequest): Promise<ScheduleAnswer> {
    const { schedule } = this.#options
    switch (request.func) {
      case 'list':
        return { complete: true, schedule: this.#list(request.where) }
      case 'get_next_fire_time':
        return { complete: true, next_fire_time: this.#nextFireTime(nameOf(request)) }
      case 'job_status':
        return { complete: true, data: this.#status(nameOf(request), request.time_fmt) }
      case 'run_job':
        return { complete: schedule.runNow(nameOf(request)), schedule: this.#list() }
      case 'save_schedule':
        return await this.#saved({})
      case 'reload':
        return this.#reload(request)
      default:
        return await this.#change(request)
    }
  }

  #list(where?: string): Jobs {
    const { opts, pillar, system } = this.#options.schedule.sources
    if (where === 'pillar') return { ...pillar }
    if (where === 'opts') return { ...opts, ...system }
    return { ...pillar, ...opts, ...system }
  }

  async #change(request: ScheduleRequest): Promise<ScheduleAnswer> {
    const { schedule, log } = this.#options
    const opts: Jobs = { ...schedule.sources.opts }
    const name = request.name ?? ''
    if (Object.hasOwn(schedule.sources.pillar, name) && !Object.hasOwn(opts, name)) {
      log.warning('a scheduled job of pillar cannot be changed here', { job: name })
      return { complete: true, schedule: this.#list() }
    }
    applyChange(opts, request)
    schedule.replace({ opts, ...this.#withoutSystemJob(request) })
    return await this.#saved({ schedule: this.#list() }, request.persist !== false)
  }

  /** A job of the daemon comes back with its next start. */
  #withoutSystemJob({ func, name }: ScheduleRequest) {
    const { system } = this.#options.schedule.sources
    if (func !== 'delete' || name === undefined || !Object.hasOwn(system, name)) return {}
    return { system: Object.fromEntries(Object.entries(system).filter(([other]) => other !== name)) }
  }

  #reload({ schedule: given }: ScheduleRequest): ScheduleAnswer {
    const { schedule } = this.#options
    const jobs = isRecord(given?.schedule) ? given.schedule : (given ?? {})
    schedule.replace({ opts: { ...schedule.sources.opts, ...withoutOwn(jobs) } })
    return { complete: true, schedule: this.#list() }
  }

  /** That the file cannot be written is no reason to undo the change: it is told. */
  async #saved(answer: Omit<ScheduleAnswer, 'complete'>, wanted = true): Promise<ScheduleAnswer> {
    if (!wanted) return { complete: true, ...answer }
    try {
      await writeSavedSchedule(this.#options.savedPath(), this.#options.schedule.sources.opts)
      return { complete: true, ...answer }
    } catch (thrown) {
      const { message } = asSaltError(thrown, 'storage')
      this.#options.log.error('the schedule could not be saved', { reason: message })
      return { complete: true, ...answer, warning: `it could not be saved: ${message}` }
    }
  }

  #nextFireTime(name: string): string | null {
    const at = this.#options.schedule.status(name)?.nextAt
    return at === undefined ? null : formatTime(at, standardTimeFormat)
  }

  #status(name: string, format = standardTimeFormat): Jobs {
    const status = this.#options.schedule.status(name)
    const raw = this.#list()[name]
    if (status === undefined || !isRecord(raw)) return {}
    const { job, fault, nextAt, nextPlannedAt, lastRunAt, skipped, running } = status
    const time = (at: number | undefined): string | null => (at === undefined ? null : formatTime(at, format))
    return {
      ...raw,
      name: job?.name ?? name,
      _next_fire_time: time(nextAt),
      _next_scheduled_fire_time: time(nextPlannedAt),
      ...(lastRunAt === undefined ? {} : { _last_run: time(lastRunAt) }),
      ...(job?.timing.kind === 'interval' ? { _seconds: job.timing.everyMs / 1000 } : {}),
      ...(fault === undefined ? {} : { _error: fault }),
      ...(skipped === undefined
        ? {}
        : { _skipped: true, _skip_reason: skipped.reason, _skipped_time: time(skipped.at) }),
      _running: running,
    }
  }
}

function requestOf(given: unknown): ScheduleRequest {
  const request = asRecord(given, 'a request to the schedule')
  const func = asString(request.func, 'func')
  if (Object.hasOwn(completeTags, func)) return request as unknown as ScheduleRequest
  throw new SaltError('bad-arguments', `the schedule knows no '${func}'`, {
    hint: `It knows ${Object.keys(completeTags).join(', ')}.`,
  })
}

function nameOf({ name }: ScheduleRequest): string {
  return asString(name, 'name')
}

/** What a request makes of the jobs of the configuration. Throws `bad-arguments`. */
function applyChange(jobs: Jobs, request: ScheduleRequest): void {
  switch (request.func) {
    case 'enable':
    case 'disable':
      jobs.enabled = request.func === 'enable'
      return
    case 'add':
      return addJob(jobs, request)
    case 'delete':
      delete jobs[nameOf(request)]
      return
    case 'modify':
      jobs[nameOf(request)] = asRecord(request.schedule, 'schedule')
      return
    default:
      return changeJob(jobs, request)
  }
}

/** `{schedule: {NAME: job}}`, as Salt sends it. */
function addJob(jobs: Jobs, { schedule }: ScheduleRequest): void {
  const added = Object.entries(asRecord(schedule, 'schedule'))
  const [entry] = added
  if (added.length !== 1 || entry === undefined) throw new SaltError('bad-arguments', 'one job is added at a time')
  const job = asRecord(entry[1], 'a scheduled job')
  jobs[entry[0]] = { ...job, enabled: isOn(job.enabled, true) }
}

function changeJob(jobs: Jobs, request: ScheduleRequest): void {
  const name = nameOf(request)
  const job = jobs[name]
  if (!isRecord(job)) return
  const format = request.time_fmt ?? standardTimeFormat
  switch (request.func) {
    case 'enable_job':
    case 'disable_job':
      jobs[name] = { ...job, enabled: request.func === 'enable_job' }
      return
    case 'postpone_job':
      jobs[name] = withTime(
        withTime(job, 'skip_explicit', asString(request.time, 'time'), format),
        'run_explicit',
        asString(request.new_time, 'new_time'),
        format,
      )
      return
    default:
      jobs[name] = withTime(job, 'skip_explicit', asString(request.time, 'time'), format)
  }
}

function withTime(job: Jobs, key: 'skip_explicit' | 'run_explicit', time: string, format: string): Jobs {
  const before = Array.isArray(job[key]) ? job[key] : []
  return { ...job, [key]: [...before, { time, time_fmt: format }] }
}
