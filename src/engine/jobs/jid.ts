/**
 * Job ids: the UTC time of the job as 20 digits, `YYYYmmddHHMMSSffffff`, the last six being microseconds.
 *
 * They sort as text in the order in which the jobs were made.
 */
import type { Clock } from '../../base/clock.ts'

const jidPattern = /^\d{20}$/
const jidParts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})(?:_\d+)?$/
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Whether the text has the form of a job id; the date in it may be nonsense. */
export function isJid(text: string): boolean {
  return jidPattern.test(text)
}

/** Hands out job ids that strictly increase, also when the wall clock stands still or steps back. */
export class JidClock {
  readonly #clock: Clock
  #lastMicroseconds = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  next(): string {
    // The wall clock has no microseconds; those of the monotonic clock are as good, since nobody else reads them.
    const wall = Math.floor(this.#clock.now()) * 1000 + Math.floor((this.#clock.monotonic() % 1) * 1000)
    this.#lastMicroseconds = Math.max(wall, this.#lastMicroseconds + 1)
    return formatJid(this.#lastMicroseconds)
  }
}

/** Milliseconds since 1970 (with microseconds as fraction), or undefined when the text is not a job id. */
export function jidToTime(jid: string): number | undefined {
  const match = jidParts.exec(jid)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0] = match.slice(1).map(Number)
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC carries over what is too large (month 13): such a text is not a time.
  const exact = new Date(seconds).toISOString().replace(/\D/g, '').slice(0, 14) === jid.slice(0, 14)
  return exact ? seconds + micro / 1000 : undefined
}

/** `2026, Nov 21 02:55:04.701682` as Salt prints the start of a job; the empty string when it is not a job id. */
export function formatStartTime(jid: string): string {
  if (jidToTime(jid) === undefined) return ''
  const [, year, month, day, hour, minute, second, micro] = jidParts.exec(jid) ?? []
  return `${year}, ${months[Number(month) - 1]} ${day} ${hour}:${minute}:${second}.${micro}`
}

function formatJid(microseconds: number): string {
  const stamp = new Date(Math.floor(microseconds / 1000)).toISOString().replace(/\D/g, '')
  return stamp + String(microseconds % 1000).padStart(3, '0')
}
