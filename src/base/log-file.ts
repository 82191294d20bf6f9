import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'
import { systemReason } from './files.ts'

/** More than this waiting for a slow disk is dropped. */
const longestBacklog = 8 * 1024 * 1024

/**
 * A log file that never fails the program: what cannot be written is counted, and one line says so.
 *
 * It is opened with the first line (0600, its folder is made), again after `reopen()`, and again after each fault, so that
 * a disk with room again is used again.
 */
export class LogFile extends Writable {
  readonly #path: string
  readonly #complain: (line: string) => void
  #descriptor: number | undefined
  #isStale = false
  #isBroken = false
  #lost = 0

  /** `complain` gets one line for each time that writing begins to fail. */
  constructor(path: string, complain: (line: string) => void) {
    super({ decodeStrings: true })
    this.#path = path
    this.#complain = complain
  }

  /** How many lines could not be written. */
  get lost(): number {
    return this.#lost
  }

  /** False when the backlog is full; the line is counted as lost. */
  accept(): boolean {
    if (this.writableLength < longestBacklog) return true
    this.#fail(1, new Error('the disk is too slow'))
    return false
  }

  /** Begins a new file at the path, after somebody moved the old one away. */
  reopen(): void {
    this.#isStale = true
    this.write('')
  }

  /** Resolves when all that was written before is in the file. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.destroyed || this.writableEnded) resolve()
      else this.write('', () => resolve())
    })
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this._writev([{ chunk }], callback)
  }

  override _writev(chunks: readonly { chunk: Buffer }[], callback: () => void): void {
    const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk))
    const isReopening = this.#isStale
    if (isReopening) this.#close()
    this.#isStale = false
    if (bytes.length > 0 || isReopening) this.#openIfClosed(bytes)
    if (this.#descriptor === undefined) callback()
    else this.#writeAll(this.#descriptor, bytes, callback)
  }

  #openIfClosed(bytes: Buffer): void {
    if (this.#descriptor !== undefined) return
    try {
      fs.mkdirSync(dirname(this.#path), { recursive: true })
      this.#descriptor = fs.openSync(this.#path, 'a', 0o600)
    } catch (error) {
      this.#fail(countLines(bytes), error)
    }
  }

  #writeAll(descriptor: number, bytes: Buffer, callback: () => void): void {
    if (bytes.length === 0) {
      callback()
      return
    }
    fs.write(descriptor, bytes, (error, written) => {
      if (error !== null) {
        this.#close()
        this.#fail(countLines(bytes), error)
        callback()
        return
      }
      this.#isBroken = false
      this.#writeAll(descriptor, bytes.subarray(written), callback)
    })
  }

  override _final(callback: () => void): void {
    this.#close()
    callback()
  }

  #close(): void {
    if (this.#descriptor === undefined) return
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    fs.close(descriptor, () => {})
  }

  #fail(lines: number, error: unknown): void {
    this.#lost += lines
    if (this.#isBroken) return
    this.#isBroken = true
    this.#complain(`Cannot write the log file ${this.#path}: ${systemReason(error)}. Going on without it.`)
  }
}

function countLines(bytes: Buffer): number {
  return bytes.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0)
}
