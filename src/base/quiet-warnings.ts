import type { Clock } from './clock.ts'
import type { Log, LogFields } from './log.ts'

const quietMs = 10 * 60_000
const mostRemembered = 1000

/** Passes warnings on, the same one again only after ten minutes: for trouble that many meet and that lasts until somebody ends it. */
export function quietWarnings(log: Pick<Log, 'warning'>, clock: Clock): Pick<Log, 'warning'> {
  const toldAt = new Map<string, number>()
  return {
    warning(message: string, fields?: LogFields): void {
      const key = `${message} ${JSON.stringify(fields)}`
      const now = clock.monotonic()
      if (now - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < quietMs) return
      if (toldAt.size >= mostRemembered) toldAt.clear()
      toldAt.set(key, now)
      log.warning(message, fields)
    },
  }
}
