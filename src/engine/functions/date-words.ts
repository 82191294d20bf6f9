/** Dates and times of day as people write them for functions that set the clock. */

export interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

export interface TimeOfDay {
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** `2026-05-09`, `2026/05/09`, `05-09-2026`, `05/09/26`, `05:09:2026`; undefined for what is no date of the calendar. */
export function parseDate(text: string): CalendarDate | undefined {
  const yearFirst = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/.exec(text)
  if (yearFirst !== null) return checkedDate(Number(yearFirst[1]), Number(yearFirst[2]), Number(yearFirst[3]))
  const [, month = '', day = '', last = ''] = /^(\d{1,2})[-/:](\d{1,2})[-/:](\d{2}|\d{4})$/.exec(text) ?? []
  if (last === '') return undefined
  // As POSIX has it: 69 to 99 are of the last century.
  const century = last.length === 4 ? 0 : Number(last) >= 69 ? 1900 : 2000
  return checkedDate(century + Number(last), Number(month), Number(day))
}

export function checkedDate(year: number, month: number, day: number): CalendarDate | undefined {
  const date = new Date(Date.UTC(year, month - 1, day))
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? { year, month, day } : undefined
}

/** `14:05`, `14:05:30`, `2:05 PM`, `2:05:30 PM`; also the number that YAML takes `14:05` for when it is not quoted. */
export function parseTime(text: string): TimeOfDay | undefined {
  if (/^\d+$/.test(text)) return timeOfNumber(Number(text))
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AP])M)?$/i.exec(text.trim())
  if (found === null) return undefined
  const [, hours = '', minutes = '', seconds = '0', half] = found
  const twelve = half !== undefined
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)]
  if (minute > 59 || second > 59 || hour > (twelve ? 12 : 23) || (twelve && hour === 0)) return undefined
  const afternoon = half?.toUpperCase() === 'P'
  return { hour: twelve ? (hour % 12) + (afternoon ? 12 : 0) : hour, minute, second }
}

/** Digits to the base 60: hours and minutes below a day of minutes, with seconds above. */
function timeOfNumber(number: number): TimeOfDay | undefined {
  const seconds = number < 24 * 60 ? number * 60 : number
  if (number < 60 || seconds < 3600 || seconds >= 24 * 3600) return undefined
  return { hour: Math.floor(seconds / 3600), minute: Math.floor(seconds / 60) % 60, second: seconds % 60 }
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
