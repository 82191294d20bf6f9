/** `retry` of a state: how often it is tried, and what is said of it. */
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'

export interface Retry {
  readonly attempts: number
  readonly until: boolean
  /** Seconds. */
  readonly interval: number
  /** Seconds: at most so much is added to an interval, by chance. */
  readonly splay: number
}

const usual: Retry = { attempts: 2, until: true, interval: 30, splay: 0 }

/** `true` and what cannot be understood mean the usual one, a value of the wrong kind its usual value, as in Salt. */
export function parseRetry(written: unknown): Retry | undefined {
  if (written === undefined || written === null || written === false) return undefined
  const parts = isRecord(written) ? written : {}
  return {
    attempts: whole(parts.attempts, usual.attempts),
    until: typeof parts.until === 'boolean' ? parts.until : usual.until,
    interval: whole(parts.interval, usual.interval),
    splay: whole(parts.splay, usual.splay),
  }
}

function whole(value: unknown, otherwise: number): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : otherwise
}

export function attemptLine(attempt: number, result: boolean | null, comment: string): string {
  return `Attempt ${attempt}: Returned a result of "${pythonString(result)}", with the following comment: "${comment}"`
}

/** What a dry run adds to its comment. */
export function retryNotice({ attempts, until, interval, splay }: Retry): string {
  return `  The state would be retried every ${interval} seconds (with a splay of up to ${splay} seconds) a maximum of ${attempts} times or until a result of ${pythonString(until)} is returned`
}

/** Milliseconds until the next attempt. */
export function retryWaitMs({ interval, splay }: Retry, random: () => number = Math.random): number {
  return (interval + Math.floor(random() * (splay + 1))) * 1000
}
