/** Days and times of the local time zone, and the instants that they mean when clocks are put forward or back. */
import type { CalendarDate, TimeOfDay } from '../functions/date-words.ts'

export type { CalendarDate, TimeOfDay }

export const minuteMs = 60_000
/** No zone leaves out more than this at once, but for days at the date line. */
const widestGapMinutes = 180

export function localDate(instantMs: number): CalendarDate {
  const date = new Date(instantMs)
  return { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate() }
}

/** The day that lies so many days later (or earlier, for a negative count). */
export function dayAfter({ year, month, day }: CalendarDate, count: number): CalendarDate {
  const date = new Date(Date.UTC(year, month - 1, day + count))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

export function nextDay(day: CalendarDate): CalendarDate {
  return dayAfter(day, 1)
}

/** 0 is Sunday. */
export function weekdayOf({ year, month, day }: CalendarDate): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay()
}

export function startOfDay(day: CalendarDate): number {
  return localInstant(day, { hour: 0, minute: 0, second: 0 })
}

/**
 * The instant at which the clocks of this host show it. A time that comes twice means its first, and one that never comes the end
 * of the gap.
 */
export function localInstant({ year, month, day }: CalendarDate, { hour, minute, second }: TimeOfDay): number {
  const date = new Date(year, month - 1, day, hour, minute, second)
  if (date.getMinutes() === minute && date.getHours() === hour) return date.getTime()
  return endOfGap(date.getTime())
}

/** The last change of the offset before an instant. */
function endOfGap(instantMs: number): number {
  const offset = new Date(instantMs).getTimezoneOffset()
  const whole = Math.floor(instantMs / minuteMs) * minuteMs
  for (let back = 1; back <= widestGapMinutes; back++) {
    if (new Date(whole - back * minuteMs).getTimezoneOffset() !== offset) return whole - (back - 1) * minuteMs
  }
  return instantMs
}

/** The instant of a date and a time that are so many minutes ahead of UTC. */
export function offsetInstant({ year, month, day }: CalendarDate, time: TimeOfDay, aheadMinutes: number): number {
  return Date.UTC(year, month - 1, day, time.hour, time.minute, time.second) - aheadMinutes * minuteMs
}
