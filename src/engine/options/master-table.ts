/** Every option of the master that has an effect. Salt's further keys are in `accepted-salt-keys.ts`. */
import { s } from '../../base/schema.ts'
import { fileServerOptions } from './file-server-options.ts'
import { option, pathOption, unset, unsetPath } from './option.ts'
import { pillarOptions } from './pillar-options.ts'
import { refuseQueueTtl } from './queue-ttl.ts'
import { logFileRules, sharedOptions } from './shared-options.ts'
import { stateOptions } from './state-options.ts'
import { stateRunOptions } from './state-run-table.ts'

const policy = s.record(s.any())

export const masterTable = {
  ...sharedOptions,
  ...stateOptions,
  ...stateRunOptions,
  ...pillarOptions,
  ...fileServerOptions,
  pillar_safe_render_error: option(
    s.boolean(),
    true,
    'Tell minions of a file of pillar that cannot be rendered no more than its place; the log of the master has all of it.',
  ),
  pillar_opts: option(
    s.boolean(),
    false,
    'Put the configuration of the master into pillar, under `master`. It may hold credentials.',
  ),
  pillar_cache: option(
    s.boolean(),
    false,
    'Keep in memory what was made for a minion, and give it again when it asks. Changes are seen when it is too old, by `saltutil.refresh_pillar`, or after `salt run pillar.clear_pillar_cache`.',
  ),
  pillar_cache_ttl: option(s.seconds(), 3600, 'How old what `pillar_cache` keeps may become.'),
  default_include: option(s.string(), 'master.d/*.conf', sharedOptions.default_include.doc),
  interface: option(s.string(), '0.0.0.0', "Address that the master listens on; `'::'` (quoted) for IPv6 as well."),
  ret_port: option(
    s.integer('', { minimum: 0, maximum: 65535 }),
    4506,
    'The one port that minions connect to. 0 lets the system choose one.',
  ),
  pki_dir: pathOption(s.path(), '/etc/salt/pki/master', 'Folder of the master key and of the keys of the minions.'),
  cachedir: pathOption(
    s.path(),
    '/var/cache/salt/master',
    'Folder of the job store and of what is known of the minions.',
  ),
  sock_dir: pathOption(
    s.path(),
    '/var/run/salt/master',
    'Folder of the local bus. Whoever may read the key in it may give orders.',
  ),
  pidfile: pathOption(s.path(), '/var/run/salt-master.pid', 'File that holds the process id of the daemon.'),
  log_file: pathOption(s.path(), '/var/log/salt/master', 'The log file.', logFileRules),
  runner_dirs: option(s.array(s.path()), [], 'Further folders with runners of your own.'),
  extension_modules: pathOption(
    s.path(),
    '',
    "Folder of the synced plugins of the master's own; `extmods` below `cachedir` when left out.",
  ),
  key_logfile: pathOption(s.path(), '/var/log/salt/key', 'Log file of `salt key`.', logFileRules),
  timeout: option(
    s.seconds(),
    5,
    'How long `salt` waits before it asks who is still busy, unless `-t` says otherwise.',
  ),
  gather_job_timeout: option(
    s.seconds(),
    10,
    'How long a minion that was cut off may take to come back and report before it counts as lost for a job.',
  ),
  keep_jobs_seconds: option(
    s.seconds(),
    86_400,
    'How long jobs and their returns are kept after their end. 0 keeps them for ever.',
  ),
  keep_jobs: unset(s.number('', { minimum: 0 }), 'The same in hours; `keep_jobs_seconds` wins.'),
  queue_ttl: option(
    s.union([s.number(), s.string()]),
    '1d',
    'How long a job of `salt --queue` waits for minions that are away, unless the command says otherwise: in seconds, or with a unit such as `30m`, `12h`, `7d`.',
    { isOurs: true, refuse: refuseQueueTtl },
  ),
  auto_accept: option(s.boolean(), false, 'Accept every new key without asking. Only for closed networks and tests.'),
  autosign_file: unsetPath(
    s.path(),
    'File with the ids whose keys are accepted, one a line: plain, as glob, or as regular expression.',
  ),
  autosign_timeout: option(
    s.integer('', { minimum: 0 }),
    120,
    'Minutes for which a file in `pki_dir/minions_autosign` named as an id lets its key in.',
  ),
  autosign_grains_dir: unsetPath(
    s.path(),
    'Folder with one file per grain; a new minion whose grain has a value listed in its file is accepted.',
  ),
  autoreject_file: unsetPath(s.path(), 'File with the ids whose keys are rejected, in the form of `autosign_file`.'),
  permissive_pki_access: option(
    s.boolean(),
    false,
    'Let the group write to the files of `autosign_file`, `autoreject_file` and `autosign_grains_dir`.',
  ),
  file_recv: option(
    s.boolean(),
    false,
    'Take files that minions send with `cp.push`; they lie below `cachedir/minions/ID/files`.',
  ),
  file_recv_max_size: option(s.number('', { minimum: 0 }), 100, 'Largest file that a minion may send, in MiB.'),
  open_mode: option(s.boolean(), false, 'Refused: it would let anybody take the place of any minion.', {
    refuse: (isOn) =>
      isOn
        ? {
            reason: 'is not supported, because any machine could then take the place of any minion',
            hint: 'Use auto_accept in a closed network, or autosign_file or autosign_grains_dir; delete a key with `salt key -d ID` before its minion comes back with a new one.',
          }
        : undefined,
  }),
  max_minions: option(s.integer('', { minimum: 0 }), 0, 'Most minions that may be connected at a time. 0: no limit.'),
  peer: option(
    s.union([policy, s.null()]),
    {},
    'Which minions may publish which functions to which minions. See the page on peer publishing.',
  ),
  peer_run: option(
    s.union([policy, s.null()]),
    {},
    'Which minions may start which runners, in the form of `peer` without targets.',
  ),
  publisher_acl: option(
    s.union([policy, s.null()]),
    {},
    'What other users of this host may do with `salt`: a mapping from user names to lists of functions, in the form of `peer`. See the page on security.',
  ),
  publisher_acl_blacklist: option(
    s.union([policy, s.null()]),
    {},
    "What nobody may do, the master's own users included: a mapping with lists of `users` and of `modules` (functions or whole modules), each a glob or a regular expression for the whole name.",
  ),
  sudo_acl: option(
    s.boolean(),
    false,
    'Hold those who give orders as root by means of sudo to what `publisher_acl` permits to their own name.',
  ),
  nodegroups: option(
    s.record(s.union([s.string(), s.array(s.any())])),
    {},
    'Named targets: a compound expression or a list of its words, usable with `-N` and `N@`.',
  ),
  schedule: option(
    s.record(s.any()),
    {},
    'Runners and wheel functions that the master runs by itself, by name, each with its `function` and its times. See the page on the schedule.',
  ),
  schedule_returner: unset(
    s.union([s.string(), s.array(s.string())]),
    'Returners that the return of every scheduled job goes to, beside those of the job.',
  ),
  mine_get: unset(
    s.union([policy, s.null()]),
    'Which minions may read what from the mine: a mapping from expressions for ids to lists of functions, in the form of `peer_run`. Left out, every minion may read all that `allow_tgt` does not keep from it.',
  ),
  minion_data_cache: option(
    s.boolean(),
    true,
    'Keep what minions put into the mine. Grains are kept in any case: targets need them.',
  ),
  enforce_mine_cache: option(s.boolean(), false, 'Keep the mine even where `minion_data_cache` is off.'),
  mine_size: option(
    s.bytes(),
    4_194_304,
    'Most that one minion may have in the mine, in bytes; what is more is refused.',
    { isOurs: true },
  ),
  audit_file: pathOption(
    s.path(),
    '/var/log/salt/audit',
    "The audit log: who asked what of whom, and what was decided. `''` keeps none.",
    { isOurs: true },
  ),
  audit_file_size: option(
    s.integer('', { minimum: 65_536 }),
    67_108_864,
    'The audit log is put aside when it has grown beyond so many bytes, and its chain goes on in a new file.',
    { isOurs: true },
  ),
  auth_events: option(s.boolean(), true, 'Fire an event for each key that is shown to the master.'),
  presence_events: option(
    s.boolean(),
    false,
    'Fire `salt/presence/change` when minions come or go, and `salt/presence/present` with all of them at regular times.',
  ),
  loop_interval: option(
    s.number('', { minimum: 1 }),
    60,
    'Seconds between two `salt/presence/present`, where `presence_events` are wanted.',
  ),
  reactor: option(
    s.array(s.record(s.any())),
    [],
    'What is done on which events: a list of mappings from a tag pattern to reaction files (`/srv/reactor/x.sls`, `salt://reactor/x.sls`) or reactions.',
  ),
  reactor_worker_threads: option(
    s.integer('', { minimum: 1, maximum: 1000 }),
    10,
    'Reactions that are at work at the same time, at most.',
  ),
  reactor_worker_hwm: option(
    s.integer('', { minimum: 1 }),
    10_000,
    'Reactions that wait, at most. More are dropped, counted, and told as an event.',
  ),
  ext_job_cache: unset(
    s.string(),
    'The returner that the minions give every return, besides the master. The master itself gives it the jobs, where it takes them.',
  ),
  master_job_cache: option(
    s.string(),
    'local_cache',
    'The returner that gets jobs and returns from the master, besides the store of its own: `local_cache` is this store alone. Jobs that the store no longer has are looked up there.',
  ),
  event_return: unset(
    s.union([s.string(), s.array(s.string())]),
    'The returner that stores the events of the bus, or a list of such; `event_sinks` can do more.',
  ),
  event_return_queue: option(
    s.integer('', { minimum: 0 }),
    0,
    'So many events go to `event_return` together; with 0 or 1, each goes at once.',
  ),
  event_return_queue_max_seconds: option(
    s.seconds(),
    0,
    'The longest that an event waits for the others of `event_return_queue`; 0 for one second.',
  ),
  event_return_whitelist: option(
    s.array(s.string()),
    [],
    'Only events with these tags go to `event_return`: globs, or regular expressions for the whole tag.',
  ),
  event_return_blacklist: option(
    s.array(s.string()),
    [],
    'Events with these tags do not go to `event_return`; counts before the whitelist.',
  ),
  minion_event_tags: unset(
    s.union([s.array(s.string()), policy]),
    'The only tags that minions may fire on the bus of the master, as globs: one list for all minions, or a mapping from globs over their ids to such lists. Tags that tell what the master knows, or that are of another minion, are refused at all times.',
    { isOurs: true },
  ),
  minion_data_cache_events: option(s.boolean(), true, 'Fire an event when a minion has told its grains.'),
  enable_legacy_job_events: option(
    s.boolean(),
    false,
    'Fire, for each job, also the event whose tag is nothing but the job id, as old listeners expect it.',
    { isOurs: true },
  ),
}
