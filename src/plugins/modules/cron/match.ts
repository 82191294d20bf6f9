/** Which entry of a crontab a call is about, and what becomes of it. */
import { randomInt } from 'node:crypto'
import type { Entry, TimeField, Times } from './tab.ts'
import { timeFields } from './tab.ts'

/** Stands where a job was set without an identifier, and may be written so. */
const noIdentifier = 'NO ID SET'

function identifierOf(given: string | null | undefined): string {
  return given === null || given === undefined || given === '' ? noIdentifier : given
}

/**
 * The same identifier, or the same command where the entry has none. Without an identifier only entries that have none are
 * found, by their command.
 */
export function isMatch(entry: Entry, cmd: string, identifier: string | undefined): boolean {
  const wanted = identifierOf(identifier)
  const known = identifierOf(entry.identifier)
  if (known === noIdentifier) return entry.cmd === cmd
  return known === wanted
}

export interface Wanted {
  readonly cmd: string
  readonly commented: boolean
  readonly comment: string | undefined
  readonly identifier: string | undefined
}

/** An entry with what is wanted; comment and identifier stay where nothing is said of them. */
export function changed<E extends Entry>(entry: E, wanted: Wanted): E {
  return {
    ...entry,
    cmd: wanted.cmd,
    commented: wanted.commented,
    comment: wanted.comment ?? entry.comment,
    identifier: wanted.identifier === undefined || wanted.identifier === '' ? entry.identifier : wanted.identifier,
  }
}

export function fresh({ cmd, commented, comment, identifier }: Wanted): Entry {
  return { cmd, commented, comment: comment ?? null, identifier: identifier === '' ? null : (identifier ?? null) }
}

export function isSame<E extends Entry>(a: E, b: E): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

const ranges: Readonly<Record<TimeField, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  daymonth: [1, 31],
  month: [1, 12],
  dayweek: [0, 6],
}

/** `10:20` is any number from 10 to 20. */
function rangeOf(value: string): [number, number] | undefined {
  const [, from, to] = /^(\d+):(\d+)$/.exec(value) ?? []
  if (from === undefined || to === undefined) return undefined
  return [Math.min(Number(from), Number(to)), Math.max(Number(from), Number(to))]
}

/** Whether the time of an entry can be what is wanted: any time but `*` is a random one. */
function fits(now: string, wanted: string): boolean {
  if (now === wanted) return true
  if (wanted === 'random') return now !== '*'
  const range = rangeOf(wanted)
  return range !== undefined && /^\d+$/.test(now) && Number(now) >= range[0] && Number(now) <= range[1]
}

/** Whether an entry has the times of which something is said. */
export function hasTimes(entry: Times, wanted: Readonly<Partial<Record<TimeField, string | undefined>>>): boolean {
  return timeFields.every((field) => {
    const value = wanted[field]
    return value === undefined || fits(entry[field], value.toLowerCase())
  })
}

function randomIn([from, to]: readonly [number, number]): string {
  return String(randomInt(from, to + 1))
}

/** A random day is one that the month has; the 28th at most where the month may be any. */
function lastDay(month: string): number {
  if (['1', '3', '5', '7', '8', '10', '12'].includes(month)) return 31
  return ['4', '6', '9', '11'].includes(month) ? 30 : 28
}

/** The times to write: those that fit already stay, `random` and ranges are drawn. */
export function settledTimes(wanted: Times, now: Times | undefined): Times {
  const settled = (field: TimeField, limit: readonly [number, number]): string => {
    const value = wanted[field].toLowerCase()
    if (now !== undefined && fits(now[field], value)) return now[field]
    if (value === 'random') return randomIn(limit)
    const range = rangeOf(value)
    return range === undefined ? value : randomIn(range)
  }
  const month = settled('month', ranges.month)
  return {
    minute: settled('minute', ranges.minute),
    hour: settled('hour', ranges.hour),
    daymonth: settled('daymonth', [1, lastDay(month)]),
    month,
    dayweek: settled('dayweek', ranges.dayweek),
  }
}
