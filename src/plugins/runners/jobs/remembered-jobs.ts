/** Jobs that have run, from the store of the master or from another system. */
import type { TargetOutcome } from '../../../client/api.ts'
import { jobRecordOf, loadOfReturns } from '../../../engine/jobs/archived-job.ts'
import { compileJobFilter } from '../../../engine/jobs/job-filter.ts'
import type { JobFilter, JobRecord } from '../../../engine/jobs/types.ts'
import type { RunnerContext } from '../../../engine/plugin.ts'

/** Newest jobs that are looked at in another system. */
const mostArchived = 10_000

export interface FoundJob {
  readonly job: JobRecord | undefined
  readonly outcomes: readonly TargetOutcome[]
}

/** From the store of the master, else from elsewhere; with a source only from there. */
export async function findJob(ctx: RunnerContext, id: string, source: string | undefined): Promise<FoundJob> {
  const job = isOwn(source) ? ctx.jobs.get(id) : undefined
  if (job !== undefined) return { job, outcomes: ctx.jobs.outcomes(id) }
  const found = await ctx.archive.use(source, async (reader) => ({
    load: await reader.load(id),
    returns: await reader.returns(id),
  }))
  if (found === undefined) return { job: undefined, outcomes: [] }
  const { returns } = found
  // A backend that has only returns still tells by them what was asked.
  const load = found.load ?? loadOfReturns(returns)
  return {
    job: load && jobRecordOf(load),
    outcomes: returns.map((ret) => ({ id: ret.id, state: ret.success ? 'returned' : 'failed', ret })),
  }
}

/** Whether the store of the master is asked first. */
function isOwn(source: string | undefined): boolean {
  return source === undefined || source === '' || source === 'local_cache'
}

/** Those of the store of the master, or of the source. */
export async function listJobs(
  ctx: RunnerContext,
  filter: JobFilter,
  source: string | undefined,
): Promise<readonly JobRecord[]> {
  if (isOwn(source)) return ctx.jobs.list(filter)
  const loads = (await ctx.archive.use(source, (reader) => reader.list(mostArchived))) ?? []
  const found = loads.map((load) => jobRecordOf(load)).filter(compileJobFilter(filter))
  return filter.limit === undefined ? found : found.slice(-filter.limit)
}
