/** Jobs as lines for people. */
import { shortDuration } from '../../base/duration.ts'
import { stringWidth } from '../../base/string-width.ts'
import type { JobSummary } from '../../client/api.ts'
import { hanging } from '../columns.ts'
import { stateWords } from '../publish/outcome.ts'

const titles = ['JID', 'AGE', 'FUNCTION', 'TARGET', 'USER', 'STATE']
/** Whoever gives a list of a thousand ids, or a hundred functions, knows it. */
const widestCell = 40

/**
 * A line for each job, the newest last; one sentence when there is none. Where the terminal is too narrow for that, a few lines
 * for each, as wide as it is.
 */
export function jobTable(jobs: readonly JobSummary[], now: number, columns: number = Number.POSITIVE_INFINITY): string {
  if (jobs.length === 0) return 'The master knows no jobs.'
  const rows = [titles, ...jobs.map((job) => rowOf(job, now))]
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? ''))))
  const lineOf = (row: readonly string[]): string =>
    row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell))).join('  ')
  const lines = rows.map((row) => lineOf(row).trimEnd())
  if (lines.every((line) => stringWidth(line) <= columns)) return lines.join('\n')
  return jobs.map((job) => stackedRow(job, now, columns)).join('\n')
}

function stackedRow(job: JobSummary, now: number, columns: number): string {
  const [jid = '', age = '', fun = '', tgt = '', user = '', state = ''] = rowOf(job, now)
  const parts = [`${fun} ${tgt}`, `${user}, ${age} ago: ${state}`]
  return [jid, ...parts.map((part) => `  ${hanging(part, columns)}`)].join('\n')
}

function rowOf(job: JobSummary, now: number): readonly string[] {
  const { jid, fun, tgt, user, startedAt } = job
  return [jid, shortDuration((now - startedAt) / 1000), cellOf(fun), cellOf(tgt), user, stateOf(job, now)]
}

/** What was typed may hold line breaks and escapes: a cell shows neither. */
function cellOf(value: string | readonly string[]): string {
  const text = [value]
    .flat()
    .join(',')
    .replace(/\p{C}+/gu, '?')
  return text.length <= widestCell ? text : `${text.slice(0, widestCell - 1)}…`
}

/** `2 returned, 1 queued (23h left)` */
function stateOf({ states, queuedUntil }: JobSummary, now: number): string {
  const left = queuedUntil === undefined ? '' : ` (${shortDuration((queuedUntil - now) / 1000)} left)`
  return Object.entries(states)
    .map(([state, count]) => `${count} ${wordsOf(state as keyof typeof states)}${state === 'queued' ? left : ''}`)
    .join(', ')
}

function wordsOf(state: keyof JobSummary['states']): string {
  return state === 'returned' || state === 'failed' ? state : stateWords(state).toLowerCase()
}
