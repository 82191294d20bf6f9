/** `salt audit verify`. */

import { SaltError } from '../../base/errors.ts'
import { type ChainHead, readHead } from '../../engine/audit/audit-head.ts'
import { auditFiles, linesOf } from '../../engine/audit/audit-reader.ts'
import { type AuditReport, verifyAudit } from '../../engine/audit/audit-verify.ts'
import type { Printer } from '../printer.ts'

const brokenExit = 1

export interface VerifyRequest {
  /** The log of the configuration. */
  readonly path: string
  /** Instead of it and what was put aside from it, from the oldest. */
  readonly files: readonly string[]
  /** `NUMBER:HASH` of lines that were noted elsewhere. */
  readonly expected: readonly string[]
}

/** Resolves to the exit code. */
export async function verifyLog({ path, files, expected }: VerifyRequest, printer: Printer): Promise<number> {
  const known = expected.map(headFrom)
  const isOwn = files.length === 0
  // Before the lines: a master that writes meanwhile is ahead of it, never behind.
  const head = isOwn ? readHead(path) : undefined
  const read = isOwn ? auditFiles(path) : files
  if (read.length === 0) throw new SaltError('storage', 'there is no audit log', { where: path })
  const report = verifyAudit(lines(read), head === undefined ? known : [...known, head])
  const notes =
    isOwn && head === undefined
      ? [...report.notes, `${path}.head is missing: nobody can say whether lines are missing at the end`]
      : report.notes
  if (printer.outputter === undefined) await printer.line(describe({ ...report, notes }, read.length))
  else await printer.show({ intact: report.faults.length === 0, files: read, ...report, notes })
  return report.faults.length === 0 ? 0 : brokenExit
}

function* lines(files: readonly string[]): ReturnType<typeof linesOf> {
  for (const file of files) yield* linesOf(file)
}

function describe({ lines: count, first, last, hash, faults, notes }: AuditReport, files: number): string {
  const what = `${count} lines in ${files} ${files === 1 ? 'file' : 'files'}, numbers ${first} to ${last}`
  const said = notes.map((note) => `note: ${note}`)
  if (faults.length > 0) {
    const told = faults.map(({ where, problem }) => `${where}: ${problem}`)
    const places = `${faults.length} ${faults.length === 1 ? 'place' : 'places'}`
    return [...told, ...said, `The audit log is broken in ${places} (${what}).`].join('\n')
  }
  return [...said, `The audit log is as it was written: ${what}.`, `Last line: ${last}:${hash}`].join('\n')
}

function headFrom(text: string): ChainHead {
  const [, n, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? []
  if (n !== undefined && hash !== undefined) return { n: Number(n), hash }
  throw new SaltError('usage', `--expect takes the number of a line and its hash, NUMBER:HASH, not '${text}'`, {
    hint: 'It is what `salt audit verify` prints as the last line.',
  })
}
