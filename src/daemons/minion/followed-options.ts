import { stateOptions } from '../../engine/options/state-options.ts'
import { stateRunOptions } from '../../engine/options/state-run-table.ts'

/** Options that a running minion follows; functions see each as it was last read. */
export const followed: ReadonlySet<string> = new Set([
  ...Object.keys({ ...stateOptions, ...stateRunOptions }),
  'autosign_grains',
  'beacons',
  'disable_modules',
  'event_sinks',
  'extension_modules',
  'grains',
  'log_level',
  'log_level_logfile',
  'mine_enabled',
  'mine_functions',
  'mine_interval',
  'mine_return_job',
  'module_dirs',
  'schedule',
  'schedule_returner',
  'return',
  'start_event_grains',
  'whitelist_modules',
])
