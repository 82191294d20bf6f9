/** The way of these functions to the schedule: the running minion, or its file where none runs. */
import { asSaltError, SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { ScheduleAnswer, ScheduleRequest } from '../../../client/api.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { readSavedSchedule, savedSchedulePath, writeSavedSchedule } from '../../../engine/schedule/saved-schedule.ts'
import { isOn } from '../../../engine/schedule/truth.ts'

export type Jobs = Record<string, unknown>

/** What these functions answer, as Salt's do. */
export interface Result {
  result: boolean
  comment: string | string[]
  changes?: Jobs
}

/** Keyword arguments of a call, without those that tell of the job. */
export function givenBy(extra: Readonly<Record<string, unknown>>): Jobs {
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('__pub_')))
}

export function isTest(ctx: FunctionContext, given: Jobs): boolean {
  return isOn(given.test ?? ctx.config.get('test'))
}

/** Rejects with `minion-unreachable` where no minion runs. */
export function ask(ctx: FunctionContext, request: ScheduleRequest): Promise<ScheduleAnswer> {
  const { schedule } = ctx.services
  if (schedule !== undefined) return schedule.manage(request)
  throw new SaltError('minion-unreachable', 'no minion runs in this process', {
    hint: 'Run the function on a minion, or by salt call beside one.',
  })
}

/** All jobs, or those of `opts` or `pillar` only, as they are configured. */
export async function jobsOf(ctx: FunctionContext, where?: 'opts' | 'pillar'): Promise<Jobs> {
  const { schedule } = await ask(ctx, { func: 'list', ...(where === undefined ? {} : { where }) })
  return { ...schedule }
}

export function jobIn(jobs: Jobs, name: string): Jobs | undefined {
  const job = Object.hasOwn(jobs, name) ? jobs[name] : undefined
  return isRecord(job) ? job : undefined
}

export async function savedJobs(ctx: FunctionContext): Promise<Jobs> {
  return { ...(await readSavedSchedule(savedSchedulePath(ctx.config))) }
}

/** Changes the file. Throws `bad-arguments` while a minion runs: it would not see the change, and write over it. */
export async function changeSaved(ctx: FunctionContext, change: (jobs: Jobs) => void): Promise<void> {
  if (await hasMinion(ctx)) {
    throw new SaltError('bad-arguments', 'the minion runs, and keeps this file itself; leave offline out')
  }
  const jobs = await savedJobs(ctx)
  change(jobs)
  await writeSavedSchedule(savedSchedulePath(ctx.config), jobs)
}

async function hasMinion(ctx: FunctionContext): Promise<boolean> {
  try {
    await ask(ctx, { func: 'list' })
    return true
  } catch (error) {
    if (asSaltError(error).code === 'minion-unreachable') return false
    throw error
  }
}

/** The result of `work`; where no minion runs, or the request makes no sense, a failure that says so. */
export async function attempt(failed: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    const error = asSaltError(thrown)
    if (error.code !== 'minion-unreachable' && error.code !== 'bad-arguments') throw error
    return { result: false, comment: `${failed}: ${error.message}`, changes: {} }
  }
}

/** What was done, with what did not go well beside it. */
export function told(comment: string, { warning }: Pick<ScheduleAnswer, 'warning'>): string {
  return warning === undefined ? comment : `${comment} But ${warning}`
}
