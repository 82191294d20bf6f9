/** Records who asked what of whom and what was decided, once per turn of the event loop. */
import { hash } from 'node:crypto'
import * as fs from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { asSaltError, type SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { pack } from '../../base/msgpack.ts'
import { WriteBehind } from '../storage/write-behind.ts'
import { AuditFile } from './audit-file.ts'
import type { ChainHead } from './audit-head.ts'
import { type AuditEntry, formatLine, lineHash } from './audit-line.ts'

export interface AuditLogOptions {
  readonly path: string
  readonly clock: Clock
  readonly log: Log
  /** Keys the digests of arguments, so that nobody finds a short password by trying. */
  readonly digestKey: Uint8Array
  /** The file is put aside when it has grown beyond; in bytes. */
  readonly maximumSize: number
  /** The disk takes nothing (the error), or takes it again (undefined). */
  onFault?(error: SaltError | undefined): void
}

interface Waiting {
  readonly entry: AuditEntry
  readonly time: number
}

/** While the disk takes nothing, so many wait; those beyond are counted, and a line says how many were lost. */
const mostWaiting = 20_000

export class AuditLog {
  readonly #options: AuditLogOptions
  readonly #file: AuditFile
  readonly #writing: WriteBehind
  #head: ChainHead
  #waiting: Waiting[] = []
  #lost = 0
  #isFailing = false

  /** Opens the file and goes on with its chain. Throws `storage`. */
  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#file = new AuditFile(options.path)
    const { head, torn, isDamaged } = this.#file.found
    this.#head = head
    this.#writing = new WriteBehind({
      clock: options.clock,
      write: () => this.#write(),
      failed: (error) => this.#failed(error),
      recovered: () => this.#recovered(),
    })
    if (isDamaged) {
      options.log.error('the end of the audit log is not as it was left: lines were changed or taken away', {
        file: options.path,
        hint: 'Run: salt audit verify',
      })
    }
    if (torn > 0) options.log.warning('the last line of the audit log had not been finished', { bytes: torn })
    this.add({ action: 'start', facts: { pid: process.pid, ...(torn === 0 ? {} : { torn }) } })
  }

  add(entry: AuditEntry): void {
    if (this.#waiting.length >= mostWaiting) {
      this.#lost += 1
      return
    }
    this.#waiting.push({ entry, time: this.#options.clock.now() })
    this.#writing.schedule()
  }

  /** Begins a new file at the path if the old one was moved away; the chain goes on in it. */
  reopen(): void {
    this.#writing.flush()
    try {
      this.#file.reopen()
    } catch (error) {
      this.#options.log.error('the audit log was not opened anew', { error: asSaltError(error).message })
    }
  }

  /** Writes what waits. */
  flush(): void {
    this.#writing.flush()
  }

  [Symbol.dispose](): void {
    this.add({ action: 'stop' })
    this.#writing.close()
    this.#file[Symbol.dispose]()
  }

  #write(): void {
    const waiting = this.#lost === 0 ? this.#waiting : [...this.#waiting, this.#gap()]
    let { n, hash: prev } = this.#head
    let lines = ''
    for (const { entry, time } of waiting) {
      n += 1
      const line = formatLine(entry, { n, prev }, time, this.#digest)
      prev = lineHash(line)
      lines += `${line}\n`
    }
    if (lines === '') return
    const head = { n, hash: prev }
    this.#file.append(lines, head)
    this.#head = head
    this.#waiting = []
    this.#lost = 0
    if (this.#file.size > this.#options.maximumSize) this.#rotate()
  }

  #gap(): Waiting {
    const facts = { lost: this.#lost }
    return { entry: { action: 'gap', facts, reason: 'the disk took nothing' }, time: this.#options.clock.now() }
  }

  /** Named by the number of its last line, so that the names tell the order. */
  #rotate(): void {
    const { path, log } = this.#options
    const aside = `${path}.${String(this.#head.n).padStart(12, '0')}`
    try {
      fs.renameSync(path, aside)
      this.#file.reopen()
      log.info('began a new audit log', { file: path, former: aside })
    } catch (error) {
      log.error('the audit log could not be put aside', { error: asSaltError(error).message })
    }
  }

  readonly #digest = (arg: readonly unknown[]): string => {
    try {
      return hash('sha256', Buffer.concat([this.#options.digestKey, pack(arg)]), 'hex').slice(0, 32)
    } catch {
      // No plain data. It must not keep the other lines from being written.
      return 'none'
    }
  }

  #failed(error: unknown): 'later' {
    if (this.#isFailing) return 'later'
    this.#isFailing = true
    this.#options.log.error('the audit log cannot be written; it waits in memory', {
      file: this.#options.path,
      error: asSaltError(error).message,
    })
    this.#options.onFault?.(asSaltError(error, 'storage'))
    return 'later'
  }

  #recovered(): void {
    this.#isFailing = false
    this.#options.log.warning('the audit log can be written again')
    this.#options.onFault?.(undefined)
  }
}
