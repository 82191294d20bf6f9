import { SaltError } from '../../base/errors.ts'
import { asRecord, asString } from '../../base/narrow.ts'
import type {
  BeaconAnswer,
  BeaconRequest,
  MinionBusMethods,
  ScheduleAnswer,
  ScheduleRequest,
} from '../../client/api.ts'
import type { Handler } from '../../wire/rpc.ts'
import type { JobTable } from './job-table.ts'

type Methods = { [M in Exclude<keyof MinionBusMethods, 'subscribe' | 'fire' | 'status'>]: Handler }

interface Parts {
  readonly jobs: JobTable
  readonly schedule: { manage(request: ScheduleRequest): Promise<ScheduleAnswer> }
  readonly beacons: { manage(request: BeaconRequest): Promise<BeaconAnswer> }
}

/** What other processes of this host may ask a minion: `salt call saltutil.running` and the like. */
export function busMethods({ jobs, schedule, beacons }: Parts): Methods {
  return {
    running: () => jobs.list(),
    signal: (params) => {
      const { jid, signal } = asRecord(params)
      if (typeof signal !== 'number') throw new SaltError('bad-arguments', 'a signal is a number')
      return jobs.signal(asString(jid, 'jid'), signal)
    },
    // Schedule and beacons check what they are asked.
    schedule: (params) => schedule.manage(params as ScheduleRequest),
    beacons: (params) => beacons.manage(params as BeaconRequest),
  }
}
