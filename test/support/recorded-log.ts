import { type Log, type LogFields, silentLog } from '../../src/base/log.ts'
import { Changes } from './waiting.ts'

/** A log that a test reads: lines as `WARNING message field=value`. */
export class RecordedLog {
  readonly lines: string[] = []
  readonly log: Log
  readonly #changes = new Changes()

  constructor() {
    const levels = Object.keys(silentLog).map((level) => [
      level,
      (message: string, fields: LogFields = {}) => this.#add(level, message, fields),
    ])
    this.log = { ...silentLog, ...Object.fromEntries(levels) }
  }

  matching(pattern: RegExp): readonly string[] {
    return this.lines.filter((line) => pattern.test(line))
  }

  until(pattern: RegExp): Promise<string> {
    return this.#changes.until(
      () => this.lines.find((line) => pattern.test(line)),
      () => `no line ${pattern} in:\n${this.lines.join('\n')}`,
    )
  }

  #add(level: string, message: string, fields: LogFields): void {
    const shown = Object.entries(fields).map(
      ([name, value]) => ` ${name}=${value instanceof Error ? value.stack : String(value)}`,
    )
    this.lines.push(`${level.toUpperCase()} ${message}${shown.join('')}`)
    this.#changes.happened()
  }
}
