/**
 * The file beside the audit log that names its last line, so that lines cannot be cut off at the end either:
 * `{"n": 17, "hash": "…"}`.
 */
import * as fs from 'node:fs'
import { readFileIfExists } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'

export interface ChainHead {
  readonly n: number
  /** Of the line with that number. */
  readonly hash: string
}

/** Always so long, so that one write in place replaces it. */
const length = 128

export function headPath(path: string): string {
  return `${path}.head`
}

/** Undefined when there is none, or it cannot be understood. */
export function readHead(path: string): ChainHead | undefined {
  try {
    const value: unknown = JSON.parse(readFileIfExists(headPath(path)) ?? '')
    if (!isRecord(value)) return undefined
    const { n, hash } = value
    return typeof n === 'number' && typeof hash === 'string' ? { n, hash } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export class HeadFile {
  readonly #descriptor: number

  constructor(path: string) {
    this.#descriptor = fs.openSync(headPath(path), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
  }

  write(head: ChainHead): void {
    const text = `${JSON.stringify(head).padEnd(length - 1)}\n`
    fs.writeSync(this.#descriptor, text, 0, 'latin1')
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor)
  }
}
