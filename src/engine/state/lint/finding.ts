/** What lint has to say of a place in a tree of states. */

export type Severity = 'error' | 'warning' | 'note'

/** Stable names of what can be found, with one sentence each. */
const findingCodes = {
  'bad-form': 'Something has not the form that it must have.',
  'bad-include': 'An include means nothing, or leaves the roots.',
  'bad-target': 'A target of a top file cannot be understood.',
  'bad-top': 'A top file has not the form that it must have.',
  cycle: 'States wait for each other.',
  'id-conflict': 'An id is declared in several files that are applied together.',
  'ignored-argument': 'An argument of Salt that has no effect here.',
  'missing-argument': 'A state lacks an argument that it needs.',
  'not-rendered': 'A file could not be rendered without a minion, and was not looked at further.',
  'not-states': 'A file or a folder that has no states, but what the reactor reads or a pillar, and was left alone.',
  'render-failed': 'A file cannot be rendered.',
  'sls-missing': 'There is no SLS file of a name that is included or stands in a top file.',
  'unknown-argument': 'A state has no such argument.',
  'unknown-id': 'There is no state that a requisite or an extension names.',
  'unknown-state': 'There is no such state, or no such function of it.',
  'wrong-type': 'An argument has a value that the state cannot take.',
} as const

export type FindingCode = keyof typeof findingCodes

export interface Finding {
  /** Below the file roots. */
  readonly file: string
  /** Both from 1 on. */
  readonly line: number
  readonly column: number
  readonly severity: Severity
  readonly code: FindingCode
  /** One line. */
  readonly message: string
}

export function compareFindings(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column || (a.message < b.message ? -1 : Number(a.message > b.message))
}
