import { join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import type { JobReturn } from '../../client/api.ts'
import { jobRecordOf, loadOfReturns, loadRecordOf } from '../../engine/jobs/archived-job.ts'
import { openJobStore, type PersistentJobStore } from '../../engine/jobs/job-store.ts'
import { defineReturner, type JobCacheReader, type JobLoadRecord } from '../../engine/returner.ts'

const sweepMs = 3_600_000

export const localCache = defineReturner({
  name: 'local_cache',
  doc:
    'Keeps returns on this host: a minion in `jobs.db` below its `cachedir`. ' +
    'On a master it is the job cache that is there in any case, so `master_job_cache: local_cache` changes nothing.',
  options: {
    keep_seconds: s.withDefault(s.seconds('How long a return is kept; 0 for ever'), 86_400),
  },
  takes: ['return', 'job'],
  examples: ["salt '*' test.ping --return local_cache"],
  async open({ config, role, clock, log }, { keep_seconds }) {
    if (role === 'master') throw new SaltError('configuration', 'local_cache is the job cache of the master already')
    const store = openJobStore(join(String(config.get('cachedir')), 'jobs.db'), { clock, log })
    const sweep = (): void => {
      if (keep_seconds > 0) store.removeBefore(clock.now() - keep_seconds * 1000)
      timer = clock.after(sweepMs, sweep, { background: true })
    }
    let timer = clock.after(0, sweep, { background: true })
    return {
      async deliver(batch) {
        for (const delivery of batch) {
          if (delivery.kind === 'job') addJob(store, delivery.job, clock.now())
          else if (delivery.kind === 'return') addReturn(store, delivery.ret, clock.now())
        }
        await store.settled()
      },
      cache: readerOf(store),
      async [Symbol.asyncDispose]() {
        timer.cancel()
        store[Symbol.dispose]()
      },
    }
  },
})

function addJob(store: PersistentJobStore, job: JobLoadRecord | undefined, now: number): void {
  if (job !== undefined && store.get(job.jid) === undefined) store.add(jobRecordOf(job, now))
}

/** A minion sees only its own part of a job: that it was asked is what its return tells. */
function addReturn(store: PersistentJobStore, ret: JobReturn, now: number): void {
  addJob(store, loadOfReturns([ret]), now)
  store.setOutcome(ret.jid, { id: ret.id, state: ret.success ? 'returned' : 'failed', ret })
  store.close(ret.jid, now)
}

function readerOf(store: PersistentJobStore): JobCacheReader {
  return {
    load: async (jid) => {
      const job = store.get(jid)
      return job && loadRecordOf(job)
    },
    returns: async (jid) => store.outcomes(jid).flatMap(({ ret }) => ret ?? []),
    list: async (limit) => store.list({ limit }).map(loadRecordOf),
  }
}
