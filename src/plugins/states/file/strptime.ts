/** Times in names, by a format of Python's `strptime`. */

export interface ParsedTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  /** Milliseconds, as if the time were of UTC. */
  readonly order: number
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const longMonths = 'january|february|march|april|may|june|july|august|september|october|november|december'

/** Directive → what it matches. Names of groups are the letters that count. */
const directives: Readonly<Record<string, string>> = {
  Y: '(?<Y>\\d{4})',
  y: '(?<y>\\d{2})',
  m: '(?<m>1[0-2]|0[1-9]|[1-9])',
  d: '(?<d>3[01]|[12]\\d|0[1-9]|[1-9]| [1-9])',
  H: '(?<H>2[0-3]|[01]\\d|\\d)',
  I: '(?<I>1[0-2]|0[1-9]|[1-9])',
  p: '(?<p>am|pm)',
  M: '(?<M>[0-5]\\d|\\d)',
  S: '(?<S>6[01]|[0-5]\\d|\\d)',
  f: '(?<f>\\d{1,6})',
  j: '(?<j>36[0-6]|3[0-5]\\d|[12]\\d{2}|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9])',
  b: `(?<b>${months.join('|')})`,
  B: `(?<B>${longMonths})`,
  a: '(?:mon|tue|wed|thu|fri|sat|sun)',
  A: '(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)',
  z: '(?:[+-]\\d{2}:?\\d{2}|Z)',
  Z: '(?:utc|gmt|[a-z]{3,4})',
  '%': '%',
}

/** Undefined for a format with a directive that is not known. */
export function timeFormat(format: string): ((text: string) => ParsedTime | undefined) | undefined {
  let isKnown = true
  const source = format.replace(/%(.)|\s+|[^%\s]+|%$/gs, (part, letter?: string) => {
    if (letter !== undefined) {
      const known = directives[letter]
      if (known === undefined) isKnown = false
      return known ?? ''
    }
    return /^\s/.test(part) ? '\\s+' : part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  })
  if (!isKnown) return undefined
  let expression: RegExp
  try {
    expression = new RegExp(`^${source}$`, 'i')
  } catch {
    // A directive stands twice.
    return undefined
  }
  return (text) => {
    const groups = expression.exec(text)?.groups
    return groups === undefined ? undefined : timeOf(groups)
  }
}

function timeOf(groups: Readonly<Record<string, string | undefined>>): ParsedTime | undefined {
  const number = (name: string, otherwise: number): number => Number((groups[name] ?? '').trim() || otherwise)
  const short = number('y', -1)
  const year = short >= 0 ? short + (short < 69 ? 2000 : 1900) : number('Y', 1900)
  const named = (groups.b ?? groups.B)?.slice(0, 3).toLowerCase()
  const month = named === undefined ? number('m', 1) : months.indexOf(named) + 1
  const yearDay = number('j', 0)
  const half = groups.p?.toLowerCase() === 'pm' ? 12 : 0
  const hour = groups.I === undefined ? number('H', 0) : (number('I', 12) % 12) + half
  const fraction = Math.floor(Number((groups.f ?? '').padEnd(6, '0')) / 1000)
  const date = yearDay > 0 ? new Date(Date.UTC(year, 0, yearDay)) : new Date(Date.UTC(year, month - 1, number('d', 1)))
  // The 31st of February is no time.
  if (yearDay === 0 && date.getUTCMonth() !== month - 1) return undefined
  const order = date.getTime() + ((hour * 60 + number('M', 0)) * 60 + number('S', 0)) * 1000 + fraction
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour, order }
}

/** A moment as the calendar of a time zone has it, here where none is given. Throws RangeError for one that is not known. */
export function wallTime(ms: number, zone: string | undefined): ParsedTime {
  if (zone === undefined) {
    const date = new Date(ms)
    const parts = { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate(), hour: date.getHours() }
    return { ...parts, order: ms }
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    hourCycle: 'h23',
  })
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), order: ms }
}
