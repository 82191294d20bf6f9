import { SaltError } from '../../base/errors.ts'
import { asRecord, asString } from '../../base/narrow.ts'
import type { MinionBusMethods, ScheduleAnswer, ScheduleRequest } from '../../client/api.ts'
import type { Handler } from '../../wire/rpc.ts'
import type { JobTable } from './job-table.ts'

type Methods = { [M in Exclude<keyof MinionBusMethods, 'subscribe' | 'fire' | 'status'>]: Handler }

interface Parts {
  readonly jobs: JobTable
  readonly schedule: { manage(request: ScheduleRequest): Promise<ScheduleAnswer> }
}

/** What other processes of this host may ask a minion: `salt call saltutil.running` and the like. */
export function busMethods({ jobs, schedule }: Parts): Methods {
  return {
    running: () => jobs.list(),
    signal: (params) => {
      const { jid, signal } = asRecord(params)
      if (typeof signal !== 'number') throw new SaltError('bad-arguments', 'a signal is a number')
      return jobs.signal(asString(jid, 'jid'), signal)
    },
    // The schedule checks what it is asked.
    schedule: (params) => schedule.manage(params as ScheduleRequest),
  }
}
