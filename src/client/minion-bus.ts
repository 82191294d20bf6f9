/** What other processes of its host may ask of a minion, as types. */
import type { BusMethods, JobReturn, PublishRequest, RunningJob } from './api.ts'
import type { EventLoad } from './event-load.ts'
import type { BeaconAnswer, BeaconRequest, ScheduleAnswer, ScheduleRequest } from './minion-requests.ts'

/** What became of an event for the masters. */
export interface MasterFiring {
  /** Some master has it, or it waits for one. */
  readonly isTaken: boolean
  /** Why it, or a part of it, was not taken. */
  readonly refused: readonly string[]
}

/** What became of a return that was handed to a returner. */
export interface ReturnerReport {
  /** Name of the returner. */
  readonly returner: string
  /** `waiting`: on disk, for a backend that takes nothing now; `refused`: it will never be delivered. */
  readonly state: 'delivered' | 'waiting' | 'refused'
  /** Why not; empty where it is delivered. */
  readonly reason: string
}

/** The minion's local bus. */
export interface MinionBusMethods extends BusMethods {
  /** `saltutil.running` for another process of the same host. */
  running: { params: null; item: never; result: readonly RunningJob[] }
  signal: { params: { jid: string; signal: number }; item: never; result: boolean }
  /** Hands a return to returners beside those of the configuration, and waits so many seconds for them. */
  'return.deliver': {
    params: Pick<PublishRequest, 'ret' | 'ret_config' | 'ret_kwargs'> & { readonly value: JobReturn; timeout: number }
    item: never
    result: readonly ReturnerReport[]
  }
  /** Fires on the buses of the masters; waits for their answer, but for those that are away, for so long at most. */
  'fire.master': { params: { load: EventLoad; timeout: number }; item: never; result: MasterFiring }
  schedule: { params: ScheduleRequest; item: never; result: ScheduleAnswer }
  beacons: { params: BeaconRequest; item: never; result: BeaconAnswer }
}
