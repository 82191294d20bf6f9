/** Options that the master and the minion have in common. */
import { type LogLevel, logLevels } from '../../base/log.ts'
import { s } from '../../base/schema.ts'
import { eventSinksSchema } from '../sinks/sink-options.ts'
import { option, type Refusal, unset } from './option.ts'
import { stateOutputTable } from './state-output-table.ts'

const level = s.literal<readonly LogLevel[]>(logLevels)
const fileRoots = s.record(s.union([s.array(s.path()), s.path()]))

/** Salt can send its log to a log server or device; here it is a file. */
export const logFileRules = {
  refuse: (path: string): Refusal | undefined =>
    /^[a-z]+:\/\//i.test(path)
      ? { reason: `must be a file, not '${path}'`, hint: 'Let the log daemon of the system read the file.' }
      : undefined,
}

export const sharedOptions = {
  user: unset(s.string(), 'The system user that the daemon runs as. Left out, it runs as whoever starts it.'),
  root_dir: option(
    s.path(),
    '/',
    'Folder that all other paths of this file lie below, so that everything can live in one folder of an ordinary user. A path that already begins with it is left alone.',
  ),
  default_include: unset(s.string(), 'Glob of further files to read, relative to the folder of this file.'),
  include: unset(
    s.union([s.string(), s.array(s.string())]),
    'More files to read, as one glob or a list of them, relative to the folder of the file that names them.',
  ),
  custom_options: option(
    s.array(s.string()),
    [],
    'Names of further keys in these files, as globs, that only your own modules read. Any other unknown key is an error, so that a typing mistake is seen.',
    { isOurs: true },
  ),
  log_level: option(
    level,
    'warning',
    'Least important messages to show on the terminal, from `all` over `trace`, `debug`, `info`, `warning`, `error` and `critical` to `quiet`.',
  ),
  log_level_logfile: unset(level, 'The same for the log file. Left out, it is that of `log_level`.'),
  log_granular_levels: option(
    s.record(level),
    {},
    'Levels for single parts of the program by the first words of the part that a message comes from, such as `wire: debug`.',
  ),
  log_datefmt_logfile: option(
    s.string(),
    '%Y-%m-%d %H:%M:%S',
    'Form of the time in the log file: `%Y %m %d %H %M %S` are known, anything else stands for itself.',
  ),
  log_fmt_logfile: option(
    s.string(),
    '%(asctime)s,%(msecs)03d [%(name)-17s][%(levelname)-8s][%(process)d] %(message)s',
    'Form of a line in the log file. `%(asctime)s`, `%(msecs)d`, `%(name)s`, `%(levelname)s`, `%(process)d` and `%(message)s` are known; others are empty.',
  ),
  log_fmt_console: option(
    s.string(),
    '[%(levelname)-8s] %(message)s',
    'Form of a line on the terminal, with the same parts as that of the log file.',
  ),
  file_roots: option(
    fileRoots,
    { base: ['/srv/salt'] },
    'Folders that hold the files of each environment; the first folder that has a file wins. `__env__` stands for any environment that is not named, also within its paths.',
  ),
  heartbeat_interval: option(
    s.number('', { minimum: 1, maximum: 3600 }),
    30,
    'Seconds of silence in a session after which this side asks whether the other still lives; after two and a half such intervals without a word the other counts as lost.',
    { isOurs: true },
  ),
  ...stateOutputTable,
  max_event_size: option(s.bytes(), 1_048_576, 'Largest event in bytes; larger ones are refused with an error.'),
  event_sinks: option(
    eventSinksSchema,
    {},
    'Other systems that get events of the bus of this daemon: name of the sink → which events, what of them, and which returner.',
    { isOurs: true },
  ),
  module_dirs: option(s.array(s.path()), [], 'Further folders with execution modules of your own.'),
}

/** `file_roots` with every environment as a list. */
export function listRoots(
  roots: Readonly<Record<string, string | readonly string[]>>,
): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(roots).map(([saltenv, folders]) => [saltenv, typeof folders === 'string' ? [folders] : folders]),
  )
}
