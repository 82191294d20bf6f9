/** The open file of the audit log: where its chain stands, and writing to its end, whole batches or nothing. */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import { type ChainHead, HeadFile, readHead } from './audit-head.ts'
import { chainBegin, lineHash, linkOf } from './audit-line.ts'

/** What was found when the file was opened, for the log and for the next line. */
export interface OpenedChain {
  readonly head: ChainHead
  /** Bytes of a line that was not finished, which were taken away: the program or the system had ended meanwhile. */
  readonly torn: number
  /** Lines that the head file knows and the log does not have, or has otherwise. */
  readonly isDamaged: boolean
}

const lineFeed = 10

export class AuditFile {
  readonly path: string
  #descriptor: number
  readonly #head: HeadFile
  #size: number
  readonly found: OpenedChain

  /** Throws `storage` when it cannot be opened. */
  constructor(path: string) {
    this.path = path
    try {
      fs.mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
      const known = readHead(path)
      this.#descriptor = openFile(path)
      this.#head = new HeadFile(path)
      this.found = examine(this.#descriptor, known)
      this.#size = sizeOf(this.#descriptor)
    } catch (cause) {
      throw new SaltError('storage', `the audit log cannot be opened: ${systemReason(cause)}`, {
        where: path,
        cause,
        hint: "Choose another file by `audit_file`, or none: audit_file: ''",
      })
    }
  }

  /** Bytes in the file, as far as this process has seen to it. */
  get size(): number {
    return this.#size
  }

  /** All of it, or it throws and the file is as it was. */
  append(lines: string, head: ChainHead): void {
    const bytes = Buffer.from(lines)
    let written = 0
    try {
      while (written < bytes.length) written += fs.writeSync(this.#descriptor, bytes, written)
      this.#head.write(head)
    } catch (error) {
      if (written > 0) fs.ftruncateSync(this.#descriptor, sizeOf(this.#descriptor) - written)
      throw error
    }
    this.#size += written
  }

  /** Begins a new file at the path, if the old one was moved away. */
  reopen(): void {
    const descriptor = openFile(this.path)
    fs.closeSync(this.#descriptor)
    this.#descriptor = descriptor
    this.#size = sizeOf(descriptor)
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor)
    this.#head[Symbol.dispose]()
  }
}

function sizeOf(descriptor: number): number {
  return fs.fstatSync(descriptor).size
}

function openFile(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT } = fs.constants
  const descriptor = fs.openSync(path, O_RDWR | O_APPEND | O_CREAT, 0o600)
  const status = fs.fstatSync(descriptor)
  // Nobody gets along without a device such as /dev/null that is closed to all others.
  if (!status.isFile()) {
    fs.closeSync(descriptor)
    throw new Error('it is no regular file')
  }
  if ((status.mode & 0o077) !== 0 && process.platform !== 'win32') fs.fchmodSync(descriptor, 0o600)
  return descriptor
}

function examine(descriptor: number, known: ChainHead | undefined): OpenedChain {
  const begin = known ?? { n: 0, hash: chainBegin }
  const { line, torn } = lastLine(descriptor)
  const link = line === undefined ? undefined : linkOf(line)
  // Empty: new, or somebody has moved the old one away; the head knows how it goes on.
  if (line === undefined && torn === 0) return { head: begin, torn: 0, isDamaged: false }
  const last = link === undefined || line === undefined ? undefined : { n: link.n, hash: lineHash(line) }
  const isBehind = last === undefined ? begin.n > 0 || line !== undefined : last.n < begin.n
  const isDamaged = isBehind || (last?.n === begin.n && last.hash !== begin.hash)
  // What the head does not know yet was never said to be written.
  if (torn > 0 && !isDamaged) fs.ftruncateSync(descriptor, sizeOf(descriptor) - torn)
  else if (torn > 0) fs.writeSync(descriptor, '\n')
  return { head: isDamaged || last === undefined ? begin : last, torn, isDamaged }
}

/** The last whole line, and how many bytes stand behind it. */
function lastLine(descriptor: number): { readonly line?: string; readonly torn: number } {
  const size = sizeOf(descriptor)
  let tail = Buffer.alloc(0)
  for (let from = size; from > 0; ) {
    const begin = Math.max(0, from - 65_536)
    const chunk = Buffer.alloc(from - begin)
    fs.readSync(descriptor, chunk, 0, chunk.length, begin)
    tail = Buffer.concat([chunk, tail])
    from = begin
    const end = tail.lastIndexOf(lineFeed)
    const start = end < 0 ? -1 : tail.lastIndexOf(lineFeed, end - 1)
    if (end >= 0 && (start >= 0 || from === 0)) {
      return { line: tail.subarray(start + 1, end).toString(), torn: tail.length - end - 1 }
    }
  }
  return { torn: size }
}
