/** The way of these functions to the schedule: the running minion, or its file where none runs. */
import { asSaltError, SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { ScheduleAnswer, ScheduleRequest } from '../../../client/minion-requests.ts'
import { provided } from '../../../engine/functions/keeper-functions.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { readSavedSchedule, savedSchedulePath, writeSavedSchedule } from '../../../engine/schedule/saved-schedule.ts'

export type Jobs = Record<string, unknown>

/** Rejects with `minion-unreachable` where no minion runs. */
export async function ask(ctx: FunctionContext, request: ScheduleRequest): Promise<ScheduleAnswer> {
  return await provided(ctx.services.schedule).manage(request)
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
