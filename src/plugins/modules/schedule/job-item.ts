/** A job from the keyword arguments of `schedule.add` and its like. */
import { asSaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { didYouMean, nearest } from '../../../base/text.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { parseDateText } from '../../../engine/schedule/date-text.ts'
import { parseScheduledJob, timingConflict } from '../../../engine/schedule/job-definition.ts'
import { jobKeys, plainJobKeys, spanKeys } from '../../../engine/schedule/job-keys.ts'
import { whenAlias } from '../../../engine/schedule/when-alias.ts'
import type { Jobs } from './access.ts'

export type Built = { readonly job: Jobs } | { readonly fault: string }

/** These say how to build a job, not what it is. */
const directions = ['job_args', 'job_kwargs', 'test', 'persist', 'offline', 'where']

/** Salt's words for times that exclude each other. */
export function timingFault(given: Jobs): string | undefined {
  const has = (key: string): boolean => given[key] !== undefined
  if (spanKeys.some(has) && (has('when') || has('cron'))) return timingConflict
  return has('when') && has('cron') ? 'Unable to use "when" and "cron" options together.  Ignoring.' : undefined
}

/** The job as it is stored, or why there is none. */
export function buildJob(ctx: FunctionContext, name: string, given: Jobs): Built {
  if (name === '') return { fault: 'Job name is required.' }
  const fault = timingFault(given) ?? argumentFault(given) ?? whenFault(ctx, given) ?? unknownFault(given)
  if (fault !== undefined) return { fault }
  const job = jobOf(name, given)
  try {
    parseScheduledJob(name, job, (alias) => whenAlias(alias, ctx.pillar, ctx.grains))
    return { job }
  } catch (error) {
    return { fault: `Job ${name} cannot be scheduled: ${asSaltError(error).message}` }
  }
}

function jobOf(name: string, given: Jobs): Jobs {
  const job: Jobs = { function: given.function }
  const take = (keys: readonly string[]): void => {
    for (const key of keys) if (given[key] !== undefined) job[key] = given[key]
  }
  take([...spanKeys, 'return_job', 'metadata'])
  const { job_args: args = given.args, job_kwargs: kwargs = given.kwargs } = given
  if (args !== undefined) job.args = args
  if (kwargs !== undefined) job.kwargs = kwargs
  job.maxrunning = given.maxrunning ?? 1
  job.name = given.name ?? name
  job.enabled = given.enabled ?? true
  job.jid_include = given.jid_include ?? true
  take(['splay', ...plainJobKeys])
  return job
}

function argumentFault({ job_args: args, job_kwargs: kwargs }: Jobs): string | undefined {
  if (args !== undefined && !Array.isArray(args)) return 'job_args is not a list. please correct and try again.'
  if (kwargs !== undefined && !isRecord(kwargs)) return 'job_kwargs is not a dict. please correct and try again.'
  return undefined
}

function whenFault(ctx: FunctionContext, { when }: Jobs): string | undefined {
  if (when === undefined) return undefined
  for (const one of [when].flat()) {
    try {
      parseDateText(typeof one === 'string' ? (whenAlias(one, ctx.pillar, ctx.grains) ?? one) : one)
    } catch {
      return `Schedule item ${String(one)} for "when" in invalid.`
    }
  }
  return undefined
}

/** A mistyped key would make a job that does something else. */
function unknownFault(given: Jobs): string | undefined {
  const known = [...jobKeys, ...directions]
  const unknown = Object.keys(given).find((key) => !known.includes(key) && !key.startsWith('_'))
  return unknown === undefined ? undefined : `'${unknown}' is no option of a job.${didYouMean(nearest(unknown, known))}`
}
