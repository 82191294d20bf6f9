/** What a command tells of itself where its state is `stateful`. */
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { done, failed, type StateOutcome } from '../../../engine/state/plan.ts'
import { splitShellWords } from '../../modules/cmd/shell-words.ts'

export interface CommandReport {
  readonly pid: number
  readonly retcode: number
  readonly stdout: string
  readonly stderr: string
}

const noProtocol = 'Failed parsing script output! Stdout must be JSON or a line of name=value pairs.'

/** Throws where `changed` is neither yes nor no. */
export function reinterpreted(report: CommandReport): StateOutcome {
  const outcome = report.retcode === 0 ? done : failed
  if (report.stdout === '') return outcome(report.stderr)
  const json = parseObject(report.stdout)
  if (json === 'no object') return failed('script JSON output must be a JSON object (e.g., {})!')
  const { before, last } = splitLastLine(report.stdout)
  const told = json ?? parsePairs(last)
  if (told === undefined) return failed(noProtocol, { ...report })
  const { comment = '', ...facts } = told
  if (!isYes(told.changed ?? 'no')) return outcome(pythonString(comment))
  const changes = { ...report, ...facts, stdout: json === undefined ? before : '' }
  return outcome(pythonString(comment), changes)
}

function parseObject(text: string): Record<string, unknown> | 'no object' | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : 'no object'
  } catch {
    return undefined
  }
}

function splitLastLine(text: string): { readonly before: string; readonly last: string } {
  const end = text.trimEnd()
  const at = end.lastIndexOf('\n')
  return { before: end.slice(0, Math.max(at, 0)), last: end.slice(at + 1) }
}

/** `changed=yes comment='done well'`; undefined where the line is something else. */
function parsePairs(line: string): Record<string, string> | undefined {
  try {
    const pairs = splitShellWords(line).map((word) => word.split('='))
    if (pairs.some((parts) => parts.length !== 2)) return undefined
    return Object.fromEntries(pairs.map(([key = '', value = '']) => [key, value]))
  } catch {
    return undefined
  }
}

function isYes(value: unknown): boolean {
  const text = pythonString(value).toLowerCase()
  if (['true', 'yes', '1'].includes(text)) return true
  if (['false', 'no', '0'].includes(text)) return false
  throw new Error(`Failed parsing boolean value: ${pythonString(value)}`)
}
