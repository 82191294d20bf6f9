/**
 * Cron expressions: five fields with names, ranges, steps and lists, or a word such as `@hourly`; in the local time of the host.
 *
 * Where both days are limited, a day that fits one of them fits, as in every cron. When clocks are put forward, what was to run in
 * the hour that is left out runs at the end of the gap; when they are put back, an expression that names its hours runs once, and
 * one for every hour in both hours.
 */
import { SaltError } from '../../base/errors.ts'
import { type CalendarDate, localDate, localInstant, minuteMs, nextDay, startOfDay, weekdayOf } from './local-time.ts'

export interface CronExpression {
  /** Whether it runs in every hour of the days that fit. */
  readonly isHourly: boolean
  /** The first full minute after an instant that fits, in milliseconds since 1970. */
  next(afterMs: number): number | undefined
}

interface Field {
  readonly name: string
  readonly lowest: number
  readonly highest: number
  readonly names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fields: readonly Field[] = [
  { name: 'minute', lowest: 0, highest: 59 },
  { name: 'hour', lowest: 0, highest: 23 },
  { name: 'day of the month', lowest: 1, highest: 31 },
  { name: 'month', lowest: 1, highest: 12, names: ['', ...months] },
  { name: 'day of the week', lowest: 0, highest: 7, names: weekdays },
]
const words: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
/** February 29 is eight years apart around 2100. */
const daysAhead = 8 * 366
const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Throws `bad-arguments` with the name of the field and the place in the text. */
export function parseCron(text: string): CronExpression {
  const word = text.trim().toLowerCase()
  if (word.startsWith('@')) return new Cron(parseFields(wordMeaning(text, word)))
  return new Cron(parseFields(text))
}

function wordMeaning(text: string, word: string): string {
  const meaning = words[word]
  if (meaning !== undefined) return meaning
  throw new SaltError('bad-arguments', `'${text}' is no cron expression`, {
    hint:
      word === '@reboot'
        ? 'To run a job when the daemon starts, use run_on_start.'
        : `The words are ${Object.keys(words).join(', ')}.`,
  })
}

interface Sets {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
}

function parseFields(text: string): Sets {
  const parts = [...text.matchAll(/\S+/g)].map(({ 0: part, index }) => ({ part, column: index + 1 }))
  if (parts.length !== fields.length) {
    throw new SaltError('bad-arguments', `the cron expression '${text}' has ${parts.length} fields instead of 5`, {
      hint: 'Write minute, hour, day of the month, month and day of the week.',
    })
  }
  const [minutes = [], hours = [], days = [], monthNumbers = [], rawWeekdays = []] = fields.map((field, index) =>
    new FieldReader(text, field, parts[index] ?? { part: '', column: 1 }).read(),
  )
  const weekdayNumbers = new Set(rawWeekdays.map((day) => day % 7))
  const dayLimited = days.length < 31
  if (dayLimited && weekdayNumbers.size === 7 && !monthNumbers.some((month) => hasDay(month, days))) {
    throw new SaltError('bad-arguments', `no month that the cron expression '${text}' names has such a day`, {
      hint: `Its third field (the day of the month) begins at character ${parts[2]?.column}.`,
    })
  }
  return { minutes, hours, days: new Set(days), months: new Set(monthNumbers), weekdays: weekdayNumbers }
}

function hasDay(month: number, days: readonly number[]): boolean {
  return days.some((day) => day <= (longestMonths[month - 1] ?? 0))
}

/** Reads one field; every fault names it and the character at which it lies. */
class FieldReader {
  readonly #text: string
  readonly #field: Field
  readonly #part: string
  readonly #column: number

  constructor(text: string, field: Field, { part, column }: { readonly part: string; readonly column: number }) {
    this.#text = text
    this.#field = field
    this.#part = part
    this.#column = column
  }

  /** Sorted, each once. */
  read(): readonly number[] {
    const found = new Set<number>()
    let offset = 0
    for (const item of this.#part.split(',')) {
      for (const value of this.#item(item, offset)) found.add(value)
      offset += item.length + 1
    }
    return [...found].sort((left, right) => left - right)
  }

  #item(item: string, offset: number): readonly number[] {
    if (item === '') throw this.#fault('a value is missing', offset)
    const [range = '', step, ...more] = item.split('/')
    if (more.length > 0) throw this.#fault(`'${item}' has more than one step`, offset)
    const by = step === undefined ? 1 : this.#step(step, offset + range.length + 1)
    const { from, to } = this.#range(range, offset, step !== undefined)
    const values: number[] = []
    for (let value = from; value <= to; value += by) values.push(value)
    return values
  }

  #range(range: string, offset: number, hasStep: boolean): { from: number; to: number } {
    const { lowest, highest } = this.#field
    if (range === '*') return { from: lowest, to: highest }
    const [begin = '', end, ...more] = range.split('-')
    if (more.length > 0) throw this.#fault(`'${range}' has more than one end`, offset)
    const from = this.#value(begin, offset)
    // A start with a step and no end runs to the last value.
    if (end === undefined) return { from, to: hasStep ? highest : from }
    const to = this.#value(end, offset + begin.length + 1)
    // Sunday ends a week as well as it begins one.
    if (to === 0 && highest === 7 && from > 0) return { from, to: 7 }
    if (to < from) throw this.#fault(`the range '${range}' ends before it begins`, offset)
    return { from, to }
  }

  #value(word: string, offset: number): number {
    const { lowest, highest, names = [], name } = this.#field
    const named = word === '' ? -1 : names.indexOf(word.toLowerCase())
    if (named >= 0) return named
    const value = /^\d{1,4}$/.test(word) ? Number(word) : Number.NaN
    if (value >= lowest && value <= highest) return value
    const allowed = `${lowest} to ${highest}${names.length > 0 ? ` or a name such as ${names.at(-1)}` : ''}`
    throw this.#fault(word === '' ? 'a value is missing' : `'${word}' is no ${name} (${allowed})`, offset)
  }

  #step(word: string, offset: number): number {
    const step = /^\d{1,4}$/.test(word) ? Number(word) : 0
    if (step > 0) return step
    throw this.#fault(`the step '${word}' is no number above 0`, offset)
  }

  #fault(reason: string, offset: number): SaltError {
    return new SaltError(
      'bad-arguments',
      `the ${this.#field.name} of the cron expression '${this.#text}' is wrong at character ${this.#column + offset}: ${reason}`,
    )
  }
}

class Cron implements CronExpression {
  readonly isHourly: boolean
  readonly #sets: Sets

  constructor(sets: Sets) {
    this.#sets = sets
    this.isHourly = sets.hours.length === 24
  }

  next(afterMs: number): number | undefined {
    let day = localDate(afterMs)
    for (let ahead = 0; ahead < daysAhead; ahead++) {
      const found = this.#fits(day) ? this.#on(day, afterMs) : undefined
      if (found !== undefined) return found
      day = nextDay(day)
    }
    return undefined
  }

  #fits(date: CalendarDate): boolean {
    const { month, day } = date
    const { days, months: monthNumbers, weekdays: weekdayNumbers } = this.#sets
    if (!monthNumbers.has(month)) return false
    const fitsDay = days.has(day)
    const fitsWeekday = weekdayNumbers.has(weekdayOf(date))
    const limitsBoth = days.size < 31 && weekdayNumbers.size < 7
    return limitsBoth ? fitsDay || fitsWeekday : fitsDay && fitsWeekday
  }

  /** The first time of a day that is later than an instant. */
  #on(day: CalendarDate, afterMs: number): number | undefined {
    return this.isHourly ? this.#onEveryHour(day, afterMs) : this.#atHours(day, afterMs)
  }

  #atHours(day: CalendarDate, afterMs: number): number | undefined {
    for (const hour of this.#sets.hours) {
      for (const minute of this.#sets.minutes) {
        const instant = localInstant(day, { hour, minute, second: 0 })
        if (instant > afterMs) return instant
      }
    }
    return undefined
  }

  /** Minute by minute as they really pass, so that an hour that comes twice counts twice. */
  #onEveryHour(day: CalendarDate, afterMs: number): number | undefined {
    const minutes = new Set(this.#sets.minutes)
    const following = Math.floor(afterMs / minuteMs) * minuteMs + minuteMs
    const end = startOfDay(nextDay(day))
    for (let instant = Math.max(following, startOfDay(day)); instant < end; instant += minuteMs) {
      if (minutes.has(new Date(instant).getMinutes())) return instant
    }
    return undefined
  }
}
