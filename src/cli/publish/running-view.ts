/** One line on the terminal that says what a job or an orchestration is at and who has not returned yet, rewritten in place. */
import { type Clock, systemClock, type Timer } from '../../base/clock.ts'
import { stringWidth } from '../../base/string-width.ts'
import type { RunStep } from '../../client/api.ts'
import { type EndedState, progressText, stepText } from '../state-progress.ts'

/** A job that is over sooner needs no such line. */
const shownAfterMs = 1000
/** Returns of thousands come faster than anybody reads. */
const rewrittenAfterMs = 100
/** Of a terminal that does not know how wide it is, and may say 0. */
const usualColumns = 80
const eraseLine = '\r\u001b[K'

export interface Terminal {
  readonly columns: number | undefined
  write(text: string): unknown
}

/** How much of a line can be written to without the terminal breaking it. */
export function lineColumns({ columns }: Terminal): number {
  return (columns || usualColumns) - 1
}

export class RunningView {
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #open = new Set<string>()
  #expected = 0
  /** What a minion said last of its work. */
  #note: { readonly id: string; readonly ended: EndedState } | undefined
  #step: RunStep | undefined
  #isWanted = false
  #isDrawn = false
  #delay: Timer | undefined
  #rewrite: Timer | undefined

  constructor(terminal: Terminal, clock: Clock = systemClock) {
    this.#terminal = terminal
    this.#clock = clock
  }

  /** Undefined where nobody looks, or a line cannot be rewritten. */
  static onTerminal(): RunningView | undefined {
    return process.stderr.isTTY === true && process.env.TERM !== 'dumb' ? new RunningView(process.stderr) : undefined
  }

  /** `isWanted`: from the start, not only when it takes long. */
  begin(minions: readonly string[], { isWanted = false }: { readonly isWanted?: boolean } = {}): void {
    for (const id of minions) this.#open.add(id)
    this.#expected = minions.length
    if (isWanted) this.#want()
    else this.#delay = this.#clock.after(shownAfterMs, () => this.#want(), { background: true })
  }

  /** Shows what a minion is at, until it has something else to say. */
  note(id: string, ended: EndedState): void {
    if (!this.#open.has(id)) return
    this.#note = { id, ended }
    this.#isWanted = true
    this.#rewriteSoon()
  }

  /** Shows which step is at work until there is another, or the end. */
  step(step: RunStep): void {
    this.#step = step
    this.#isWanted = true
    this.#rewriteSoon()
  }

  settled(id: string): void {
    this.#open.delete(id)
    if (!this.#isWanted) return
    if (this.#isOver) return this.clear()
    this.#rewriteSoon()
  }

  get #isOver(): boolean {
    return this.#open.size === 0 && this.#step === undefined
  }

  #rewriteSoon(): void {
    this.#rewrite ??= this.#clock.after(rewrittenAfterMs, () => this.draw(), { background: true })
  }

  /** Takes the line away, so that something else can be written in its place. */
  clear(): void {
    if (this.#isDrawn) this.#terminal.write(eraseLine)
    this.#isDrawn = false
  }

  draw(): void {
    this.#rewrite?.cancel()
    this.#rewrite = undefined
    if (!this.#isWanted || this.#isOver) return this.clear()
    this.#terminal.write(`${eraseLine}${this.#line()}`)
    this.#isDrawn = true
  }

  end(): void {
    this.#delay?.cancel()
    this.#isWanted = false
    this.draw()
  }

  #want(): void {
    this.#isWanted = true
    this.draw()
  }

  /** No more than fits; a terminal would break a longer line, and only its last row could be rewritten. */
  #line(): string {
    const width = lineColumns(this.#terminal)
    if (this.#step === undefined) return this.#minionsLine(width)
    const step = stepText(this.#step, width)
    if (this.#open.size === 0) return step
    const minions = this.#minionsLine(width - stringWidth(step) - 2)
    return minions === '' ? step : `${step}: ${minions}`
  }

  /** As many names as fit. */
  #minionsLine(width: number): string {
    const count = `${this.#expected - this.#open.size} of ${this.#expected} returned`
    if (this.#note !== undefined) {
      const { id, ended } = this.#note
      const start = this.#expected === 1 ? '' : `${count}; ${id} `
      return start + progressText(ended, width - start.length)
    }
    const ids = this.#open.values().take(Math.max(0, width)).toArray()
    for (let shown = ids.length; shown > 0; shown -= 1) {
      const more = this.#open.size > shown ? ` and ${this.#open.size - shown} more` : ''
      const line = `${count}; waiting for ${ids.slice(0, shown).join(', ')}${more}`
      if (stringWidth(line) <= width) return line
    }
    return count.slice(0, Math.max(0, width))
  }
}
