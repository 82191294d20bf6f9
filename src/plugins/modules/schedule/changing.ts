/** `schedule.add`, `modify`, `delete` and `purge`. */
import { isDeepStrictEqual } from 'node:util'
import { isTest, type Result, told } from '../../../engine/functions/keeper-functions.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { globalKeys } from '../../../engine/schedule/schedule.ts'
import { isOn } from '../../../engine/schedule/truth.ts'
import { ask, changeSaved, type Jobs, jobIn, jobsOf } from './access.ts'
import { buildJob, timingFault } from './job-item.ts'
import { listJobs } from './listing.ts'

const all = { show_all: true, show_disabled: true }

export async function addJob(ctx: FunctionContext, name: string, given: Jobs): Promise<Result> {
  const offline = isOn(given.offline)
  const ret: Result = { comment: `Failed to add job ${name} to schedule.`, result: false, changes: {} }
  const current = await listJobs(ctx, { ...all, offline })
  if (Object.hasOwn(current, name)) return { ...ret, comment: `Job ${name} already exists in schedule.` }
  const conflict = timingFault(given)
  if (conflict !== undefined)
    return { ...ret, comment: conflict.startsWith('Unable to use "s') ? `Error: ${conflict}` : conflict }
  const built = buildJob(ctx, name, given)
  if ('fault' in built) return { result: false, comment: built.fault, changes: {} }
  if (isTest(ctx, given)) return { result: true, comment: `Job: ${name} would be added to schedule.`, changes: {} }
  const added = { result: true, comment: `Added job: ${name} to schedule.`, changes: { [name]: 'added' } }
  if (offline) {
    await changeSaved(ctx, (jobs) => Object.assign(jobs, { [name]: built.job }))
    return added
  }
  const answer = await ask(ctx, {
    func: 'add',
    name,
    schedule: { [name]: built.job },
    persist: isOn(given.persist, true),
  })
  return Object.hasOwn(answer.schedule ?? {}, name) ? { ...added, comment: told(added.comment, answer) } : ret
}

export async function modifyJob(ctx: FunctionContext, name: string, given: Jobs): Promise<Result> {
  const offline = isOn(given.offline)
  const failed = (comment: string): Result => ({ result: false, comment, changes: {} })
  const conflict = timingFault(given)
  if (conflict !== undefined) return failed(conflict)
  const current = jobIn(await listJobs(ctx, { ...all, offline }), name)
  if (current === undefined) return failed(`Job ${name} does not exist in schedule.`)
  const built = buildJob(ctx, name, { ...given, function: given.function ?? current.function })
  if ('fault' in built) return failed(built.fault)
  if (isDeepStrictEqual(built.job, current)) {
    return { result: true, comment: `Job ${name} in correct state`, changes: {} }
  }
  const changes = { [name]: { old: current, new: built.job } }
  if (isTest(ctx, given)) return { result: true, comment: `Job: ${name} would be modified in schedule.`, changes }
  const comment = `Modified job: ${name} in schedule.`
  if (offline) {
    await changeSaved(ctx, (jobs) => Object.assign(jobs, { [name]: { ...jobIn(jobs, name), ...built.job } }))
    return { result: true, comment, changes }
  }
  const answer = await ask(ctx, { func: 'modify', name, schedule: built.job, persist: isOn(given.persist, true) })
  const isDone = isDeepStrictEqual(jobIn({ ...answer.schedule }, name), built.job)
  return isDone
    ? { result: true, comment: told(comment, answer), changes }
    : failed(`Failed to modify job ${name} in schedule.`)
}

export async function deleteJob(ctx: FunctionContext, name: string, given: Jobs): Promise<Result> {
  const ret: Result = { comment: `Failed to delete job ${name} from schedule.`, result: false, changes: {} }
  if (name === '') return { ...ret, comment: 'Job name is required.' }
  if (isTest(ctx, given)) return { ...ret, result: true, comment: `Job: ${name} would be deleted from schedule.` }
  const deleted = { result: true, comment: `Deleted Job ${name} from schedule.`, changes: { [name]: 'removed' } }
  const missing = { ...ret, comment: `Job ${name} does not exist.` }
  if (isOn(given.offline)) {
    let isThere = false
    await changeSaved(ctx, (jobs) => {
      isThere = Object.hasOwn(jobs, name)
      delete jobs[name]
    })
    return isThere ? deleted : missing
  }
  if (!Object.hasOwn(await jobsOf(ctx), name)) return missing
  const answer = await ask(ctx, { func: 'delete', name, persist: isOn(given.persist, true) })
  return Object.hasOwn(answer.schedule ?? {}, name) ? ret : { ...deleted, comment: told(deleted.comment, answer) }
}

export async function purgeJobs(ctx: FunctionContext, given: Jobs): Promise<Result> {
  const current = await listJobs(ctx, { ...all, offline: isOn(given.offline) })
  const names = Object.keys(current).filter((name) => !globalKeys.has(name) && !name.startsWith('__'))
  if (isTest(ctx, given)) {
    const comment = names.map((name) => `Job: ${name} would be deleted from schedule.`)
    return { result: true, comment, changes: {} }
  }
  if (isOn(given.offline)) {
    await changeSaved(ctx, (jobs) => {
      for (const name of names) delete jobs[name]
    })
  }
  const changes: Jobs = {}
  const comment: string[] = []
  for (const name of names) {
    const isGone = isOn(given.offline) || (await isDeleted(ctx, name, isOn(given.persist, true)))
    if (isGone) changes[name] = 'removed'
    comment.push(isGone ? `Deleted job: ${name} from schedule.` : `Failed to delete job ${name} from schedule.`)
  }
  return { result: true, comment, changes }
}

async function isDeleted(ctx: FunctionContext, name: string, persist: boolean): Promise<boolean> {
  const { schedule } = await ask(ctx, { func: 'delete', name, persist })
  return !Object.hasOwn(schedule ?? {}, name)
}
