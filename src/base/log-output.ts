/**
 * Where log records become lines: on the terminal and in the log file, by winston.
 *
 * winston is loaded with the first record that is to be written: most short commands have none and do not pay for it.
 */
import type { Writable } from 'node:stream'
import type { Logger } from 'winston'
import { type Clock, systemClock } from './clock.ts'
import type { Log, LogFields, LogLevel } from './log.ts'
import { LogFile } from './log-file.ts'
import { formatLine, type LineFormat, type LogRecord, levelNumbers } from './log-format.ts'

export interface LogOptions {
  /** Least important level for the terminal. */
  readonly level: LogLevel
  readonly logFile?: string | undefined
  /** The same for the file; `level` when left out. */
  readonly logFileLevel?: LogLevel | undefined
  /** Levels for the records of single parts (see `LogOutput.named`) by the first words of their names: `{ wire: 'debug' }`. */
  readonly granular?: Readonly<Record<string, LogLevel>>
  /** False for a daemon that left its terminal. */
  readonly console?: boolean
  readonly clock?: Clock
  readonly stderr?: Writable
  /** Colored level names; by default where stderr is a terminal and `NO_COLOR` is not set. */
  readonly color?: boolean
  readonly consoleFormat?: string
  readonly fileFormat?: string
  readonly dateFormat?: string
  /** Loads winston at once: a daemon will log anyway, and should not do it in the middle of something. */
  readonly eager?: boolean
}

export interface LogOutput extends Log, AsyncDisposable {
  /** A log whose records carry the name of a part of the program. */
  named(name: string): Log
  /** Changes the level of the terminal, and that of the file (to the same one when left out). */
  setLevel(level: LogLevel, logFileLevel?: LogLevel): void
  /** Begins a new log file; for SIGHUP, after a log rotation. */
  reopen(): void
  /** Resolves when all records so far are written. */
  flush(): Promise<void>
  /** Records that were dropped or could not be written. */
  readonly lost: number
}

export function createLog(options: LogOptions): LogOutput {
  return new WinstonLog(options)
}

const defaultFormats = {
  console: '[%(levelname)-8s] %(message)s',
  file: '%(asctime)s,%(msecs)03d [%(name)-17s][%(levelname)-8s][%(process)d] %(message)s',
  date: '%Y-%m-%d %H:%M:%S',
}

/** Records that wait for winston to be loaded; more are dropped. */
const longestWait = 10_000
const routedKey = 'routed'
/** winston's own order: the more important, the lower. */
const winstonLevels = { critical: 0, error: 1, warning: 2, info: 3, debug: 4, trace: 5 }

interface Routed {
  readonly record: LogRecord
  readonly toConsole: boolean
  readonly toFile: boolean
}

type Writing = keyof typeof winstonLevels

class NamedLog implements Log {
  readonly #name: string
  readonly #write: (level: Writing, name: string, message: string, fields: LogFields | undefined) => void

  constructor(
    name: string,
    write: (level: Writing, name: string, message: string, fields: LogFields | undefined) => void,
  ) {
    this.#name = name
    this.#write = write
  }

  trace(message: string, fields?: LogFields): void {
    this.#write('trace', this.#name, message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.#write('debug', this.#name, message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', this.#name, message, fields)
  }

  warning(message: string, fields?: LogFields): void {
    this.#write('warning', this.#name, message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', this.#name, message, fields)
  }

  critical(message: string, fields?: LogFields): void {
    this.#write('critical', this.#name, message, fields)
  }
}

class WinstonLog extends NamedLog implements LogOutput {
  readonly #options: LogOptions
  readonly #clock: Clock
  readonly #stderr: Writable
  readonly #granular: readonly (readonly [string, number])[]
  readonly #file: LogFile | undefined
  #consoleLevel: number
  #fileLevel: number
  #logger: Logger | undefined
  #loading: Promise<void> | undefined
  #waiting: Routed[] = []
  #dropped = 0

  constructor(options: LogOptions) {
    super('salt', (level, name, message, fields) =>
      this.#record({ level, name, message, fields, at: this.#clock.now() }),
    )
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#stderr = options.stderr ?? process.stderr
    this.#granular = Object.entries(options.granular ?? {})
      .map(([name, level]) => [name, levelNumbers[level]] as const)
      .sort(([a], [b]) => b.length - a.length)
    this.#consoleLevel = options.console === false ? levelNumbers.quiet : levelNumbers[options.level]
    this.#fileLevel = levelNumbers[options.logFileLevel ?? options.level]
    const complain = (line: string): void => void this.#stderr.write(`${line}\n`)
    this.#file =
      options.logFile === undefined || options.logFile === '' ? undefined : new LogFile(options.logFile, complain)
    if (options.eager) void this.#load()
  }

  named(name: string): Log {
    return new NamedLog(name, (level, from, message, fields) =>
      this.#record({ level, name: from, message, fields, at: this.#clock.now() }),
    )
  }

  get lost(): number {
    return this.#dropped + (this.#file?.lost ?? 0)
  }

  setLevel(level: LogLevel, logFileLevel: LogLevel = level): void {
    if (this.#options.console !== false) this.#consoleLevel = levelNumbers[level]
    this.#fileLevel = levelNumbers[logFileLevel]
  }

  reopen(): void {
    this.#file?.reopen()
  }

  async flush(): Promise<void> {
    await this.#loading
    await this.#file?.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
    this.#logger?.close()
    if (this.#file !== undefined) await new Promise<void>((resolve) => this.#file?.end(resolve))
  }

  /** Where a record goes is decided now: the level may change before winston is loaded. */
  #record(record: LogRecord): void {
    const toConsole =
      this.#consoleLevel < levelNumbers.quiet &&
      levelNumbers[record.level] >= this.#levelFor(record, this.#consoleLevel)
    const toFile = this.#file !== undefined && levelNumbers[record.level] >= this.#levelFor(record, this.#fileLevel)
    if (!toConsole && !toFile) return
    const routed = { record, toConsole, toFile }
    if (this.#logger !== undefined) {
      hand(this.#logger, routed)
      return
    }
    if (this.#waiting.length >= longestWait) this.#dropped += 1
    else this.#waiting.push(routed)
    void this.#load()
  }

  #levelFor({ name }: LogRecord, otherwise: number): number {
    const entry = this.#granular.find(([part]) => name === part || name.startsWith(`${part}.`))
    return entry === undefined ? otherwise : entry[1]
  }

  #load(): Promise<void> {
    this.#loading ??= this.#start()
    return this.#loading
  }

  async #start(): Promise<void> {
    const { createLogger, format, transports } = await import('winston')
    const { consoleFormat, fileFormat, dateFormat, color } = this.#options
    const date = dateFormat ?? defaultFormats.date
    const colored = color ?? (isTerminal(this.#stderr) && (process.env.NO_COLOR ?? '') === '')
    const lines = (isWanted: (routed: Routed) => boolean, shape: LineFormat): ReturnType<typeof format.combine> =>
      format.combine(
        format((info) => (isWanted(info[routedKey] as Routed) ? info : false))(),
        format.printf((info) => formatLine((info[routedKey] as Routed).record, shape)),
      )
    this.#stderr.on('error', () => {})
    const onConsole = { line: consoleFormat ?? defaultFormats.console, date, colored }
    const outputs = [
      new transports.Stream({
        stream: this.#stderr,
        eol: '\n',
        format: lines(({ toConsole }) => toConsole, onConsole),
      }),
    ]
    const file = this.#file
    if (file !== undefined) {
      const inFile = { line: fileFormat ?? defaultFormats.file, date, colored: false }
      outputs.push(
        new transports.Stream({
          stream: file,
          eol: '\n',
          format: lines(({ toFile }) => toFile && file.accept(), inFile),
        }),
      )
    }
    // Without a format of its own the logger would turn every record into JSON first.
    const asItIs = format((info) => info)()
    const logger = createLogger({ levels: winstonLevels, level: 'trace', format: asItIs, transports: outputs })
    this.#logger = logger
    for (const routed of this.#waiting.splice(0)) hand(logger, routed)
  }
}

function hand(logger: Logger, routed: Routed): void {
  logger.log({ level: routed.record.level, message: routed.record.message, [routedKey]: routed })
}

function isTerminal(stream: Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true
}
