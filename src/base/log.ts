/** The logging interface that every layer writes to; `log-output.ts` turns it into lines. */

/** Salt's levels from loudest to quietest. */
export const logLevels = [
  'all',
  'garbage',
  'trace',
  'debug',
  'profile',
  'info',
  'warning',
  'error',
  'critical',
  'quiet',
] as const
export type LogLevel = (typeof logLevels)[number]

export type LogFields = Readonly<Record<string, unknown>>

/** A static message plus fields: variable text never goes into the message. */
export interface Log {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warning(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  critical(message: string, fields?: LogFields): void
}

const ignore = (): void => {}

/** A log that goes nowhere. */
export const silentLog: Log = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warning: ignore,
  error: ignore,
  critical: ignore,
}
