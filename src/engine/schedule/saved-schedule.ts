/** The file in which a minion keeps the changes that were made to its schedule: `_schedule.conf` beside its other files. */
import { isRecord } from '../../base/narrow.ts'
import { readSavedOptions, savedOptionsPath, writeSavedOptions } from '../options/saved-options.ts'
import type { ConfigView } from '../plugin.ts'
import type { ScheduleMapping } from './schedule.ts'

/** Below the folder that `default_include` names. */
export function savedSchedulePath(config: ConfigView): string {
  return savedOptionsPath(config, '_schedule.conf')
}

/** Empty where nothing was saved. Throws `configuration` for what is no YAML, `storage` for what cannot be read. */
export function readSavedSchedule(path: string): Promise<ScheduleMapping> {
  return readSavedOptions(path, 'schedule')
}

/** Throws `storage`. */
export function writeSavedSchedule(path: string, schedule: ScheduleMapping): Promise<void> {
  return writeSavedOptions(path, 'schedule', withoutOwn(schedule))
}

/** Without the jobs of the daemon, and without the notes that Python Salt made in jobs. */
export function withoutOwn(schedule: ScheduleMapping): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schedule)
      .filter(([name]) => !name.startsWith('__'))
      .map(([name, job]) => [name, isRecord(job) ? withoutNotes(job) : job]),
  )
}

function withoutNotes(job: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(job).filter(([key]) => !key.startsWith('_')))
}
