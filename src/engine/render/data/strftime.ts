/** Times in a form that is given, as Python's `strftime` writes them on Linux, in English. */

export interface WallTime {
  /** The instant; its local time is what is written. */
  readonly date: Date
  /** 0 to 999,999. */
  readonly microsecond: number
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const dayMs = 86_400_000

interface Piece {
  readonly text: string | number
  /** Digits, or characters, that the piece has at least. */
  readonly width?: number
  readonly fill?: '0' | ' '
}

function number(text: number, width = 2, fill: '0' | ' ' = '0'): Piece {
  return { text, width, fill }
}

/** Day of the year, from 1. */
function yearDay(date: Date): number {
  const start = Date.UTC(date.getFullYear(), 0, 1)
  return Math.round((Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / dayMs) + 1
}

/** Week of the year, weeks starting on that weekday; the days before the first such day are in week 0. */
function weekOf(date: Date, firstWeekday: 0 | 1): number {
  return Math.floor((yearDay(date) + 6 - ((date.getDay() - firstWeekday + 7) % 7)) / 7)
}

/** Year and week of ISO 8601: a week belongs to the year of its Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const weekday = (date.getDay() + 6) % 7
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() - weekday + 3)
  return { year: thursday.getFullYear(), week: Math.floor((yearDay(thursday) - 1) / 7) + 1 }
}

type Writer = (time: WallTime) => Piece

const half = (date: Date): number => date.getHours() % 12 || 12
const name = (names: readonly string[], at: number, length?: number): Piece => ({
  text: (names[at] ?? '').slice(0, length),
})

const writers: Readonly<Record<string, Writer>> = {
  '%': () => ({ text: '%' }),
  n: () => ({ text: '\n' }),
  t: () => ({ text: '\t' }),
  a: ({ date }) => name(days, date.getDay(), 3),
  A: ({ date }) => name(days, date.getDay()),
  b: ({ date }) => name(months, date.getMonth(), 3),
  h: ({ date }) => name(months, date.getMonth(), 3),
  B: ({ date }) => name(months, date.getMonth()),
  c: (time) => ({ text: strftime(time, '%a %b %e %H:%M:%S %Y') }),
  C: ({ date }) => number(Math.floor(date.getFullYear() / 100)),
  d: ({ date }) => number(date.getDate()),
  D: (time) => ({ text: strftime(time, '%m/%d/%y') }),
  e: ({ date }) => number(date.getDate(), 2, ' '),
  f: ({ microsecond }) => number(microsecond, 6),
  F: (time) => ({ text: strftime(time, '%Y-%m-%d') }),
  g: ({ date }) => number(isoWeek(date).year % 100),
  G: ({ date }) => number(isoWeek(date).year, 1),
  H: ({ date }) => number(date.getHours()),
  I: ({ date }) => number(half(date)),
  j: ({ date }) => number(yearDay(date), 3),
  k: ({ date }) => number(date.getHours(), 2, ' '),
  l: ({ date }) => number(half(date), 2, ' '),
  m: ({ date }) => number(date.getMonth() + 1),
  M: ({ date }) => number(date.getMinutes()),
  p: ({ date }) => ({ text: date.getHours() < 12 ? 'AM' : 'PM' }),
  P: ({ date }) => ({ text: date.getHours() < 12 ? 'am' : 'pm' }),
  r: (time) => ({ text: strftime(time, '%I:%M:%S %p') }),
  R: (time) => ({ text: strftime(time, '%H:%M') }),
  s: ({ date }) => number(Math.floor(date.getTime() / 1000), 1),
  S: ({ date }) => number(date.getSeconds()),
  T: (time) => ({ text: strftime(time, '%H:%M:%S') }),
  u: ({ date }) => number(((date.getDay() + 6) % 7) + 1, 1),
  U: ({ date }) => number(weekOf(date, 0)),
  V: ({ date }) => number(isoWeek(date).week),
  w: ({ date }) => number(date.getDay(), 1),
  W: ({ date }) => number(weekOf(date, 1)),
  x: (time) => ({ text: strftime(time, '%m/%d/%y') }),
  X: (time) => ({ text: strftime(time, '%H:%M:%S') }),
  y: ({ date }) => number(date.getFullYear() % 100),
  Y: ({ date }) => number(date.getFullYear(), 1),
  // The times of templates know no zone of their own; Python writes nothing then.
  z: () => ({ text: '' }),
  Z: () => ({ text: '' }),
}

const directive = /%([-_0^#]*)(\d*)([EO]?)([\s\S])/g

/** `%-d`, `%_H`, `%^a` and widths as in C. A directive that is not known stays as it is. */
export function strftime(time: WallTime, format: string): string {
  return format.replace(directive, (whole, flags: string, width: string, _variant: string, letter: string) => {
    const piece = writers[letter]?.(time)
    return piece === undefined ? whole : shaped(piece, flags, width)
  })
}

function shaped({ text, width = 0, fill = ' ' }: Piece, flags: string, wanted: string): string {
  const isNumber = typeof text === 'number'
  const filling = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : isNumber ? fill : ' '
  const padded = String(text).padStart(flags.includes('-') ? 0 : Math.max(width, Number(wanted)), filling)
  return flags.includes('^') ? padded.toUpperCase() : flags.includes('#') ? swapped(padded) : padded
}

function swapped(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()
}
