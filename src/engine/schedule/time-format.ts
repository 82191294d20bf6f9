/** Times in a form that is given, as Python's `strptime` reads them: for `once_fmt` and `time_fmt`. */
import { SaltError } from '../../base/errors.ts'
import { checkedDate } from '../functions/date-words.ts'
import { localInstant, offsetInstant } from './local-time.ts'

/** What Salt writes and reads where nothing else is said. */
export const standardTimeFormat = '%Y-%m-%dT%H:%M:%S'

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const names = { month: '[A-Za-z]{3,9}', weekday: '[A-Za-z]{3,9}' }
const directives: Readonly<Record<string, string>> = {
  Y: '(?<year>\\d{4})',
  y: '(?<shortYear>\\d\\d)',
  m: '(?<month>\\d{1,2})',
  b: `(?<monthName>${names.month})`,
  B: `(?<monthName>${names.month})`,
  d: '(?<day>\\d{1,2})',
  H: '(?<hour>\\d{1,2})',
  I: '(?<half>\\d{1,2})',
  p: '(?<side>[AaPp][Mm])',
  M: '(?<minute>\\d{1,2})',
  S: '(?<second>\\d{1,2})',
  f: '\\d{1,6}',
  a: names.weekday,
  A: names.weekday,
  z: '(?<zone>Z|[+-]\\d\\d:?\\d\\d)',
  '%': '%',
}

/** Milliseconds since 1970, in local time unless `%z` says otherwise. Throws `bad-arguments`. */
export function parseTimeFormat(text: string, format = standardTimeFormat): number {
  const found = expressionFor(format).exec(text)?.groups
  const instant = found === undefined ? undefined : instantOf(found)
  if (instant !== undefined) return instant
  throw new SaltError('bad-arguments', `Date string could not be parsed: ${text}, ${format}`)
}

function expressionFor(format: string): RegExp {
  const source = format.replace(/%(.?)|[.*+?^${}()|[\]\\]/gs, (whole, letter: string | undefined) => {
    if (letter === undefined) return `\\${whole}`
    const pattern = directives[letter]
    if (pattern !== undefined) return pattern
    throw new SaltError('bad-arguments', `'%${letter}' in the time format '${format}' is not known`, {
      hint: `Known are ${Object.keys(directives).join(' ')}, each after a %.`,
    })
  })
  try {
    return new RegExp(`^${source}$`)
  } catch (cause) {
    throw new SaltError('bad-arguments', `the time format '${format}' names a part twice`, { cause })
  }
}

type Found = Readonly<Record<string, string | undefined>>

function instantOf(found: Found): number | undefined {
  const year = found.shortYear === undefined ? Number(found.year ?? 1900) : fullYear(Number(found.shortYear))
  const month = found.monthName === undefined ? Number(found.month ?? 1) : monthNumber(found.monthName)
  const date = checkedDate(year, month, Number(found.day ?? 1))
  const time = { hour: hourOf(found), minute: Number(found.minute ?? 0), second: Number(found.second ?? 0) }
  if (date === undefined || time.hour > 23 || time.minute > 59 || time.second > 59) return undefined
  return found.zone === undefined ? localInstant(date, time) : offsetInstant(date, time, minutesAhead(found.zone))
}

function fullYear(short: number): number {
  return short + (short >= 69 ? 1900 : 2000)
}

/** 0, which no month has, for a word that is none. */
function monthNumber(name: string): number {
  return months.indexOf(name.slice(0, 3).toLowerCase()) + 1
}

function hourOf({ hour, half, side }: Found): number {
  if (half === undefined) return Number(hour ?? 0)
  const inHalf = Number(half)
  // No hour of the day: refused below.
  if (inHalf < 1 || inHalf > 12) return 24
  return (inHalf % 12) + (side?.toLowerCase() === 'pm' ? 12 : 0)
}

function minutesAhead(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
