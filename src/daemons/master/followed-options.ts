import { fileServerOptions } from '../../engine/options/file-server-options.ts'
import { pillarOptions } from '../../engine/options/pillar-options.ts'
import { stateOptions } from '../../engine/options/state-options.ts'
import { stateRunOptions } from '../../engine/options/state-run-table.ts'
import { optionsOfMaster } from '../../engine/state/options-of-master.ts'

/** Options that a running master follows. */
export const followed: ReadonlySet<string> = new Set([
  ...optionsOfMaster,
  ...Object.keys({ ...fileServerOptions, ...pillarOptions, ...stateOptions, ...stateRunOptions }),
  'auto_accept',
  'autoreject_file',
  'autosign_file',
  'autosign_grains_dir',
  'autosign_timeout',
  'event_return',
  'event_return_blacklist',
  'event_return_queue',
  'event_return_queue_max_seconds',
  'event_return_whitelist',
  'event_sinks',
  'file_recv',
  'file_recv_max_size',
  'file_roots',
  'keep_jobs',
  'keep_jobs_seconds',
  'log_level',
  'log_level_logfile',
  'minion_event_tags',
  'enforce_mine_cache',
  'mine_get',
  'mine_size',
  'minion_data_cache',
  'peer',
  'peer_run',
  'permissive_pki_access',
  'pillar_cache',
  'pillar_cache_ttl',
  'pillar_opts',
  'pillar_safe_render_error',
  'publisher_acl',
  'publisher_acl_blacklist',
  'queue_ttl',
  'reactor',
  'schedule',
  'schedule_returner',
  'sudo_acl',
])
