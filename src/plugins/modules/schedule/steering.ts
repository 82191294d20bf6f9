/** Switching, running, postponing and sending jobs elsewhere. */
import { asSaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { ScheduleRequest } from '../../../client/minion-requests.ts'
import { isTest, type Result, told } from '../../../engine/functions/keeper-functions.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { readSavedSchedule, savedSchedulePath } from '../../../engine/schedule/saved-schedule.ts'
import { parseTimeFormat } from '../../../engine/schedule/time-format.ts'
import { isOn } from '../../../engine/schedule/truth.ts'
import { ask, type Jobs, jobIn, jobsOf } from './access.ts'
import { deleteJob } from './changing.ts'

export async function runJob(ctx: FunctionContext, name: string, force: boolean): Promise<Result> {
  const job = jobIn(await jobsOf(ctx), name)
  if (job === undefined) return { result: false, comment: `Job ${name} does not exist.` }
  if (!isOn(job.enabled, true) && !force) return { result: true, comment: `Job ${name} is disabled.` }
  const { complete } = await ask(ctx, { func: 'run_job', name })
  return complete
    ? { result: true, comment: `Scheduling Job ${name} on minion.` }
    : { result: false, comment: `Failed to run job ${name} on minion.` }
}

/** `enable_job` and `disable_job`. */
export async function switchJob(ctx: FunctionContext, name: string, on: boolean, given: Jobs): Promise<Result> {
  const [verb, done] = on ? ['enable', 'Enabled'] : ['disable', 'Disabled']
  const ret: Result = { result: true, comment: '', changes: {} }
  if (isTest(ctx, given)) return { ...ret, comment: `Job: ${name} would be ${verb}d in schedule.` }
  if (jobIn(await jobsOf(ctx), name) === undefined)
    return { ...ret, result: false, comment: `Job ${name} does not exist.` }
  const func = on ? 'enable_job' : 'disable_job'
  const answer = await ask(ctx, { func, name, persist: isOn(given.persist, true) })
  const isSwitched = isOn(jobIn({ ...answer.schedule }, name)?.enabled, true) === on
  if (!isSwitched) return { ...ret, result: false, comment: `Failed to ${verb} job ${name} in schedule.` }
  return { ...ret, comment: told(`${done} Job ${name} in schedule.`, answer), changes: { [name]: `${verb}d` } }
}

/** `enable` and `disable`. */
export async function switchAll(ctx: FunctionContext, on: boolean, given: Jobs): Promise<Result> {
  const [verb, done] = on ? (['enable', 'Enabled'] as const) : (['disable', 'Disabled'] as const)
  if (isTest(ctx, given)) return { result: true, comment: `Schedule would be ${verb}d.`, changes: {} }
  const answer = await ask(ctx, { func: verb, persist: isOn(given.persist, true) })
  if (isOn(answer.schedule?.enabled, true) !== on)
    return { result: false, comment: `Failed to ${verb} schedule on minion.`, changes: {} }
  return { result: true, comment: told(`${done} schedule on minion.`, answer), changes: { schedule: `${verb}d` } }
}

/** `postpone_job` and `skip_job`. */
export async function moveTime(ctx: FunctionContext, request: ScheduleRequest, given: Jobs): Promise<Result> {
  const { name = '', time, new_time: newTime, time_fmt: format } = request
  const isPostponed = request.func === 'postpone_job'
  try {
    for (const text of [time, newTime]) if (text !== undefined) parseTimeFormat(text, format)
  } catch (error) {
    ctx.log.error('A date could not be read', { reason: asSaltError(error).message })
    return { result: false, comment: 'Date string could not be parsed.' }
  }
  if (isTest(ctx, given))
    return { result: true, comment: `Job: ${name} would be ${isPostponed ? 'postponed' : 'skipped'} in schedule.` }
  if (jobIn(await jobsOf(ctx), name) === undefined) return { result: false, comment: `Job ${name} does not exist.` }
  const answer = await ask(ctx, request)
  const times = jobIn({ ...answer.schedule }, name)?.skip_explicit
  const isNoted = Array.isArray(times) && times.some((entry) => isRecord(entry) && entry.time === time)
  if (!isNoted)
    return { result: false, comment: `Failed to ${isPostponed ? 'postpone' : 'skip'} job ${name} in schedule.` }
  const done = isPostponed ? `Postponed Job ${name} in schedule.` : `Added Skip Job ${name} in schedule.`
  return { result: true, comment: told(done, answer) }
}

export async function saveJobs(ctx: FunctionContext, given: Jobs): Promise<Result> {
  if (isTest(ctx, given)) return { result: true, comment: 'Schedule would be saved.' }
  const { complete, warning } = await ask(ctx, { func: 'save_schedule' })
  if (complete && warning === undefined) return { result: true, comment: 'Schedule (non-pillar items) saved.' }
  return { result: false, comment: `Failed to save schedule. ${warning ?? ''}`.trim() }
}

export async function reloadJobs(ctx: FunctionContext): Promise<Result> {
  const path = savedSchedulePath(ctx.config)
  try {
    const schedule = await readSavedSchedule(path)
    if (Object.keys(schedule).length === 0) {
      const comment = ['Failed to reload schedule on minion.  Saved file is empty or invalid.']
      return { result: false, comment }
    }
    await ask(ctx, { func: 'reload', schedule })
    return { result: true, comment: ['Reloaded schedule on minion from _schedule.conf.'] }
  } catch (thrown) {
    const error = asSaltError(thrown)
    if (error.code !== 'configuration') throw error
    return { result: false, comment: [`Unable to read existing schedule file: ${error.message}`] }
  }
}

/** `move` and `copy`: other minions are asked by `publish`, which the master has to permit. */
export async function sendJob(
  ctx: FunctionContext,
  { name, target, moves }: { readonly name: string; readonly target: string; readonly moves: boolean },
  given: Jobs,
): Promise<Result & { minions?: string[] }> {
  if (isTest(ctx, given))
    return { result: true, comment: `Job: ${name} would be ${moves ? 'moved' : 'copied'} from schedule.` }
  const job = jobIn(await jobsOf(ctx), name)
  if (job === undefined) return { result: false, comment: `Job ${name} does not exist.` }
  const response = await ctx.salt('publish.publish', [target, 'schedule.add', [name, additionOf(job)]])
  const answers = Object.entries(isRecord(response) ? response : {})
  if (answers.length === 0) return { result: false, comment: 'no servers answered the published schedule.add command' }
  const errors = answers.filter(([, answer]) => !isRecord(answer) || answer.result !== true).map(([id]) => id)
  if (errors.length > 0) return { result: false, comment: 'the following minions return False', minions: errors }
  const minions = answers.map(([id]) => id)
  if (!moves) return { result: true, comment: `Copied Job ${name} from schedule to minion(s).`, minions }
  const deleted = await deleteJob(ctx, name, {})
  return deleted.result
    ? { result: true, comment: `Moved Job ${name} from schedule.`, minions }
    : { ...deleted, minions }
}

/** The keyword arguments of `schedule.add` that make this job again. */
function additionOf({ args, kwargs, name: _name, ...job }: Jobs): Jobs {
  return {
    ...Object.fromEntries(Object.entries(job).filter(([key]) => !key.startsWith('_'))),
    ...(args === undefined ? {} : { job_args: args }),
    ...(kwargs === undefined ? {} : { job_kwargs: kwargs }),
    __kwarg__: true,
  }
}
