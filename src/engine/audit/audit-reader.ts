/** The files of an audit log, from the oldest, and the lines in them. */
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import { linkOf } from './audit-line.ts'

export interface FileLine {
  readonly file: string
  /** From 1. */
  readonly number: number
  readonly text: string
  /** False for a last line without its line feed. */
  readonly isWhole: boolean
}

const chunkSize = 256 * 1024
const lineFeed = 10

/**
 * The log itself and those put aside from it, by the numbers of their first lines: `audit.000000004096`, and whatever a
 * program for logs makes of the name (`audit.1`, `audit-20261121`). Packed files are left out. Throws as `linesOf`.
 */
export function auditFiles(path: string): readonly string[] {
  const folder = dirname(path)
  const base = basename(path)
  const names = read(folder, () => fs.readdirSync(folder)).filter(
    (name) => name === base || (/^[.-]\d[\d.-]*$/.test(name.slice(base.length)) && name.startsWith(base)),
  )
  const files = names.map((name) => join(folder, name)).map((file) => ({ file, n: firstNumber(file) }))
  const isLog = (file: string): number => (file === path ? 1 : 0)
  return files.sort((a, b) => a.n - b.n || isLog(a.file) - isLog(b.file)).map(({ file }) => file)
}

/** Throws `storage` when the file cannot be read, `denied` without the right to. */
export function* linesOf(file: string, from = 0): Generator<FileLine> {
  const descriptor = read(file, () => fs.openSync(file, 'r'))
  try {
    const chunk = Buffer.alloc(chunkSize)
    let rest = Buffer.alloc(0)
    let number = 0
    for (let at = from; ; ) {
      const count = read(file, () => fs.readSync(descriptor, chunk, 0, chunkSize, at))
      if (count === 0) break
      at += count
      rest = Buffer.concat([rest, chunk.subarray(0, count)])
      let begin = 0
      for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed, begin)) {
        number += 1
        yield { file, number, text: rest.toString('utf8', begin, end), isWhole: true }
        begin = end + 1
      }
      rest = rest.subarray(begin)
    }
    if (rest.length > 0) yield { file, number: number + 1, text: rest.toString(), isWhole: false }
  } finally {
    fs.closeSync(descriptor)
  }
}

/** An empty file comes last, as the log just begun does. */
function firstNumber(file: string): number {
  for (const { text } of linesOf(file)) return linkOf(text)?.n ?? 0
  return Number.POSITIVE_INFINITY
}

function read<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    const isForbidden = systemCode(cause) === 'EACCES' || systemCode(cause) === 'EPERM'
    throw new SaltError(isForbidden ? 'denied' : 'storage', `the audit log cannot be read: ${systemReason(cause)}`, {
      where: path,
      cause,
      hint: isForbidden ? 'Run it as root or as the user of the master.' : 'The option audit_file says where it lies.',
    })
  }
}
