import type { ScheduledJob } from './job-definition.ts'
import type { DueRun } from './job-plan.ts'
import type { TimeRange } from './time-range.ts'

/** Salt's words for why a job was not run; `missed` is ours. */
export type SkipReason =
  | 'disabled'
  | 'not_in_range'
  | 'in_skip_range'
  | 'skip_explicit'
  | 'until_passed'
  | 'after_not_passed'
  | 'maxrunning'
  | 'missed'

export type Verdict =
  | { readonly kind: 'run'; readonly fun: string }
  | {
      readonly kind: 'skip'
      readonly reason: SkipReason
      /** Then it may run: it is made up for at that time. */
      readonly opensAt?: number | undefined
    }

/** What holds for all jobs of a schedule. */
export interface ScheduleRules {
  readonly isEnabled: boolean
  readonly skipRange: TimeRange | undefined
  /** Run in place of a job that is skipped. */
  readonly skipFunction: string | undefined
}

/**
 * How late a `when` or `once` may be: the clock may have been set forward, and that is seen within a minute only. What came due
 * while the host slept is gone, as in Salt.
 */
const latestMs = 120_000
const second = 1000

/** Whether a job that is due runs, in Salt's order of reasons. */
export function judgeRun(job: ScheduledJob, due: DueRun, rules: ScheduleRules, nowMs: number): Verdict {
  if (!rules.isEnabled || !job.isEnabled) return { kind: 'skip', reason: 'disabled' }
  if (!due.keeps && due.lateMs > latestMs) return { kind: 'skip', reason: 'missed' }
  return (
    outOfRange(job, rules, nowMs) ??
    inSkipRange(job, rules, nowMs) ??
    isNamedApart(job, due, rules) ??
    isOutOfTime(job, nowMs) ?? { kind: 'run', fun: job.fun }
  )
}

function skip(reason: SkipReason, { skipFunction }: ScheduleRules, opensAt?: number): Verdict {
  return skipFunction === undefined ? { kind: 'skip', reason, opensAt } : { kind: 'run', fun: skipFunction }
}

function outOfRange({ range, timing }: ScheduledJob, rules: ScheduleRules, nowMs: number): Verdict | undefined {
  if (range === undefined || range.permits(nowMs)) return undefined
  if (range.isInverted) return { kind: 'skip', reason: 'in_skip_range', opensAt: opening() }
  return skip('not_in_range', rules, opening())

  /** An interval goes on where it may; what has a time of its own waits for the next one. */
  function opening(): number | undefined {
    return timing.kind === 'interval' ? range?.opens(nowMs) : undefined
  }
}

function inSkipRange(job: ScheduledJob, rules: ScheduleRules, nowMs: number): Verdict | undefined {
  const range = job.skipRange ?? rules.skipRange
  return range?.holds(nowMs) === true ? skip('in_skip_range', rules) : undefined
}

function isNamedApart({ skipTimes }: ScheduledJob, due: DueRun, rules: ScheduleRules): Verdict | undefined {
  const seconds = [due.plannedAt, due.dueAt].map((at) => Math.floor(at / second))
  return skipTimes.some((at) => seconds.includes(Math.floor(at / second))) ? skip('skip_explicit', rules) : undefined
}

function isOutOfTime({ until, after }: ScheduledJob, nowMs: number): Verdict | undefined {
  if (until !== undefined && until.at(nowMs) <= nowMs) return { kind: 'skip', reason: 'until_passed' }
  if (after !== undefined && after.at(nowMs) >= nowMs) return { kind: 'skip', reason: 'after_not_passed' }
  return undefined
}

/** When a job that was skipped in a range is to be made up for, where it wants that: a second after the end. */
export function makeUpTime(job: ScheduledJob, rules: ScheduleRules, nowMs: number): number | undefined {
  const range = job.skipRange ?? rules.skipRange
  return job.runsAfterSkipRange && range?.holds(nowMs) === true ? range.endOf(nowMs) + second : undefined
}
