import { SaltError } from '../../base/errors.ts'
import { asRecord, asString } from '../../base/narrow.ts'
import type { BusMethods, MinionBusMethods, ScheduleAnswer, ScheduleRequest } from '../../client/api.ts'
import type { Handler } from '../../wire/rpc.ts'
import type { JobTable } from './job-table.ts'
import type { MasterEvents } from './master-events.ts'

type Methods = { [M in Exclude<keyof MinionBusMethods, keyof BusMethods>]: Handler }

const longestWaitSeconds = 3600

interface Parts {
  readonly jobs: JobTable
  readonly events: Pick<MasterEvents, 'fireAndWait'>
  readonly schedule: { manage(request: ScheduleRequest): Promise<ScheduleAnswer> }
}

/** What other processes of this host may ask a minion: `salt call saltutil.running` and the like. */
export function busMethods({ jobs, events, schedule }: Parts): Methods {
  return {
    running: () => jobs.list(),
    signal: (params) => {
      const { jid, signal } = asRecord(params)
      if (typeof signal !== 'number') throw new SaltError('bad-arguments', 'a signal is a number')
      return jobs.signal(asString(jid, 'jid'), signal)
    },
    'fire.master': (params) => {
      const { load, timeout } = asRecord(params)
      const seconds = typeof timeout === 'number' && timeout > 0 ? Math.min(timeout, longestWaitSeconds) : 0
      return events.fireAndWait(asRecord(load, 'an event'), seconds * 1000)
    },
    // The schedule checks what it is asked.
    schedule: (params) => schedule.manage(params as ScheduleRequest),
  }
}
