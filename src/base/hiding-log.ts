import type { Log, LogFields } from './log.ts'
import type { SecretTexts } from './secret-texts.ts'

/** A log that shows dots where a record has one of the texts. */
export function hidingLog(log: Log, secrets: SecretTexts): Log {
  const hiding =
    (level: keyof Log) =>
    (message: string, fields?: LogFields): void =>
      log[level](secrets.hide(message), secrets.hideIn(fields))
  return {
    trace: hiding('trace'),
    debug: hiding('debug'),
    info: hiding('info'),
    warning: hiding('warning'),
    error: hiding('error'),
    critical: hiding('critical'),
  }
}
