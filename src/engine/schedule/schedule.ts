import { isDeepStrictEqual } from 'node:util'
import type { Clock, Timer } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ValuePath } from '../../base/validate.ts'
import { type RandomSource, unpredictable } from '../functions/python-random.ts'
import { parseScheduledJob, parseSplay, type RawJob, type ScheduledJob, type Splay } from './job-definition.ts'
import { doubtsAbout } from './job-keys.ts'
import { type DueRun, JobPlan } from './job-plan.ts'
import { judgeRun, makeUpTime, type ScheduleRules, type SkipReason } from './run-rules.ts'
import { parseTimeRange } from './time-range.ts'
import { isOn } from './truth.ts'

/** A mapping as under `schedule:`: jobs by name, and what holds for all of them. */
export type ScheduleMapping = Readonly<Record<string, unknown>>

/** What the configuration says, what pillar says, and the jobs of the daemon itself. */
export interface ScheduleSources {
  readonly opts: ScheduleMapping
  readonly pillar: ScheduleMapping
  readonly system: Readonly<Record<string, RawJob>>
}

export interface ScheduledRun {
  readonly job: ScheduledJob
  /** That of the job, or `skip_function`. */
  readonly fun: string
}

export interface ScheduleOptions {
  readonly clock: Clock
  readonly log: Log
  readonly random?: RandomSource
  /** Runs a job to its end. What it throws is a fault of this program. */
  run(run: ScheduledRun): Promise<void>
  /** What `whens` of pillar or grains says of a name. */
  alias(name: string): unknown
  /** `file:line` of a value of the configuration. */
  where?(path: ValuePath): string | undefined
}

/** What is known of a job at a time; times are milliseconds since 1970. */
export interface JobStatus {
  readonly job: ScheduledJob | undefined
  readonly fault: string | undefined
  readonly nextAt: number | undefined
  readonly nextPlannedAt: number | undefined
  readonly lastRunAt: number | undefined
  readonly skipped: { readonly reason: SkipReason; readonly at: number } | undefined
  readonly running: number
}

interface JobState {
  readonly raw: RawJob
  /** What the names in its `when` mean. */
  readonly whens: readonly unknown[]
  readonly job?: ScheduledJob
  plan?: JobPlan
  readonly fault?: string
  /** Shared by the states that a job goes through while it is changed. */
  readonly running: { count: number }
  lastRunAt?: number
  skipped?: { readonly reason: SkipReason; readonly at: number }
}

/** Keys of the mapping that name no job. */
export const globalKeys: ReadonlySet<string> = new Set(['enabled', 'splay', 'skip_function', 'skip_during_range'])
/** Nobody tells a process that the time of day was set: a longer wait for one is made in steps. */
const longestWallWaitMs = 60_000
const jumpMs = 1000

/** Runs jobs at their times. There is one timer, for whatever comes next. */
export class Schedule implements Disposable {
  readonly #options: ScheduleOptions
  readonly #random: RandomSource
  #sources: ScheduleSources = { opts: {}, pillar: {}, system: {} }
  #states = new Map<string, JobState>()
  #rules: ScheduleRules & { readonly splay: Splay | undefined } = {
    isEnabled: true,
    skipRange: undefined,
    skipFunction: undefined,
    splay: undefined,
  }
  #timer: Timer | undefined
  #hasStarted = false
  /** Wall clock minus monotonic one, as last seen. */
  #drift: number

  constructor(options: ScheduleOptions) {
    this.#options = options
    this.#random = options.random ?? unpredictable
    this.#drift = this.#currentDrift()
  }

  get sources(): ScheduleSources {
    return this.#sources
  }

  /** Takes other jobs; those that are the same go on as planned. */
  replace(sources: Partial<ScheduleSources>): void {
    this.#sources = { ...this.#sources, ...sources }
    this.refresh()
  }

  /** Looks what has changed: a name in `when` may mean something else now. */
  refresh(): void {
    this.#rules = this.#readRules()
    const before = this.#states
    this.#states = new Map()
    for (const [name, raw] of this.#jobs()) {
      const known = before.get(name)
      const whens = this.#whensOf(raw)
      const stays = known !== undefined && isDeepStrictEqual([known.raw, known.whens], [raw, whens])
      this.#states.set(name, stays ? known : this.#newState(name, { raw, whens }, known))
    }
    for (const [name, state] of this.#states) if (before.get(name) === undefined) this.#runOnStart(state)
    this.#arm()
  }

  /** Before it nothing runs. */
  start(): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    for (const state of this.#states.values()) {
      // Time that has passed before counts for no interval.
      if (state.job !== undefined) state.plan = this.#planFor(state.job)
      this.#runOnStart(state)
    }
    this.#arm()
  }

  /** Runs a job at once. False where there is none, or none that can be understood. */
  runNow(name: string): boolean {
    const state = this.#states.get(name)
    if (state?.job === undefined) return false
    this.#run(state, state.job, state.job.fun)
    return true
  }

  status(name: string): JobStatus | undefined {
    const state = this.#states.get(name)
    if (state === undefined) return undefined
    const { job, plan, fault, lastRunAt, skipped, running } = state
    return {
      job,
      fault,
      nextAt: plan?.nextAt,
      nextPlannedAt: plan?.nextPlannedAt,
      lastRunAt,
      skipped,
      running: running.count,
    }
  }

  [Symbol.dispose](): void {
    this.#hasStarted = false
    this.#timer?.cancel()
  }

  /** As Salt merges them: the configuration wins over pillar. */
  #merged(): ScheduleMapping {
    const { opts, pillar, system } = this.#sources
    return { ...pillar, ...opts, ...system }
  }

  #jobs(): readonly [string, RawJob][] {
    return Object.entries(this.#merged()).flatMap(([name, raw]) => {
      if (globalKeys.has(name)) return []
      if (isRecord(raw)) return [[name, raw] as [string, RawJob]]
      this.#options.log.error('a scheduled job is no mapping, and is left out', { job: name, ...this.#place(name) })
      return []
    })
  }

  #readRules(): ScheduleRules & { readonly splay: Splay | undefined } {
    const { enabled, skip_function: skipFunction, skip_during_range: skipRange, splay } = this.#merged()
    return {
      isEnabled: isOn(enabled, true),
      skipFunction: typeof skipFunction === 'string' && skipFunction !== '' ? skipFunction : undefined,
      skipRange: this.#readRule('skip_during_range', skipRange, (value) => parseTimeRange(value, 'skip_during_range')),
      splay: this.#readRule('splay', splay, parseSplay),
    }
  }

  #readRule<T>(name: string, value: unknown, read: (value: unknown) => T | undefined): T | undefined {
    if (value === undefined || value === null) return undefined
    try {
      return read(value)
    } catch (error) {
      this.#options.log.error('a rule of the schedule is wrong, and is left out', {
        reason: asSaltError(error).message,
        ...this.#place(name),
      })
      return undefined
    }
  }

  /** Where the configuration has it; nothing for what comes from pillar or from a function. */
  #place(name: string): { readonly where?: string } {
    const where = Object.hasOwn(this.#sources.opts, name) ? this.#options.where?.(['schedule', name]) : undefined
    return where === undefined ? {} : { where }
  }

  #whensOf({ when }: RawJob): readonly unknown[] {
    return [when].flat().map((name) => (typeof name === 'string' ? this.#options.alias(name) : undefined))
  }

  #newState(name: string, read: Pick<JobState, 'raw' | 'whens'>, known: JobState | undefined): JobState {
    const running = known?.running ?? { count: 0 }
    const kept = { running, ...(known?.lastRunAt === undefined ? {} : { lastRunAt: known.lastRunAt }) }
    try {
      const job = parseScheduledJob(name, read.raw, this.#options.alias)
      for (const reason of doubtsAbout(read.raw)) {
        this.#options.log.warning('a scheduled job may not be meant so', { job: name, reason, ...this.#place(name) })
      }
      return { ...read, job, plan: this.#planFor(job), ...kept }
    } catch (error) {
      const fault = asSaltError(error).message
      this.#options.log.error('a scheduled job is wrong, and does not run', {
        job: name,
        reason: fault,
        ...this.#place(name),
      })
      return { ...read, fault, ...kept }
    }
  }

  #planFor(job: ScheduledJob): JobPlan {
    return new JobPlan(job, {
      clock: this.#options.clock,
      random: this.#random,
      splay: () => this.#rules.splay,
    })
  }

  #runOnStart(state: JobState): void {
    const { job, plan } = state
    if (!this.#hasStarted || job?.runsOnStart !== true) return
    // What was to run once, and has, is over.
    if (plan?.nextAt === undefined && job.timing.kind !== 'none') return
    if (!job.isEnabled || !this.#rules.isEnabled) return this.#skip(state, 'disabled')
    this.#run(state, job, job.fun)
  }

  #arm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (!this.#hasStarted) return
    let shortest = Number.POSITIVE_INFINITY
    for (const { plan } of this.#states.values()) {
      const wait = plan?.wait()
      if (wait === undefined) continue
      shortest = Math.min(shortest, wait.byWallClock ? Math.min(wait.ms, longestWallWaitMs) : wait.ms)
    }
    if (shortest === Number.POSITIVE_INFINITY) return
    this.#timer = this.#options.clock.after(Math.max(0, shortest), () => this.#tick(), { background: true })
  }

  #tick(): void {
    const drift = this.#currentDrift()
    const isSetBack = drift < this.#drift - jumpMs
    this.#drift = drift
    for (const state of [...this.#states.values()]) {
      if (isSetBack) state.plan?.clockSetBack()
      const due = state.plan?.takeDue()
      if (due !== undefined && state.job !== undefined) this.#due(state, state.job, due)
    }
    this.#arm()
  }

  #currentDrift(): number {
    return this.#options.clock.now() - this.#options.clock.monotonic()
  }

  #due(state: JobState, job: ScheduledJob, due: DueRun): void {
    const now = this.#options.clock.now()
    const verdict = judgeRun(job, due, this.#rules, now)
    if (verdict.kind === 'run') return this.#run(state, job, verdict.fun)
    this.#skip(state, verdict.reason)
    if (verdict.opensAt !== undefined) state.plan?.postpone(verdict.opensAt)
    const makeUp = verdict.reason === 'in_skip_range' ? makeUpTime(job, this.#rules, now) : undefined
    if (makeUp !== undefined) state.plan?.addRun(makeUp)
    if (verdict.reason === 'missed') {
      this.#options.log.warning('a scheduled job was missed', { job: job.name, seconds: Math.round(due.lateMs / 1000) })
    }
  }

  #skip(state: JobState, reason: SkipReason): void {
    state.skipped = { reason, at: this.#options.clock.now() }
    this.#options.log.debug('a scheduled job was skipped', { job: state.job?.name, reason })
  }

  #run(state: JobState, job: ScheduledJob, fun: string): void {
    if (job.maximumRunning !== undefined && state.running.count >= job.maximumRunning)
      return this.#skip(state, 'maxrunning')
    delete state.skipped
    state.lastRunAt = this.#options.clock.now()
    if (job.isDryRun) return this.#options.log.info('a scheduled job would run', { job: job.name, fun })
    state.running.count += 1
    this.#options.log.info('running a scheduled job', { job: job.name, fun })
    void this.#options
      .run({ job, fun })
      .catch((error: unknown) => {
        this.#options.log.error('a scheduled job ended with a fault of this program', { job: job.name, error })
      })
      .finally(() => {
        state.running.count -= 1
      })
  }
}
