/**
 * Crontabs as text. What stands below Salt's line belongs to Salt: variables, jobs and, before each job, a comment and an
 * identifier by which a later call finds the job again when its command has changed.
 */

const managedLine = '# Lines below here are managed by Salt, do not edit'
const disabledMark = '#DISABLED#'
const identifierMark = 'SALT_CRON_IDENTIFIER'

/** What all entries have. Null: there is none. */
export interface Entry {
  readonly cmd: string
  readonly comment: string | null
  readonly commented: boolean
  readonly identifier: string | null
}

export const timeFields = ['minute', 'hour', 'daymonth', 'month', 'dayweek'] as const
export type TimeField = (typeof timeFields)[number]
export type Times = Readonly<Record<TimeField, string>>

export type Job = Entry & Times

/** A job at a moment that has a name: `@reboot`. */
export interface SpecialJob extends Entry {
  readonly spec: string
}

export interface Variable {
  readonly name: string
  readonly value: string
}

export interface Tab {
  /** Lines of others, before Salt's. */
  readonly pre: string[]
  readonly env: Variable[]
  readonly crons: Job[]
  readonly special: SpecialJob[]
  /** Lines below Salt's that are none of these; they are kept. */
  readonly others: string[]
}

const jobLine = /^\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S.*)$/
const specialLine = /^\s*(@\S+)\s+(\S.*)$/
const variableLine = /^\s*(\w+|"[^"]*"|'[^']*')\s*=\s*(.*)$/

export function parseTab(text: string): Tab {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const start = lines.indexOf(managedLine)
  const tab: Tab = { pre: start < 0 ? lines : lines.slice(0, start), env: [], crons: [], special: [], others: [] }
  if (start < 0) return tab
  let before: string[] = []
  for (const line of lines.slice(start + 1)) {
    if (line === managedLine || line.trim() === '') continue
    if (line.startsWith('#') && !line.startsWith(disabledMark)) before.push(line)
    else if (addEntry(tab, line, before)) before = []
    else if (!addVariable(tab, line)) tab.others.push(line)
  }
  tab.others.push(...before)
  return tab
}

function addVariable(tab: Tab, line: string): boolean {
  const [, name, value] = variableLine.exec(line) ?? []
  if (name === undefined || value === undefined) return false
  tab.env.push({ name, value })
  return true
}

function addEntry(tab: Tab, line: string, before: readonly string[]): boolean {
  if (variableLine.test(line)) return false
  const commented = line.startsWith(disabledMark)
  const active = commented ? line.slice(disabledMark.length) : line
  const [, spec, specialCommand] = specialLine.exec(active) ?? []
  if (spec !== undefined && specialCommand !== undefined) {
    tab.special.push({ spec, cmd: specialCommand, commented, ...parseComments(before) })
    return true
  }
  const [, minute, hour, daymonth, month, dayweek, cmd] = jobLine.exec(active) ?? []
  if (!minute || !hour || !daymonth || !month || !dayweek || !cmd || minute.startsWith('@')) return false
  tab.crons.push({ minute, hour, daymonth, month, dayweek, cmd, commented, ...parseComments(before) })
  return true
}

function parseComments(lines: readonly string[]): Pick<Entry, 'comment' | 'identifier'> {
  let identifier: string | null = null
  const comments: string[] = []
  for (const line of lines) {
    const [text = '', mark] = line.replace(/^[# ]+/, '').split(`${identifierMark}:`)
    if (mark !== undefined && mark !== '') identifier = mark
    comments.push(mark === undefined ? text : text.trimEnd())
  }
  return { comment: comments.length === 0 ? null : comments.join('\n'), identifier }
}

export function formatTab({ pre, env, crons, special, others }: Tab): string {
  const lines = [
    ...pre,
    managedLine,
    ...env.map(({ name, value }) => `${name}=${value === '' ? '""' : value}`),
    ...crons.flatMap((job) => formatEntry(job, timeFields.map((field) => job[field]).join(' '))),
    ...special.flatMap((job) => formatEntry(job, job.spec)),
    ...others,
  ]
  return `${lines.join('\n')}\n`
}

function formatEntry({ cmd, comment, commented, identifier }: Entry, when: string): string[] {
  const line = `${commented ? disabledMark : ''}${when} ${cmd}`
  if (comment === null && identifier === null) return [line]
  const text = comment === null || comment === '' ? '' : ` ${comment.replaceAll('\n', '\n# ')}`
  return [`#${text}${identifier === null ? '' : ` ${identifierMark}:${identifier}`}`, line]
}
