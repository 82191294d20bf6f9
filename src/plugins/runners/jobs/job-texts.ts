/** Jobs as the functions show them, by Salt's names. */
import type { TargetOutcome } from '../../../client/api.ts'
import { formatStartTime } from '../../../engine/jobs/jid.ts'
import type { JobRecord } from '../../../engine/jobs/types.ts'
import type { FoundJob } from './remembered-jobs.ts'

/** What a reader sees of a job, by Salt's names. */
export function described(job: JobRecord): Record<string, unknown> {
  return {
    Function: job.fun,
    Arguments: job.arg,
    Target: job.tgt,
    'Target-type': job.tgtType,
    User: job.user,
    ...(job.metadata === undefined ? {} : { Metadata: job.metadata }),
  }
}

function resultOf({ ret }: TargetOutcome): Record<string, unknown> {
  return {
    return: ret?.return,
    retcode: ret?.retcode,
    success: ret?.success,
    ...(ret?.out === undefined || ret.out === 'nested' ? {} : { out: ret.out }),
  }
}

/** A job with the results of its minions; those that have none are listed with their state. */
export function detailed(id: string, { job, outcomes }: FoundJob): Record<string, unknown> {
  if (job === undefined)
    return { Error: 'The job cache has no job with this id.', StartTime: formatStartTime(id), Result: {} }
  const silent = outcomes.filter(({ ret }) => ret === undefined)
  return {
    ...described(job),
    Minions: job.minions,
    StartTime: formatStartTime(id),
    Result: Object.fromEntries(
      outcomes.filter(({ ret }) => ret !== undefined).map((outcome) => [outcome.id, resultOf(outcome)]),
    ),
    ...(silent.length === 0
      ? {}
      : { States: Object.fromEntries(silent.map(({ id: minion, state }) => [minion, state])) }),
  }
}

/** `Minion did not return. [queued: until …]` */
export function missingText({ state, reason }: TargetOutcome): string {
  const why = ['queued', 'withdrawn', 'expired'].includes(state) && reason !== undefined ? `: ${reason}` : ''
  return `Minion did not return. [${state}${why}]`
}

export function listed(jobs: readonly JobRecord[]): Record<string, unknown> {
  return Object.fromEntries(jobs.map((job) => [job.jid, { ...described(job), StartTime: formatStartTime(job.jid) }]))
}
