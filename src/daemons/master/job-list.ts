import { asRecord } from '../../base/narrow.ts'
import type { JobSummary, TargetState } from '../../client/api.ts'
import type { JobRecord, JobStore } from '../../engine/jobs/types.ts'

type Store = Pick<JobStore, 'get' | 'list' | 'open' | 'states'>

const standardLimit = 20
const mostJobs = 10_000

/** The jobs of a user, or of all of them, as the parameters of the call want them. */
export function listJobs(store: Store, params: unknown, user?: string): readonly JobSummary[] {
  const { jid, limit } = asRecord(params)
  const isTheirs = (job: JobRecord): boolean => user === undefined || job.user === user
  if (typeof jid === 'string')
    return [store.get(jid) ?? []]
      .flat()
      .filter(isTheirs)
      .map((job) => summary(store, job))
  const count = typeof limit === 'number' && limit >= 0 ? Math.min(Math.floor(limit), mostJobs) : standardLimit
  const newest = store.list({ limit: count, ...(user === undefined ? {} : { user }) })
  const all = new Map([...store.open().filter(isTheirs), ...newest].map((job) => [job.jid, job]))
  return [...all.values()].sort((a, b) => (a.jid < b.jid ? -1 : 1)).map((job) => summary(store, job))
}

function summary(store: Store, job: JobRecord): JobSummary {
  const states = store.states(job.jid)
  const counts: Partial<Record<TargetState, number>> = {}
  for (const id of job.minions) {
    const state = states[id] ?? 'running'
    counts[state] = (counts[state] ?? 0) + 1
  }
  const { jid, fun, tgt, tgtType, user, startedAt, queue } = job
  return {
    ...{ jid, fun, tgt, tgt_type: tgtType, user, startedAt, states: counts },
    ...(queue === undefined || counts.queued === undefined ? {} : { queuedUntil: queue.expiresAt }),
  }
}
