/** Salt's filters for dates: seconds since 1970 in a form that is given, in local time. */
import { strftime, type WallTime } from '../data/strftime.ts'
import { expectText, textOf } from '../values/arguments.ts'
import { numeric } from '../values/compare.ts'
import { Undefined, type Value } from '../values/kinds.ts'
import { str } from '../values/print.ts'
import { PyError } from '../values/py-error.ts'
import { parseFloatText, parseInteger } from './conversions.ts'
import { type Filter, filter } from './filter.ts'

/** The years that Python's dates have. */
const earliestMs = Date.UTC(1, 0, 1)
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

function wallTime(value: Value): WallTime {
  if (value === null) {
    const now = new Date()
    return { date: now, microsecond: now.getMilliseconds() * 1000 }
  }
  const seconds = secondsOf(value)
  if (seconds === undefined)
    throw new PyError('RuntimeError', `Unable to parse ${str(value)}: give the date as seconds since 1970.`)
  const whole = Math.floor(seconds)
  const microsecond = roundedToEven((seconds - whole) * 1e6)
  const date = new Date(whole * 1000 + (microsecond === 1_000_000 ? 1000 : 0))
  if (!(date.getTime() >= earliestMs && date.getTime() <= latestMs))
    throw new PyError('RuntimeError', `Unable to parse ${str(value)}: the year is out of range.`)
  return { date, microsecond: microsecond % 1_000_000 }
}

function roundedToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

function secondsOf(value: Value): number | undefined {
  if (value instanceof Undefined) return value.fail()
  const number = numeric(value)
  if (number !== undefined) return Number(number)
  const text = textOf(value) ?? ''
  const parsed = parseInteger(text) ?? parseFloatText(text)
  const seconds = parsed === undefined ? Number.NaN : Number(parsed)
  return Number.isFinite(seconds) ? seconds : undefined
}

const dateFilter = filter('strftime', "date=None, format='%Y-%m-%d'", (_context, value, format) =>
  strftime(wallTime(value), expectText(format)),
)

export const dateFilters: readonly (readonly [string, Filter])[] = [
  ['date_format', dateFilter],
  ['strftime', dateFilter],
]
