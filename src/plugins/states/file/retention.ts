/** `file.retention_schedule` */
import * as fs from 'node:fs'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending } from '../../../engine/state/plan.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { expandUser, joinPath } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'
import { type ParsedTime, timeFormat, wallTime } from './strptime.ts'

interface Backup {
  readonly name: string
  readonly time: ParsedTime
}

/** What makes two backups belong to one stretch of time, by rule; the first of each stretch is kept. */
const stretches: Readonly<Record<string, (time: ParsedTime) => string>> = {
  first_of_year: ({ year }) => `${year}`,
  first_of_month: ({ year, month }) => `${year}-${month}`,
  first_of_week: (time) => `${time.year}-${weekOf(time)}`,
  first_of_day: ({ year, month, day }) => `${year}-${month}-${day}`,
  first_of_hour: ({ year, month, day, hour }) => `${year}-${month}-${day}-${hour}`,
  most_recent: ({ order }) => `${order}`,
}

export const retentionState = {
  retention_schedule: state({
    doc: 'Keep backups in a folder by a schedule, and remove the others.',
    args: {
      name: s.path('The folder'),
      retain: s.any(
        'How many to keep: most_recent, first_of_hour, first_of_day, first_of_week, first_of_month and first_of_year, each a number or `all`',
      ),
      strptime_format: s.optional(
        s.string(
          "Names of backups with their time, in the form of Python's strptime; by default all files, by their last change",
        ),
      ),
      timezone: s.optional(s.string('Time zone of those changes; the one here by default')),
    },
    examples: [
      '/var/backups/db:\n  file.retention_schedule:\n    - retain:\n        most_recent: 5\n        first_of_day: 7\n        first_of_year: all\n    - strptime_format: db-%Y%m%dT%H%M%S.tar.gz',
    ],
    plan(ctx, { name, retain, strptime_format: format, timezone }) {
      const path = expandUser(name)
      if (path === '') return impossible('Must provide name to file.retention_schedule')
      if (!isFolder(path)) return impossible('Name provided to file.retention must be a directory')
      const rules = rulesOf(retain)
      if (typeof rules === 'string') return impossible(rules)
      const timeOfName = format === undefined ? undefined : timeFormat(format)
      if (format !== undefined && timeOfName === undefined) return impossible(`'${format}' is no format of times`)
      const isZone = timezone === undefined || isTimeZone(timezone)
      if (!isZone) return impossible(`There is no time zone ${timezone}`)
      const names = fs.readdirSync(path)
      const backups = names.flatMap((one): Backup[] => {
        const time = timeOfName === undefined ? changeTime(joinPath(path, one), timezone) : timeOfName(one)
        return time === undefined ? [] : [{ name: one, time }]
      })
      const retained = retainedNames(backups, rules)
      const deleted = backups.map((backup) => backup.name).filter((one) => !retained.has(one))
      const relevant = new Set(backups.map((backup) => backup.name))
      // Python's listing has these two.
      const ignored = [...names.filter((one) => !relevant.has(one)), '.', '..']
      const changes = { retained: reversed([...retained]), deleted: reversed(deleted), ignored: reversed(ignored) }
      if (deleted.length === 0) {
        return pending({
          comment: `0 backups would have been removed from ${path}.\n`,
          changes,
          testResult: true,
          apply: () => done(`0 backups were removed from ${path}.\n`, changes),
        })
      }
      return pending({
        comment: `${deleted.length} backups would have been removed from ${path}.\n`,
        changes,
        async apply() {
          try {
            for (const one of changes.deleted) await ctx.salt('file.remove', [joinPath(path, one)])
          } catch (error) {
            ctx.signal.throwIfAborted()
            return failed(reasonOf(error))
          }
          return done(`${deleted.length} backups were removed from ${path}.\n`, changes)
        },
      })
    },
  }),
}

/** Undefined for what is gone by now. */
function changeTime(path: string, timezone: string | undefined): ParsedTime | undefined {
  const status = entryAt(path)
  return status === undefined ? undefined : wallTime(status.mtimeMs, timezone)
}

function reversed(names: readonly string[]): string[] {
  return names.toSorted((a, b) => compareText(b, a))
}

function isTimeZone(zone: string): boolean {
  try {
    wallTime(0, zone)
    return true
  } catch {
    return false
  }
}

/** Rule → how many, or what is wrong with them. */
function rulesOf(given: unknown): ReadonlyMap<string, number> | string {
  if (!isRecord(given)) return "'retain' must be a mapping of rules to numbers"
  const rules = new Map<string, number>()
  for (const [rule, value] of Object.entries(given)) {
    if (stretches[rule] === undefined) return `The rule ${rule} is not known: use ${Object.keys(stretches).join(', ')}`
    const count = value === 'all' ? Number.POSITIVE_INFINITY : Number(value)
    if (Number.isNaN(count)) return `${rule} must be a number or all`
    // Salt keeps one week more.
    rules.set(rule, rule === 'first_of_week' ? count + 1 : Math.trunc(count))
  }
  return rules
}

function retainedNames(backups: readonly Backup[], rules: ReadonlyMap<string, number>): Set<string> {
  const sorted = backups.toSorted((a, b) => a.time.order - b.time.order)
  const retained = new Set<string>()
  for (const [rule, count] of rules) {
    const firsts = new Map<string, string>()
    for (const { name, time } of sorted) {
      const stretch = stretches[rule]?.(time) ?? ''
      // Of those of one moment the last counts, as they have one place in Salt's tables.
      if (rule === 'most_recent' || !firsts.has(stretch)) firsts.set(stretch, name)
    }
    const newest = [...firsts.values()].reverse()
    for (const name of count === Number.POSITIVE_INFINITY ? newest : newest.slice(0, Math.max(0, count)))
      retained.add(name)
  }
  return retained
}

/** Week of the year as ISO 8601 counts it. */
function weekOf({ year, month, day }: ParsedTime): number {
  const date = new Date(Date.UTC(year, month - 1, day))
  const weekday = date.getUTCDay() || 7
  date.setUTCDate(date.getUTCDate() + 4 - weekday)
  const start = Date.UTC(date.getUTCFullYear(), 0, 1)
  return Math.ceil(((date.getTime() - start) / 86_400_000 + 1) / 7)
}
