/** Users and groups of macOS, which keeps them in a directory that dscl reads and changes. */
import { SaltError } from '../../base/errors.ts'
import type { FunctionContext } from '../plugin.ts'
import { changes, linesOf, mustRun, wordsOf } from './host-programs.ts'

export type DirectoryRecord = Readonly<Record<string, string>>

/** `Key: value` on a line, or the value on lines of their own that begin with a blank. */
function parseRecord(text: string): DirectoryRecord {
  const record: Record<string, string> = {}
  let key = ''
  for (const line of linesOf(text)) {
    const [, head, value = ''] = /^([\w:]+):(?: (.*))?$/.exec(line) ?? []
    if (head !== undefined) {
      key = head
      record[key] = value
    } else record[key] = [record[key], line.trim()].filter((part) => part !== undefined && part !== '').join('\n')
  }
  return record
}

/** A name that can stand in the path of a record (`bad-arguments`). */
export function assertRecordName(name: string, what: string): void {
  if (name === '' || /[\s/\0]/.test(name) || name.startsWith('-')) {
    throw new SaltError('bad-arguments', `${JSON.stringify(name)} cannot be ${what}`)
  }
}

/** Attributes of a record, or undefined where there is none. */
export async function readRecord(
  ctx: FunctionContext,
  path: string,
  attributes: readonly string[],
): Promise<DirectoryRecord | undefined> {
  const { retcode, stdout } = await ctx.exec(['dscl', '.', '-read', path, ...attributes])
  return retcode === 0 ? parseRecord(stdout) : undefined
}

/** Names of all records of a kind, with the words of one attribute. */
export async function listRecords(
  ctx: FunctionContext,
  kind: '/Users' | '/Groups',
  attribute: string,
): Promise<[name: string, words: string[]][]> {
  const { stdout } = await mustRun(ctx, ['dscl', '.', '-list', kind, attribute])
  return linesOf(stdout).map((line) => {
    const [name = '', ...words] = wordsOf(line)
    return [name, words]
  })
}

/** Changes a record: `-create`, `-change`, `-append`… Whether it could be; the complaint is logged. */
export async function changeRecord(ctx: FunctionContext, words: readonly string[]): Promise<boolean> {
  return runDirectoryProgram(ctx, ['dscl', '.', ...words])
}

export async function runDirectoryProgram(ctx: FunctionContext, argv: readonly string[]): Promise<boolean> {
  return changes(ctx, argv)
}

/** Makes what was changed visible to all programs at once. */
export async function flushDirectoryCache(ctx: FunctionContext): Promise<void> {
  await runDirectoryProgram(ctx, ['dscacheutil', '-flushcache'])
}
