import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { jobKeys } from '../../../engine/schedule/job-keys.ts'
import { globalKeys } from '../../../engine/schedule/schedule.ts'
import { isOn } from '../../../engine/schedule/truth.ts'
import { type Jobs, jobsOf, savedJobs } from './access.ts'

export interface Listing {
  readonly show_all: boolean
  readonly show_disabled: boolean
  readonly where?: 'opts' | 'pillar' | undefined
  readonly offline: boolean
}

/** Jobs as Salt lists them: without notes of the schedule itself, and without hidden ones where these are not asked for. */
export async function listJobs(ctx: FunctionContext, listing: Listing): Promise<Jobs> {
  const jobs = listing.offline ? await savedJobs(ctx) : await jobsOf(ctx, listing.where)
  return Object.fromEntries(
    Object.entries(jobs).flatMap(([name, job]) => {
      if (globalKeys.has(name) || !isRecord(job)) return [[name, job]]
      if (name.startsWith('__') && !listing.show_all) return []
      const shown = shownJob(job)
      return shown.enabled === true || listing.show_disabled ? [[name, shown]] : []
    }),
  )
}

function shownJob(job: Jobs): Jobs {
  const entries = Object.entries(job).filter(([key, value]) => jobKeys.has(key) && value !== null)
  return { ...Object.fromEntries(entries), enabled: isOn(job.enabled, true) }
}

/** The list as YAML, each job with whether it is in the file that outlives the minion. */
export async function listText(ctx: FunctionContext, jobs: Jobs): Promise<string> {
  const saved = await savedJobs(ctx)
  const { emitYaml } = await import('../../../base/yaml-emit.ts')
  const marked = Object.entries(jobs).map(([name, job]) => [
    name,
    isRecord(job) && !globalKeys.has(name) ? { ...job, saved: Object.hasOwn(saved, name) } : job,
  ])
  return emitYaml({ schedule: Object.fromEntries(marked) }, { anchors: false })
}
