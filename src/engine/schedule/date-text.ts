/**
 * Dates and times as people write them into a schedule: `5:00pm`, `Monday 5:00pm`, `12/31/2026 11:59pm`, `Jan 7 2026 14:30`,
 * `2026-01-07T14:30:00+02:00`. What a text leaves out is taken from the day on which it is read, as Python's dateutil does; so
 * `5:00pm` comes every day, and `Monday 5:00pm` every week.
 */
import { SaltError } from '../../base/errors.ts'
import { checkedDate, parseDate, parseTime } from '../functions/date-words.ts'
import {
  type CalendarDate,
  dayAfter,
  localDate,
  localInstant,
  minuteMs,
  offsetInstant,
  type TimeOfDay,
  weekdayOf,
} from './local-time.ts'

/** When the text is meant, in milliseconds since 1970. */
export interface DateText {
  /** Whether it leaves out the year at least, and so comes again and again. */
  readonly recurs: boolean
  /** As read at an instant. */
  at(nowMs: number): number
  /** The first time that is later than an instant; undefined when there is none. */
  after(instantMs: number): number | undefined
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fullMonths = 'january february march april may june july august september october november december'.split(' ')
const fullWeekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
const filler = /^(?:at|on|of|the|and|t)$/i
const midnight: TimeOfDay = { hour: 0, minute: 0, second: 0 }

interface Parts {
  year?: number
  month?: number
  day?: number
  weekday?: number
  time?: TimeOfDay
  /** Minutes ahead of UTC; local time where there are none. */
  offset?: number
}

/** Also takes the number that YAML reads `17:00` as. Throws `bad-arguments` with the place of what cannot be understood. */
export function parseDateText(value: unknown): DateText {
  if (typeof value === 'number') {
    const time = parseTime(String(value))
    if (time !== undefined) return new ReadDate({ time })
  }
  if (typeof value !== 'string') {
    throw new SaltError('bad-arguments', `${JSON.stringify(value)} is no date or time`, {
      hint: "Write it as text: 'Monday 5:00pm', '2026-01-07 14:30'.",
    })
  }
  return new ReadDate(new PartReader(value).read())
}

/** One token after the other; each rule takes what it knows at the place that was reached. */
class PartReader {
  readonly #text: string
  readonly #parts: Parts = {}
  #place = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): Parts {
    for (;;) {
      this.#take(/[\s,;]+/y)
      if (this.#place >= this.#text.length) break
      if (!(this.#compact() || this.#numericDate() || this.#time() || this.#offset() || this.#word() || this.#number()))
        throw this.#fault(`'${/\S+/.exec(this.#text.slice(this.#place))?.[0]}' cannot be understood`)
    }
    this.#check()
    return this.#parts
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#place
    const found = pattern.exec(this.#text) ?? undefined
    if (found !== undefined) this.#place = pattern.lastIndex
    return found
  }

  /** `20260107`, `20260107T1430`, `20260107T143000`. */
  #compact(): boolean {
    const found = this.#take(/(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?(?!\d)/y)
    if (found === undefined) return false
    const [whole, year, month, day, hour, minute, second] = found
    this.#setDate(checkedDate(Number(year), Number(month), Number(day)), whole)
    if (hour !== undefined) this.#setTime(parseTime(`${hour}:${minute}:${second ?? '00'}`), whole)
    return true
  }

  #numericDate(): boolean {
    const found = this.#take(/(\d{1,4})([-/.])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d)(?:T(?=\d))?/y)
    if (found === undefined) return false
    const [whole, first = '', , second = '', last = ''] = found
    const texts =
      first.length > 2
        ? [[first, second, last]]
        : [
            [first, second, last],
            [second, first, last],
          ]
    const dates = texts.map((parts) => parseDate(parts.join('-')))
    this.#setDate(
      dates.find((date) => date !== undefined),
      whole,
    )
    return true
  }

  #time(): boolean {
    const found = this.#take(
      /(\d{1,2}:\d\d(?::\d\d)?)(?:[.,]\d+)?(?:\s*([ap])\.?m\b\.?)?|(\d{1,2})\s*([ap])\.?m\b\.?/iy,
    )
    if (found === undefined) return false
    const [whole, clock, half, hour, hourHalf] = found
    const text = clock ?? `${hour}:00`
    const side = half ?? hourHalf
    this.#setTime(parseTime(side === undefined ? text : `${text} ${side}m`), whole)
    return true
  }

  #offset(): boolean {
    if (this.#parts.time === undefined || this.#parts.offset !== undefined) return false
    const found = this.#take(/(?:UTC|GMT|Z)\b|([+-])(\d\d):?(\d\d)?\b/iy)
    if (found === undefined) return false
    const [, sign, hours = '0', minutes = '0'] = found
    this.#parts.offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    return true
  }

  #word(): boolean {
    const from = this.#place
    const found = this.#take(/([a-z]+)\.?/iy)
    if (found === undefined) return false
    const word = (found[1] ?? '').toLowerCase()
    const month = position(word, months, fullMonths)
    const weekday = position(word, weekdays, fullWeekdays)
    if (month >= 0) this.#set('month', month + 1, from)
    else if (weekday >= 0) this.#set('weekday', weekday, from)
    else if (!filler.test(word)) throw this.#fault(`'${found[0]}' cannot be understood`, from)
    return true
  }

  /** A day, or a year of four digits. */
  #number(): boolean {
    const from = this.#place
    const found = this.#take(/(\d{4}|\d{1,2})(?:st|nd|rd|th)?(?![\w:])/iy)
    if (found === undefined) return false
    const text = found[1] ?? ''
    this.#set(text.length === 4 ? 'year' : 'day', Number(text), from)
    return true
  }

  #set(part: 'year' | 'month' | 'day' | 'weekday', value: number, from: number): void {
    if (this.#parts[part] !== undefined) throw this.#fault(`it names a second ${part}`, from)
    this.#parts[part] = value
  }

  #setDate(date: CalendarDate | undefined, text: string): void {
    const from = this.#place - text.length
    if (date === undefined) throw this.#fault(`'${text}' is no date of the calendar`, from)
    for (const part of ['year', 'month', 'day'] as const) this.#set(part, date[part], from)
  }

  #setTime(time: TimeOfDay | undefined, text: string): void {
    const from = this.#place - text.length
    if (time === undefined) throw this.#fault(`'${text}' is no time of day`, from)
    if (this.#parts.time !== undefined) throw this.#fault('it names a second time', from)
    this.#parts.time = time
  }

  #check(): void {
    const { year, month, day } = this.#parts
    if (Object.keys(this.#parts).length === 0) throw this.#fault('it is empty', 0)
    if ((month === undefined) !== (day === undefined))
      throw this.#fault(`it names a ${month === undefined ? 'day without a month' : 'month without a day'}`, 0)
    if (year !== undefined && month === undefined) throw this.#fault('it names a year without a day', 0)
    // 2028 has a February 29: a text without a year may mean it.
    if (month !== undefined && day !== undefined && checkedDate(year ?? 2028, month, day) === undefined)
      throw this.#fault('there is no such day', 0)
  }

  #fault(reason: string, place = this.#place): SaltError {
    const where = place === 0 ? '' : ` at character ${place + 1}`
    return new SaltError('bad-arguments', `the date '${this.#text}' is wrong${where}: ${reason}`, {
      hint: "Examples: '5:00pm', 'Monday 5:00pm', '2026-01-07T14:30:00', '12/31/2026 11:59pm'.",
    })
  }
}

function position(word: string, short: readonly string[], full: readonly string[]): number {
  const found = short.indexOf(word.slice(0, 3))
  const isMeant = found >= 0 && word.length >= 3 && (full[found] ?? '').startsWith(word === 'sept' ? 'sep' : word)
  return isMeant ? found : -1
}

/** Years in which a February 29 comes again at the latest. */
const mostYears = 9

class ReadDate implements DateText {
  readonly recurs: boolean
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
    this.recurs = parts.year === undefined
  }

  at(nowMs: number): number {
    const today = this.#today(nowMs)
    const { year, month, day, weekday } = this.#parts
    if (month !== undefined && day !== undefined) {
      return this.#instant({ year: year ?? today.year, month, day })
    }
    return this.#instant(weekday === undefined ? today : dayAfter(today, daysUntil(weekday, today)))
  }

  after(instantMs: number): number | undefined {
    return this.#candidates(instantMs).find((candidate) => candidate > instantMs)
  }

  /** In their order, as many as it takes. */
  #candidates(instantMs: number): readonly number[] {
    const today = this.#today(instantMs)
    const { year, month, day, weekday } = this.#parts
    if (month !== undefined && day !== undefined) {
      const years = year === undefined ? Array.from({ length: mostYears }, (_, index) => today.year + index) : [year]
      return years
        .filter((candidate) => checkedDate(candidate, month, day) !== undefined)
        .map((candidate) => this.#instant({ year: candidate, month, day }))
    }
    const [first, step] = weekday === undefined ? [0, 1] : [daysUntil(weekday, today), 7]
    return [0, 1, 2].map((times) => this.#instant(dayAfter(today, first + times * step)))
  }

  #today(nowMs: number): CalendarDate {
    const { offset } = this.#parts
    if (offset === undefined) return localDate(nowMs)
    const date = new Date(nowMs + offset * minuteMs)
    return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
  }

  #instant(day: CalendarDate): number {
    const { time = midnight, offset } = this.#parts
    return offset === undefined ? localInstant(day, time) : offsetInstant(day, time, offset)
  }
}

function daysUntil(weekday: number, today: CalendarDate): number {
  return (weekday - weekdayOf(today) + 7) % 7
}
