import type { Clock } from '../../base/clock.ts'
import type { RandomSource } from '../functions/python-random.ts'
import type { ScheduledJob, Splay } from './job-definition.ts'

/** Something that has come due. */
export interface DueRun {
  /** The time that the schedule names, in milliseconds since 1970. */
  readonly plannedAt: number
  /** The same with splay and jitter. */
  readonly dueAt: number
  readonly lateMs: number
  /** Whether it is worth running however late it is; a `when` of yesterday is not. */
  readonly keeps: boolean
}

export interface Wait {
  readonly ms: number
  /** Whether it ends at a time of day, which somebody may set meanwhile. */
  readonly byWallClock: boolean
}

export interface PlanOptions {
  readonly clock: Clock
  readonly random: RandomSource
  /** That of the whole schedule. */
  splay(): Splay | undefined
}

/** A base time with its splay; `steady` ones are of the monotonic clock. */
interface Planned {
  readonly clock: 'wall' | 'steady'
  readonly at: number
  readonly offsetMs: number
}

/** What lies back no longer than this when a job is planned still counts. */
const graceMs = 1000
/** Clocks that are set back by less make nothing run twice (those who set them back by more had them wrong). */
const repeatGuardMs = 3 * 3_600_000

/** When one job runs next. Intervals go by the monotonic clock: no setting of the time can stop or hurry them. */
export class JobPlan {
  readonly #job: ScheduledJob
  readonly #options: PlanOptions
  #base: Planned | undefined
  #explicit: number[]
  /** Planned time of the last run by the wall clock. */
  #lastDue = Number.NEGATIVE_INFINITY
  #isOver = false

  constructor(job: ScheduledJob, options: PlanOptions) {
    this.#job = job
    this.#options = options
    const since = options.clock.now() - graceMs
    this.#explicit = job.runTimes.filter((at) => at >= since).sort((left, right) => left - right)
    this.#plan(since)
  }

  /** The next run by the wall clock, with splay and jitter; undefined when none is to come. */
  get nextAt(): number | undefined {
    const wait = this.wait()
    return wait === undefined ? undefined : this.#options.clock.now() + Math.max(0, wait.ms)
  }

  /** As `nextAt`, without splay and jitter, and without runs that were asked for apart. */
  get nextPlannedAt(): number | undefined {
    if (this.#base === undefined) return undefined
    return this.#base.at + (this.#base.clock === 'wall' ? 0 : this.#steadyOffset())
  }

  wait(): Wait | undefined {
    const waits: Wait[] = []
    const base = this.#base
    if (base !== undefined) {
      waits.push({ ms: base.at + base.offsetMs - this.#now(base.clock), byWallClock: base.clock === 'wall' })
    }
    const [explicit] = this.#explicit
    if (explicit !== undefined) waits.push({ ms: explicit - this.#now('wall'), byWallClock: true })
    return waits.sort((left, right) => left.ms - right.ms)[0]
  }

  /** What is due now; the next time is planned. */
  takeDue(): DueRun | undefined {
    return this.#takeExplicit() ?? this.#takeBase()
  }

  /** The run that was just taken may not be before then: it is made up for at that time. */
  postpone(untilMs: number): void {
    this.#base = { clock: 'wall', at: untilMs, offsetMs: 0 }
  }

  /** One more run, whatever the plan says. */
  addRun(atMs: number): void {
    if (!this.#explicit.includes(atMs)) this.#explicit.push(atMs)
    this.#explicit.sort((left, right) => left - right)
  }

  /** Somebody has set the clock back. */
  clockSetBack(): void {
    const now = this.#options.clock.now()
    if (this.#lastDue > now + repeatGuardMs) this.#lastDue = Number.NEGATIVE_INFINITY
    if (this.#base?.clock !== 'wall' || this.#job.timing.kind === 'interval') return
    this.#plan(this.#isHourly ? now : Math.max(now, this.#lastDue))
  }

  get #isHourly(): boolean {
    return this.#job.timing.kind === 'cron' && this.#job.timing.cron.isHourly
  }

  #takeExplicit(): DueRun | undefined {
    const [at] = this.#explicit
    const now = this.#options.clock.now()
    if (at === undefined || at > now) return undefined
    this.#explicit = this.#explicit.slice(1)
    return { plannedAt: at, dueAt: at, lateMs: now - at, keeps: false }
  }

  #takeBase(): DueRun | undefined {
    const base = this.#base
    if (base === undefined) return undefined
    const lateMs = this.#now(base.clock) - base.at - base.offsetMs
    if (lateMs < 0) return undefined
    const toWall = base.clock === 'wall' ? 0 : this.#steadyOffset()
    const plannedAt = base.at + toWall
    const { timing } = this.#job
    if (base.clock === 'wall') this.#lastDue = Math.max(this.#lastDue, plannedAt)
    this.#isOver = timing.kind === 'once'
    this.#plan(Math.max(this.#options.clock.now(), plannedAt), base)
    const keeps = timing.kind === 'interval' || timing.kind === 'cron'
    return { plannedAt, dueAt: plannedAt + base.offsetMs, lateMs, keeps }
  }

  #plan(afterMs: number, last?: Planned): void {
    const at = this.#nextBase(afterMs, last)
    const clock = this.#job.timing.kind === 'interval' ? 'steady' : 'wall'
    this.#base = at === undefined ? undefined : { clock, at, offsetMs: this.#offsetMs() }
  }

  #nextBase(afterMs: number, last: Planned | undefined): number | undefined {
    const { timing } = this.#job
    switch (timing.kind) {
      case 'interval':
        return this.#nextSteady(timing.everyMs, last)
      case 'cron':
        return timing.cron.next(last === undefined ? Math.max(afterMs, this.#now('wall')) : afterMs)
      case 'when': {
        const times = timing.dates.flatMap((date) => date.after(afterMs) ?? [])
        return times.length === 0 ? undefined : Math.min(...times)
      }
      case 'once':
        return this.#isOver || timing.at < afterMs ? undefined : timing.at
      case 'none':
        return undefined
    }
  }

  /** In the pace of the former runs, unless that was lost. */
  #nextSteady(everyMs: number, last: Planned | undefined): number {
    const now = this.#now('steady')
    const inPace = last?.clock === 'steady' ? last.at + everyMs : now + everyMs
    return inPace > now ? inPace : now + everyMs
  }

  #offsetMs(): number {
    const splay = this.#job.splay ?? this.#options.splay()
    const jitter = this.#job.jitterSeconds
    const { random } = this.#options
    const later = splay === undefined ? 0 : splay.from + random.below(Math.floor(splay.to - splay.from) + 1)
    const around = jitter === 0 ? 0 : random.below(Math.floor(2 * jitter) + 1) - jitter
    return (later + around) * 1000
  }

  #now(clock: Planned['clock']): number {
    return clock === 'wall' ? this.#options.clock.now() : this.#options.clock.monotonic()
  }

  /** What makes a time of the monotonic clock one of the wall clock. */
  #steadyOffset(): number {
    return this.#options.clock.now() - this.#options.clock.monotonic()
  }
}
