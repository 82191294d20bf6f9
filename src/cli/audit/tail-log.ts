/** `salt audit tail`. */
import * as fs from 'node:fs'
import { basename, dirname } from 'node:path'
import { oneLine } from '../../base/log-format.ts'
import { isRecord } from '../../base/narrow.ts'
import { auditFiles, type FileLine, linesOf } from '../../engine/audit/audit-reader.ts'
import type { Printer } from '../printer.ts'

export interface TailRequest {
  readonly path: string
  readonly count: number
  readonly isFollowed: boolean
}

/** Resolves when all is printed; with `isFollowed`, when the signal says so. */
export async function tailLog(request: TailRequest, printer: Printer, signal: AbortSignal): Promise<void> {
  const { path, count, isFollowed } = request
  if (!isFollowed) return await printAll(lastLines(path, count), printer)
  const follower = new Follower(path, (line) => void printAll([line], printer))
  try {
    await printAll(lastLines(path, count), printer)
    follower.begin()
    await aborted(signal)
  } finally {
    follower.end()
  }
}

function lastLines(path: string, count: number): readonly FileLine[] {
  const found: FileLine[] = []
  for (const file of [...auditFiles(path)].reverse()) {
    if (found.length >= count) break
    // A file holds no more than what memory takes; only its end is kept.
    const own: FileLine[] = []
    for (const line of linesOf(file)) {
      own.push(line)
      if (own.length > 2 * count) own.splice(0, own.length - count)
    }
    found.unshift(...own)
  }
  return count === 0 ? [] : found.slice(-count)
}

async function printAll(lines: readonly FileLine[], printer: Printer): Promise<void> {
  for (const { text } of lines) {
    const value = parsed(text)
    if (printer.outputter === undefined) await printer.line(oneLine(value === undefined ? text : describe(value)))
    else await printer.show(value ?? text)
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** `2026-11-21T10:19:52.123Z user fred publish test.ping on web* (2 minions): allowed, publisher_acl → "fred" → item 1` */
function describe(line: Readonly<Record<string, unknown>>): string {
  const { time, subject, action, fun, target, targets, decision, rule, reason, jid, n } = line
  const who = isRecord(subject) ? ` ${subject.kind} ${subject.name}` : ''
  const what = fun === undefined ? '' : ` ${[fun].flat().join(',')}`
  const count = isRecord(targets) ? ` (${targets.count} ${targets.count === 1 ? 'minion' : 'minions'})` : ''
  const first = isRecord(targets) && Array.isArray(targets.first) ? targets.first.join(', ') : ''
  const on = target === undefined ? first : [target].flat().join(',')
  const why = reason ?? rule
  const verdict = decision === undefined ? '' : `: ${decision}${why === undefined ? '' : `, ${why}`}`
  const job = jid === undefined ? '' : ` [${jid}]`
  return `${n} ${time}${who} ${action}${what}${on === '' ? '' : ` on ${on}${count}`}${verdict}${job}`
}

/** Passes on what is added to the log, and goes on with a new file when the old one is put aside. */
class Follower {
  readonly #path: string
  readonly #take: (line: FileLine) => void
  readonly #watcher: fs.FSWatcher
  #at: number
  #file: number | undefined
  #hasBegun = false

  constructor(path: string, take: (line: FileLine) => void) {
    this.#path = path
    this.#take = take
    const status = fs.statSync(path, { throwIfNoEntry: false })
    this.#at = status?.size ?? 0
    this.#file = status?.ino
    this.#watcher = fs.watch(dirname(path), (_event, name) => {
      if (name === null || name === basename(path)) this.#look()
    })
  }

  begin(): void {
    this.#hasBegun = true
    this.#look()
  }

  end(): void {
    this.#watcher.close()
  }

  #look(): void {
    const status = fs.statSync(this.#path, { throwIfNoEntry: false })
    if (!this.#hasBegun || status === undefined) return
    if (status.ino !== this.#file) {
      this.#finishFormer()
      this.#at = 0
      this.#file = status.ino
    } else if (status.size < this.#at) this.#at = 0
    this.#readFrom(this.#path)
  }

  /** What was added to the old file before it was put aside. */
  #finishFormer(): void {
    const former = auditFiles(this.#path).find((file) => fs.statSync(file).ino === this.#file)
    if (former !== undefined) this.#readFrom(former)
  }

  #readFrom(file: string): void {
    for (const line of linesOf(file, this.#at)) {
      if (!line.isWhole) break
      this.#at += Buffer.byteLength(line.text) + 1
      this.#take(line)
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
