/** What Salt takes and this program does not, beside modules: plugins in Python, and options. The compatibility page is made from it. */
import { commandState } from './left-out-modules.ts'

/** Kinds of Python plugins by the folder below the file roots where Salt finds them. */
export const leftOutFolders: Readonly<Record<string, string>> = {
  _modules: 'a module in TypeScript, or an executable with a description (NAME.json) beside it',
  _states: 'a state in TypeScript, or an executable with a description (NAME.json) beside it',
  _grains: 'a grain in TypeScript, or an executable that prints JSON',
  _runners: 'a runner in TypeScript',
  _wheel: 'a wheel function in TypeScript',
  _returners: 'a returner in TypeScript, or an executable with a description (NAME.json) beside it',
  _outputters: '--out json and a program that reads it',
  _output: '--out json and a program that reads it',
  _renderers: 'Jinja, or a TypeScript file (#!ts)',
  _beacons: 'a beacon in TypeScript, or an executable with a description (NAME.json) beside it',
  _engines: 'a program that listens on the event bus, an event sink, or the reactor',
  _pillar: 'ext_pillar: cmd_json or cmd_yaml with the same script as a program',
  _utils: 'import the file where it is used: a TypeScript module may import others of its folder',
  _matchers: 'a grain that says the same, and a compound target',
  _executors: 'cmd.run, or a module of your own',
  _sdb: 'the pillar (renderer gpg, ext_pillar)',
  _serializers: 'a module in TypeScript that turns text into data',
  _tops: 'a top file in Jinja, which sees grains and pillar',
  _auth: 'publisher_acl',
  _tokens: 'publisher_acl',
  _thorium: 'the reactor',
  _roster: 'an agent on each machine',
  _wrapper: 'an agent on each machine',
  _proxy: 'a module of your own that reaches the device',
  _clouds: "the provider's own program in an orchestration",
  _fileserver: 'fileserver_backend: roots or git',
  _netapi: 'a program that uses the local bus',
  _queues: 'the event bus, which keeps its events',
  _cache: 'data.* functions',
  _log_handlers: 'log_file and the log daemon of the system',
}

const outright = 'write what follows from it outright, or set it under grains in the configuration of the minion'

/** Grains of Salt that tell of the Python in which it runs. */
export const leftOutGrains: Readonly<Record<string, string>> = {
  pythonexecutable: outright,
  pythonpath: outright,
  zmqversion: outright,
}

/** Options of Salt without an effect here, where there is a way to the same end. */
export const leftOutOptions: Readonly<Record<string, string>> = {
  engines: 'event_sinks, the reactor, or a program that listens on the event bus',
  roster: 'an agent on each machine',
  rosters: 'an agent on each machine',
  roster_file: 'an agent on each machine',
  ssh_minion_opts: 'an agent on each machine',
  providers: "the provider's own program in an orchestration",
  master_tops: 'a top file in Jinja, which sees grains and pillar',
  external_auth: 'publisher_acl for users of this host',
  syndic_master: 'minions that know several masters (master: a list)',
  order_masters: 'minions that know several masters (master: a list)',
  thorium_roots: 'the reactor',
  sdb: 'the pillar (renderer gpg, ext_pillar)',
  vault: 'ext_pillar: http_json or cmd_json',
  sentry_handler: 'an event sink of the returner webhook or http',
  fluent_handler: 'an event sink of the returner webhook or http',
  logstash_tcp_handler: 'an event sink of the returner webhook or http',
  logstash_udp_handler: 'an event sink of the returner syslog',
  logstash_http_handler: 'an event sink of the returner http',
  fileserver_events: 'an event of its own from whatever changes the files (salt event send), and a reaction to it',
  master_roots: 'file_roots, which orchestrations read, too',
  minionfs_env: 'cp.push, and file_roots that name the folder of the files',
  proxy: 'a module of your own that reaches the device',
}

/** What to do where nothing better is known. */
export const anyInstead: Readonly<Record<'state' | 'function' | 'runner' | 'wheel', string>> = {
  state: `${commandState}, or a state of your own in _states`,
  function: 'cmd.run with the program that does it, or a module of your own in _modules',
  runner: 'a runner of your own in _runners',
  wheel: 'a runner or wheel function of your own',
}
