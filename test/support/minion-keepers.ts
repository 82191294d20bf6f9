/** What a running minion keeps and its functions change: a schedule and beacons, without the minion. */
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import type { BeaconContext } from '../../src/engine/beacon.ts'
import { BeaconDesk, savedBeaconsFile } from '../../src/engine/beacons/beacon-requests.ts'
import { type BeaconMapping, Beacons } from '../../src/engine/beacons/beacons.ts'
import type { FunctionServices } from '../../src/engine/plugin.ts'
import { Schedule, type ScheduleMapping } from '../../src/engine/schedule/schedule.ts'
import { ScheduleDesk } from '../../src/engine/schedule/schedule-requests.ts'
import { beaconRegistry } from '../../src/plugins/registry.ts'

/** It runs nothing. Changes are kept below the folder of the configuration. */
export function keptSchedule(jobs: ScheduleMapping, configFolder: string): NonNullable<FunctionServices['schedule']> {
  const schedule = new Schedule({ clock: systemClock, log: silentLog, run: async () => {}, alias: () => undefined })
  schedule.replace({ opts: jobs })
  const savedPath = (): string => `${configFolder}/minion.d/_schedule.conf`
  return new ScheduleDesk({ schedule, savedPath, log: silentLog, fire: () => {} })
}

/** They are never opened. */
export async function keptBeacons(
  configured: BeaconMapping,
  configFolder: string,
  grains: Readonly<Record<string, unknown>> = {},
): Promise<NonNullable<FunctionServices['beacons']>> {
  const beacons = new Beacons({
    id: 'web1',
    registry: beaconRegistry,
    clock: systemClock,
    log: silentLog,
    grains: () => grains,
    context: () => ({}) as BeaconContext,
    isApplyingStates: () => false,
    deliver: () => {},
    where: () => undefined,
  })
  await beacons.replace({ opts: configured })
  const savedPath = (): string => `${configFolder}/minion.d/${savedBeaconsFile}`
  return new BeaconDesk({ beacons, savedPath, log: silentLog, fire: () => {} })
}
