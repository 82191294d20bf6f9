/** The life of a daemon's process: pid file, user, log, signals, and the step into the background. */
import { dirname } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { collectGarbage } from '../base/collect-garbage.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import type { Log, LogLevel } from '../base/log.ts'
import { createLog, type LogOutput } from '../base/log-output.ts'
import { currentUser } from '../engine/functions/accounts.ts'
import { isInBackground, startInBackground, tellReady, tellRefused } from './background.ts'
import { becomeUser, giveFolders } from './become-user.ts'
import { commonOptions, userOption } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, type OptionSpec, text } from './options/option.ts'
import { type OptionValues, parseCommand } from './parse-command.ts'
import { PidFile } from './pid-file.ts'
import { ServiceManager } from './service-manager.ts'

/** What running daemons can do. */
export interface RunningDaemon<Options> extends AsyncDisposable {
  drain(timeoutMs: number): Promise<void>
  reload(options: Options): Promise<void> | void
}

/** What the life cycle needs to know of the options of a daemon. */
export interface DaemonOptions {
  readonly values: {
    readonly user: string | undefined
    readonly pidfile: string
    readonly log_file: string
    readonly log_level: LogLevel
    readonly log_level_logfile: LogLevel | undefined
    readonly log_granular_levels: Readonly<Record<string, LogLevel>>
    readonly log_fmt_console: string
    readonly log_fmt_logfile: string
    readonly log_datefmt_logfile: string
  }
  readonly paths: { readonly pki_dir: string; readonly cachedir: string; readonly sock_dir: string }
  readonly warnings: readonly string[]
}

export interface Daemon<Options extends DaemonOptions> {
  readonly spec: CommandSpec
  /** The command word. */
  readonly name: string
  load(request: { configDir?: string | undefined; overrides: Readonly<Record<string, unknown>> }): Promise<Options>
  /** What needs the rights of root, before this process becomes the user that the daemon runs as. */
  prepare?(options: Options, user: string): void
  start(options: Options, log: Log): Promise<RunningDaemon<Options>>
}

/** Running work and returns on their way get this long after SIGTERM. */
const drainMs = 10_000
/** A handle that something forgot must not keep a process that is done. */
const lingerMs = 2000
const faultExit = 70

const daemonOptions: readonly OptionSpec[] = [
  ...commonOptions,
  userOption,
  flag(['-d', '--daemon'], 'Run in the background; ends with 0 once the daemon is ready, else with its error.'),
  text(['--pid-file'], 'FILE', 'File for the process id instead of the configured one.'),
]

export function daemonSpec(name: string, about: string, examples: CommandSpec['examples']): CommandSpec {
  return {
    name: `salt ${name}`,
    usage: '[options]',
    about,
    groups: [
      { title: 'Options', options: daemonOptions },
      { title: 'Logging', options: loggingOptions() },
    ],
    examples,
  }
}

/** Runs a daemon until it is told to end, or starts it in the background. Resolves to the exit code. */
export async function runDaemon<Options extends DaemonOptions>(
  daemon: Daemon<Options>,
  argv: readonly string[],
): Promise<number> {
  const parsed = await parseCommand(daemon.spec, argv)
  if (typeof parsed === 'number') return parsed
  const [extra] = parsed.words
  if (extra !== undefined)
    throw new SaltError('usage', `salt ${daemon.name} takes options only, and '${extra}' is none`, {
      hint: `See salt ${daemon.name} --help.`,
    })
  if (parsed.options.has('daemon') && !isInBackground()) {
    return await startInBackground(daemon.name, argv)
  }
  try {
    return await new DaemonProcess(daemon, parsed.options).run()
  } catch (error) {
    tellRefused(asSaltError(error))
    throw error
  }
}

class DaemonProcess<Options extends DaemonOptions> {
  readonly #daemon: Daemon<Options>
  readonly #given: OptionValues
  readonly #end = Promise.withResolvers<string>()
  readonly #manager = ServiceManager.take(systemClock)
  #running: RunningDaemon<Options> | undefined

  constructor(daemon: Daemon<Options>, given: OptionValues) {
    this.#daemon = daemon
    this.#given = given
  }

  async run(): Promise<number> {
    using manager = this.#manager
    const options = await this.#load()
    using _pidFile = PidFile.claim(options.values.pidfile, this.#daemon.name)
    this.#becomeUser(options)
    await using log = this.#openLog(options)
    for (const warning of options.warnings) log.warning(warning)
    process.on('uncaughtException', (error) => void this.#crash(log, error))
    this.#listen(log)
    this.#running = await this.#daemon.start(options, log)
    tellReady()
    await manager.ready(log)
    collectGarbage()
    const reason = await this.#end.promise
    manager.stopping()
    log.info('ending', { reason })
    await this.#running.drain(drainMs)
    await this.#running[Symbol.asyncDispose]()
    setTimeout(() => process.exit(), lingerMs).unref()
    return 0
  }

  #load(): Promise<Options> {
    const overrides = {
      user: this.#given.text('user'),
      pidfile: this.#given.text('pid-file'),
      log_file: this.#given.text('log-file'),
      log_level: this.#given.text('log-level'),
      log_level_logfile: this.#given.text('log-file-level'),
    }
    return this.#daemon.load({ configDir: this.#given.text('config-dir'), overrides })
  }

  #becomeUser(options: Options): void {
    const { values, paths } = options
    const { user } = values
    // Whoever starts in a folder that goes away later should not hold it.
    if (isInBackground()) process.chdir('/')
    if (user === undefined || user === currentUser()) return
    giveFolders(user, [paths.pki_dir, paths.cachedir, paths.sock_dir], dirname(values.log_file))
    if (process.geteuid?.() === 0) this.#daemon.prepare?.(options, user)
    becomeUser(user)
  }

  #openLog({ values }: Options): LogOutput {
    return createLog({
      level: values.log_level,
      logFile: values.log_file,
      logFileLevel: values.log_level_logfile,
      granular: values.log_granular_levels,
      console: !isInBackground(),
      consoleFormat: values.log_fmt_console,
      fileFormat: values.log_fmt_logfile,
      dateFormat: values.log_datefmt_logfile,
      eager: true,
    })
  }

  /** From before the start on: who starts a daemon may change his mind at once. */
  #listen(log: LogOutput): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        this.#end.resolve(signal)
        // Whoever asks twice does not want to wait.
        process.once(signal, () => process.exit(0))
      })
    }
    process.on('SIGHUP', () => void this.#reload(log))
  }

  /** A wrong configuration leaves the daemon as it is. */
  async #reload(log: LogOutput): Promise<void> {
    log.reopen()
    this.#manager.reloading()
    try {
      const options = await this.#load()
      const { log_level: level, log_level_logfile: fileLevel } = options.values
      log.setLevel(level, fileLevel)
      for (const warning of options.warnings) log.warning(warning)
      await this.#running?.reload(options)
    } catch (thrown) {
      const error = asSaltError(thrown)
      log.error('the configuration was not taken up', { reason: error.message, where: error.where })
    } finally {
      this.#manager.reloaded()
    }
  }

  async #crash(log: LogOutput, error: unknown): Promise<void> {
    log.critical('a fault of this program ends it', { error })
    await log.flush()
    process.exit(faultExit)
  }
}
