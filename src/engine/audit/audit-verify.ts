/** Whether an audit log is as it was written: finds lines that were changed, added, moved, or taken away. */
import type { ChainHead } from './audit-head.ts'
import { chainBegin, lineHash, linkOf } from './audit-line.ts'
import type { FileLine } from './audit-reader.ts'

export interface AuditFault {
  /** `file:line` */
  readonly where: string
  readonly problem: string
}

export interface AuditReport {
  readonly lines: number
  /** Numbers of the first and the last line. */
  readonly first: number
  readonly last: number
  /** Of the last line: keep it elsewhere, and nobody can write the log anew unseen. */
  readonly hash: string
  readonly faults: readonly AuditFault[]
  /** What is no fault, but should be known. */
  readonly notes: readonly string[]
}

/** `known`: lines of which the hash is known from elsewhere, above all the last one from the head file. */
export function verifyAudit(lines: Iterable<FileLine>, known: readonly ChainHead[] = []): AuditReport {
  const chain = new ChainCheck(known)
  for (const line of lines) chain.take(line)
  return chain.end()
}

interface Before {
  readonly n: number
  readonly hash: string
  readonly where: string
  /** Told already: what does not fit it says nothing new. */
  readonly isDamaged: boolean
}

class ChainCheck {
  readonly #known: readonly ChainHead[]
  /** Number of the last line that is known to have been there. */
  readonly #end: number
  readonly #faults: AuditFault[] = []
  readonly #notes: string[] = []
  #before: Before | undefined
  /** A line that does not fit the one before it: which of the two was changed, the next one tells. */
  #doubtful: { readonly before: Before; readonly where: string; readonly n: number } | undefined
  #lines = 0
  #first = 0

  constructor(known: readonly ChainHead[]) {
    this.#known = known
    this.#end = Math.max(0, ...known.map(({ n }) => n))
  }

  take({ file, number, text, isWhole }: FileLine): void {
    const where = `${file}:${number}`
    this.#lines += 1
    const link = linkOf(text)
    this.#decide(link?.prev)
    const before = this.#before
    if (link === undefined) {
      const n = (before?.n ?? 0) + 1
      if (!isWhole && n > this.#end) this.#notes.push(`${where}: the last line is not finished`)
      else this.#fault(where, `number ${n} is damaged: it is no line of an audit log any more`)
      this.#before = { n, hash: lineHash(text), where, isDamaged: true }
      return
    }
    if (before === undefined) this.#takeFirst(link.n, link.prev, where)
    else this.#compare(before, link, where)
    this.#before = { n: link.n, hash: lineHash(text), where, isDamaged: false }
    this.#compareKnown(this.#before)
  }

  end(): AuditReport {
    this.#decide(undefined)
    const last = this.#before ?? { n: 0, hash: chainBegin, where: 'the log', isDamaged: false }
    if (this.#end > last.n) {
      this.#fault(last.where, `${numbers(last.n + 1, this.#end)} missing: the log was cut off behind this line`)
    }
    return {
      lines: this.#lines,
      first: this.#first,
      last: last.n,
      hash: last.hash,
      faults: this.#faults,
      notes: this.#notes,
    }
  }

  #takeFirst(n: number, prev: string, where: string): void {
    this.#first = n
    if (n > 1) this.#notes.push(`the log begins with number ${n}: older files are not here`)
    else if (prev !== chainBegin) this.#fault(where, `number ${n} was changed`)
  }

  #compare(before: Before, { n, prev }: { readonly n: number; readonly prev: string }, where: string): void {
    if (n <= before.n) return this.#fault(where, `number ${n} stands behind number ${before.n}: it was moved or added`)
    if (n > before.n + 1)
      return this.#fault(where, `${numbers(before.n + 1, n - 1)} missing: lines were taken away before this one`)
    if (prev !== before.hash && !before.isDamaged) this.#doubtful = { before, where, n }
  }

  /** `next` is the hash that the line behind the doubtful one names. */
  #decide(next: string | undefined): void {
    const doubtful = this.#doubtful
    this.#doubtful = undefined
    if (doubtful === undefined) return
    const last = this.#before
    if (last !== undefined && next !== undefined && next !== last.hash) {
      this.#before = { ...last, isDamaged: true }
      this.#fault(doubtful.where, `number ${doubtful.n} was changed, and maybe the line before it`)
    } else this.#fault(doubtful.before.where, `number ${doubtful.before.n} was changed`)
  }

  #compareKnown({ n, hash, where }: Before): void {
    if (this.#known.some((head) => head.n === n && head.hash !== hash)) this.#fault(where, `number ${n} was changed`)
  }

  #fault(where: string, problem: string): void {
    this.#faults.push({ where, problem })
  }
}

function numbers(from: number, to: number): string {
  return from === to ? `number ${from} is` : `numbers ${from} to ${to} are`
}
