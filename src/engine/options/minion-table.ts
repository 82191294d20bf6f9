/** Every option of the minion that has an effect. Salt's further keys are in `accepted-salt-keys.ts`. */
import { s } from '../../base/schema.ts'
import { fileServerOptions } from './file-server-options.ts'
import { option, pathOption, unset } from './option.ts'
import { pillarOptions } from './pillar-options.ts'
import { logFileRules, sharedOptions } from './shared-options.ts'
import { stateOptions } from './state-options.ts'
import { stateRunOptions } from './state-run-table.ts'

const port = s.integer('', { minimum: 1, maximum: 65535 })

export const minionTable = {
  ...sharedOptions,
  ...stateOptions,
  ...stateRunOptions,
  ...pillarOptions,
  ...fileServerOptions,
  minion_pillar_cache: option(
    s.boolean(),
    false,
    'Keep pillar in files below `cachedir/pillar`, private to the user of the minion: for a start without the master, and for `salt call --local --pillar-root`.',
  ),
  default_include: option(s.string(), 'minion.d/*.conf', sharedOptions.default_include.doc),
  master: option(
    s.union([s.string(), s.array(s.string())]),
    'salt',
    'Address of the master, or a list of several masters that all are served. Each may end in `:port`; an IPv6 address with a port stands in brackets.',
  ),
  master_type: option(
    s.literal(['str', 'failover', 'distributed', 'disable']),
    'str',
    '`disable` runs without a master. The other values make no difference: every master of the list is served.',
  ),
  master_port: option(port, 4506, 'Port of the master, where its address has none.'),
  master_finger: option(
    s.string(),
    '',
    'Fingerprint that the key of the master must have, as `salt key -F master` prints it. It is compared at each contact, also with a master that is known already.',
  ),
  require_master_finger: option(
    s.boolean(),
    false,
    'Refuse a master that is neither known nor named by `master_finger`. Otherwise the first one that answers is trusted and remembered.',
    { isOurs: true },
  ),
  id: option(s.string(), '', 'Name of this minion. Left out, it is made from the name of the host and remembered.'),
  id_function: unset(
    s.union([s.string(), s.record(s.any())]),
    'Execution function that gives the id, as a name or as a mapping of the name to its arguments.',
  ),
  minion_id_caching: option(
    s.boolean(),
    true,
    'Remember an id that was made, in the file `minion_id` beside this one.',
  ),
  minion_id_lowercase: option(s.boolean(), false, 'Make the letters of a made id small.'),
  minion_id_remove_domain: option(
    s.union([s.boolean(), s.array(s.string())]),
    false,
    'Cut a made id at its first dot, or only these domains off its end.',
  ),
  append_domain: option(s.string(), '', 'Domain to put behind an id that does not end with it.'),
  pki_dir: pathOption(
    s.path(),
    '/etc/salt/pki/minion',
    'Folder of the key of the minion and of the keys of its masters.',
  ),
  cachedir: pathOption(
    s.path(),
    '/var/cache/salt/minion',
    'Folder of the return spool, cached grains and synced modules.',
  ),
  extension_modules: pathOption(
    s.path(),
    '',
    'Folder of the synced modules; `extmods` below `cachedir` when left out.',
  ),
  sock_dir: pathOption(s.path(), '/var/run/salt/minion', 'Folder of the local bus.'),
  pidfile: pathOption(s.path(), '/var/run/salt-minion.pid', 'File that holds the process id of the daemon.'),
  log_file: pathOption(s.path(), '/var/log/salt/minion', 'The log file.', logFileRules),
  grains: option(s.record(s.any()), {}, 'Grains of your own; they win over those that are found out.'),
  grains_deep_merge: option(
    s.boolean(),
    false,
    'Merge mappings of the option `grains` into those that are found out, instead of putting them in their place.',
  ),
  grains_blacklist: option(
    s.array(s.string()),
    [],
    'Shell-style patterns for the names of grains that are left out. Those of the option `grains` stay.',
  ),
  autosign_grains: option(s.array(s.string()), [], 'Names of the grains that are shown to the master with a new key.'),
  start_event_grains: option(s.array(s.string()), [], 'Names of the grains to put into the event of the start.'),
  enable_legacy_startup_events: option(
    s.boolean(),
    false,
    'Let the master fire the event of the start under the tag `minion_start` as well.',
  ),
  event_buffer_count: option(
    s.integer('', { minimum: 1 }),
    100_000,
    'Events for each master that wait on disk until it has them; beyond, the oldest are given up, and the master tells how many.',
    { isOurs: true },
  ),
  event_buffer_size: option(
    s.bytes(),
    67_108_864,
    'Bytes that these events may take, in the form of `event_buffer_count`.',
    { isOurs: true },
  ),
  auth_timeout: option(s.seconds(), 5, 'How long one attempt to reach a master may take.'),
  recon_default: option(s.integer('', { minimum: 0 }), 1000, 'First wait before connecting again, in milliseconds.'),
  recon_max: option(s.integer('', { minimum: 0 }), 10_000, 'Longest wait before connecting again, in milliseconds.'),
  file_client: option(
    s.literal(['remote', 'local']),
    'remote',
    'Where files come from: the master, or `file_roots` of this machine.',
  ),
  cp_allowed_roots: option(
    s.array(s.path()),
    [],
    'Folders below which `salt cp` and the module `cp` may write on this machine; everywhere when the list is empty.',
    { isOurs: true },
  ),
  backup_mode: option(
    s.literal(['', 'minion', 'master', 'both']),
    '',
    'Keep copies of files before states change them: `minion` and `both` keep them on this machine, as `file.list_backups` shows them. `master` keeps none, as in Salt.',
  ),
  obfuscate_templates: option(s.boolean(), false, 'Show no diffs of files that come from templates.'),
  use_master_when_local: option(s.boolean(), false, 'Connect to the master even where `file_client` is `local`.'),
  disable_modules: option(s.array(s.string()), [], 'Names of execution modules that must not be used.'),
  whitelist_modules: option(
    s.array(s.string()),
    [],
    'The only execution modules that may be used, where any are named.',
  ),
  return: option(
    s.union([s.string(), s.array(s.string())]),
    '',
    'Returners that get the return of every job, as a list or with commas between them, besides those that a job names.',
  ),
  function_timeouts: option(
    s.record(s.seconds()),
    {},
    'Seconds after which a function is stopped, by globs over the full names; the longest glob that fits counts.',
    { isOurs: true },
  ),
  schedule: option(
    s.record(s.any()),
    {},
    'Jobs that this minion runs by itself, by name, each with its `function` and its times. See the page on the schedule.',
  ),
  schedule_returner: unset(
    s.union([s.string(), s.array(s.string())]),
    'Returners that the return of every scheduled job goes to, beside those of the job.',
  ),
  scheduler_before_connect: option(
    s.boolean(),
    false,
    'Begin with the schedule at the start, instead of at the first contact with a master.',
  ),
  beacons: option(
    s.union([s.record(s.any()), s.null()]),
    {},
    'What this minion watches on its host and tells its masters of: beacons by name, each with its options. See the page on beacons.',
  ),
  beacons_before_connect: option(
    s.boolean(),
    false,
    'Begin with the beacons at the start, instead of at the first contact with a master.',
  ),
  startup_states: option(
    s.literal(['', 'highstate', 'sls', 'top']),
    '',
    'States to run whenever the minion has started and met its master: all that the top files have for it, the SLS files of `sls_list`, or what `top_file` has for it.',
  ),
  sls_list: option(s.array(s.string()), [], 'SLS files for `startup_states: sls`.'),
  top_file: option(s.string(), '', 'Top file for `startup_states: top`.'),
  mine_enabled: option(s.boolean(), true, 'Put what `mine_functions` give into the mine of the master.'),
  mine_functions: option(
    s.union([s.record(s.any()), s.array(s.string())]),
    {},
    'Functions whose results go into the mine: each name with a list of arguments, or with a mapping of them that may also have `mine_function`, `allow_tgt` and `allow_tgt_type`; or a list of names.',
  ),
  mine_interval: option(s.number('', { minimum: 1 }), 60, 'Minutes between two updates of the mine.'),
  mine_return_job: option(s.boolean(), false, 'Keep the updates of the mine in the job cache of the master.'),
  process_count_max: option(
    s.integer(),
    -1,
    'Most jobs that run at a time; more wait for their turn, but for functions of saltutil that look after jobs. -1: no limit.',
  ),
}
