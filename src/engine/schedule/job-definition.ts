/** One job of a schedule, from the mapping of the configuration to what it means. */
import { SaltError } from '../../base/errors.ts'
import { Float } from '../../base/float.ts'
import { isRecord } from '../../base/narrow.ts'
import { type CronExpression, parseCron } from './cron.ts'
import { type DateText, parseDateText } from './date-text.ts'
import { parseTimeFormat, standardTimeFormat } from './time-format.ts'
import { parseTimeRange, type TimeRange } from './time-range.ts'
import { isOn } from './truth.ts'

export type Timing =
  | { readonly kind: 'interval'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly cron: CronExpression }
  | { readonly kind: 'when'; readonly dates: readonly DateText[] }
  | { readonly kind: 'once'; readonly at: number }
  /** Runs at the times of `run_explicit`, or when it is asked for. */
  | { readonly kind: 'none' }

/** Seconds, both included. */
export interface Splay {
  readonly from: number
  readonly to: number
}

/** What becomes of the return of a run: to the master and its job cache, to its bus alone, or nothing. */
export type ReturnJob = 'kept' | 'nocache' | 'none'

export interface ScheduledJob {
  readonly name: string
  readonly fun: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly timing: Timing
  /** Undefined: that of the whole schedule. */
  readonly splay?: Splay | undefined
  /** Ours: seconds by which a run may come earlier or later. */
  readonly jitterSeconds: number
  readonly range?: TimeRange | undefined
  /** Undefined: that of the whole schedule. */
  readonly skipRange?: TimeRange | undefined
  readonly runsAfterSkipRange: boolean
  /** Milliseconds since 1970. */
  readonly skipTimes: readonly number[]
  readonly runTimes: readonly number[]
  readonly until?: DateText | undefined
  readonly after?: DateText | undefined
  readonly isEnabled: boolean
  readonly runsOnStart: boolean
  /** Runs at a time; undefined where they are not counted (`jid_include: false`). */
  readonly maximumRunning: number | undefined
  readonly returnJob: ReturnJob
  readonly returners: readonly string[]
  readonly returnConfig?: string | undefined
  readonly returnKwargs?: Readonly<Record<string, unknown>> | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  readonly isDryRun: boolean
}

export type RawJob = Readonly<Record<string, unknown>>

const spans: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }
/** A schedule is no loop. */
const shortestIntervalSeconds = 1

export const timingConflict = 'Unable to use "seconds", "minutes", "hours", or "days" with "when" or "cron" options.'

/** `alias` resolves a name of `when` by the mapping `whens` of pillar or grains. Throws `bad-arguments`. */
export function parseScheduledJob(name: string, raw: RawJob, alias: (name: string) => unknown): ScheduledJob {
  const fun = raw.function ?? raw.func ?? raw.fun
  if (typeof fun !== 'string' || fun === '') throw fault('it has no function')
  const kwargs = raw.kwargs ?? raw.job_kwargs ?? {}
  if (!isRecord(kwargs)) throw fault('kwargs is not a mapping')
  return {
    name: typeof raw.name === 'string' ? raw.name : name,
    fun,
    args: listOf(raw.args ?? raw.job_args ?? []),
    kwargs,
    timing: parseTiming(raw, alias),
    ...parseWindows(raw),
    splay: parseSplay(raw.splay),
    jitterSeconds: raw.jitter === undefined ? 0 : numberOf(raw.jitter, 'jitter'),
    isEnabled: isOn(raw.enabled, true),
    runsOnStart: isOn(raw.run_on_start, false),
    maximumRunning: isOn(raw.jid_include, true) ? numberOf(raw.maxrunning ?? 1, 'maxrunning') : undefined,
    ...parseReturn(raw),
    isDryRun: isOn(raw.dry_run, false),
  }
}

function parseTiming(raw: RawJob, alias: (name: string) => unknown): Timing {
  const hasInterval = Object.keys(spans).some((key) => isGiven(raw[key]))
  const others = ['when', 'cron', 'once'].filter((key) => isGiven(raw[key]))
  if (others.length > 1) throw fault(`${others.join(' and ')} exclude each other`)
  if (hasInterval && others.length > 0) throw fault(timingConflict)
  if (hasInterval) return { kind: 'interval', everyMs: intervalSeconds(raw) * 1000 }
  switch (others[0]) {
    case 'cron':
      return { kind: 'cron', cron: parseCron(textOf(raw.cron, 'cron')) }
    case 'when':
      return { kind: 'when', dates: listOf(raw.when).map((date) => parseDateText(resolved(date, alias))) }
    case 'once':
      return { kind: 'once', at: parseOnce(raw) }
    default:
      return { kind: 'none' }
  }
}

function resolved(date: unknown, alias: (name: string) => unknown): unknown {
  return typeof date === 'string' ? (alias(date) ?? date) : date
}

function intervalSeconds(raw: RawJob): number {
  const given = Object.entries(spans).filter(([key]) => isGiven(raw[key]))
  const seconds = given.reduce((sum, [key, factor]) => sum + numberOf(raw[key], key) * factor, 0)
  if (seconds < shortestIntervalSeconds) throw fault(`it would run every ${seconds} seconds`)
  return seconds
}

function parseOnce(raw: RawJob): number {
  const once = textOf(raw.once, 'once')
  if (raw.once_fmt !== undefined) return parseTimeFormat(once, textOf(raw.once_fmt, 'once_fmt'))
  try {
    return parseTimeFormat(once)
  } catch (error) {
    // YAML reads a time that is not quoted and writes it back with a space.
    const at = parseDateText(once)
    if (at.recurs) throw error
    return at.at(0)
  }
}

function parseWindows(raw: RawJob) {
  return {
    range: raw.range === undefined || raw.range === null ? undefined : parseTimeRange(raw.range, 'range'),
    skipRange: isGiven(raw.skip_during_range) ? parseTimeRange(raw.skip_during_range, 'skip_during_range') : undefined,
    runsAfterSkipRange: isOn(raw.run_after_skip_range, false),
    skipTimes: explicitTimes(raw.skip_explicit),
    runTimes: explicitTimes(raw.run_explicit),
    until: isGiven(raw.until) ? parseDateText(raw.until) : undefined,
    after: isGiven(raw.after) ? parseDateText(raw.after) : undefined,
  }
}

/** A list of texts, or of mappings with `time` and `time_fmt` as `schedule.postpone_job` writes them. */
function explicitTimes(value: unknown): readonly number[] {
  if (!isGiven(value)) return []
  return listOf(value).map((item) => {
    if (!isRecord(item)) return parseTimeFormat(textOf(item, 'a time'))
    return parseTimeFormat(textOf(item.time, 'time'), textOf(item.time_fmt ?? standardTimeFormat, 'time_fmt'))
  })
}

/** A number of seconds, or a mapping with `start` and `end`; undefined where there is none. */
export function parseSplay(value: unknown): Splay | undefined {
  if (!isGiven(value) || value === 0) return undefined
  if (!isRecord(value)) return { from: 1, to: Math.max(1, numberOf(value, 'splay')) }
  const [from, to] = [numberOf(value.start ?? 0, 'splay:start'), numberOf(value.end, 'splay:end')]
  if (to < from) throw fault('the end of splay lies before its start')
  return { from, to }
}

function parseReturn(raw: RawJob) {
  const { return_job: returnJob, metadata, return_kwargs: returnKwargs, return_config: returnConfig } = raw
  const kinds: Readonly<Record<string, ReturnJob>> = { nocache: 'nocache' }
  const kept: ReturnJob = isOn(returnJob, true) ? 'kept' : 'none'
  return {
    returnJob: typeof returnJob === 'string' ? (kinds[returnJob] ?? kept) : kept,
    returners: returnerNames(raw.returner),
    returnConfig: typeof returnConfig === 'string' ? returnConfig : undefined,
    returnKwargs: isRecord(returnKwargs) ? returnKwargs : undefined,
    metadata: isRecord(metadata) ? metadata : undefined,
  }
}

/** A name, several with commas, or a list. */
export function returnerNames(value: unknown): readonly string[] {
  const texts = listOf(value ?? []).filter((item) => typeof item === 'string')
  return texts
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== ''
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw fault(`${what} is not a text`)
}

function numberOf(value: unknown, what: string): number {
  const isText = typeof value === 'string' && value.trim() !== ''
  const number = isText || value instanceof Float ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number
  throw fault(`${what} is not a number from 0 on`)
}

function fault(reason: string): SaltError {
  return new SaltError('bad-arguments', reason)
}
