import { SaltError } from '../../base/errors.ts'
import { asRecord, asString } from '../../base/narrow.ts'
import type { BusMethods } from '../../client/api.ts'
import { returnFrom } from '../../client/job-return.ts'
import type { MinionBusMethods } from '../../client/minion-bus.ts'
import type { BeaconAnswer, BeaconRequest, ScheduleAnswer, ScheduleRequest } from '../../client/minion-requests.ts'
import type { Handler } from '../../wire/rpc.ts'
import type { JobTable } from './job-table.ts'
import type { MasterEvents } from './master-events.ts'
import type { MinionReturners } from './minion-returners.ts'

type Methods = { [M in Exclude<keyof MinionBusMethods, keyof BusMethods>]: Handler }

const longestWaitSeconds = 3600

interface Parts {
  readonly id: string
  readonly jobs: JobTable
  readonly events: Pick<MasterEvents, 'fireAndWait'>
  readonly returners: Pick<MinionReturners, 'deliver'>
  readonly schedule: { manage(request: ScheduleRequest): Promise<ScheduleAnswer> }
  readonly beacons: { manage(request: BeaconRequest): Promise<BeaconAnswer> }
}

/** What other processes of this host may ask a minion: `salt call saltutil.running` and the like. */
export function busMethods({ id, jobs, events, returners, schedule, beacons }: Parts): Methods {
  return {
    running: () => jobs.list(),
    signal: (params) => {
      const { jid, signal } = asRecord(params)
      if (typeof signal !== 'number') throw new SaltError('bad-arguments', 'a signal is a number')
      return jobs.signal(asString(jid, 'jid'), signal)
    },
    'return.deliver': (params) => {
      const { value, ret, ret_config, ret_kwargs, timeout } = asRecord(params)
      const names = {
        ret: asString(ret, 'ret'),
        ...(ret_config === undefined ? {} : { ret_config: asString(ret_config, 'ret_config') }),
        ...(ret_kwargs === undefined ? {} : { ret_kwargs: asRecord(ret_kwargs, 'ret_kwargs') }),
      }
      const record = asRecord(value, 'the return')
      return returners.deliver(returnFrom(asString(record.id ?? id, 'id'), record), names, waitMs(timeout))
    },
    'fire.master': (params) => {
      const { load, timeout } = asRecord(params)
      return events.fireAndWait(asRecord(load, 'an event'), waitMs(timeout))
    },
    // Schedule and beacons check what they are asked.
    schedule: (params) => schedule.manage(params as ScheduleRequest),
    beacons: (params) => beacons.manage(params as BeaconRequest),
  }
}

function waitMs(seconds: unknown): number {
  return typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, longestWaitSeconds) * 1000 : 0
}
