/** One line on the terminal that says which minions have not returned yet, rewritten in place. */
import { type Clock, systemClock, type Timer } from '../../base/clock.ts'
import { stringWidth } from '../../base/string-width.ts'
import { clipped } from '../state-progress.ts'

/** A job that is over sooner needs no such line. */
const shownAfterMs = 1000
/** Returns of thousands come faster than anybody reads. */
const rewrittenAfterMs = 100
const usualColumns = 80
const eraseLine = '\r\u001b[K'

export interface Terminal {
  readonly columns: number | undefined
  write(text: string): unknown
}

export class RunningView {
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #open = new Set<string>()
  #expected = 0
  /** What a minion said last of its work. */
  #note = ''
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
  note(id: string, text: string): void {
    if (!this.#open.has(id)) return
    this.#note = this.#expected === 1 ? text : `${id} ${text}`
    this.#isWanted = true
    this.#rewriteSoon()
  }

  settled(id: string): void {
    this.#open.delete(id)
    if (!this.#isWanted) return
    if (this.#open.size === 0) return this.clear()
    this.#rewriteSoon()
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
    if (!this.#isWanted || this.#open.size === 0) return this.clear()
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

  /** As many names as fit; a terminal would break a longer line, and only its last row could be rewritten. */
  #line(): string {
    const width = (this.#terminal.columns ?? usualColumns) - 1
    const count = `${this.#expected - this.#open.size} of ${this.#expected} returned`
    if (this.#note !== '') return clipped(this.#expected === 1 ? this.#note : `${count}; ${this.#note}`, width)
    const ids = this.#open.values().take(Math.max(0, width)).toArray()
    for (let shown = ids.length; shown > 0; shown -= 1) {
      const more = this.#open.size > shown ? ` and ${this.#open.size - shown} more` : ''
      const line = `${count}; waiting for ${ids.slice(0, shown).join(', ')}${more}`
      if (stringWidth(line) <= width) return line
    }
    return count.slice(0, Math.max(0, width))
  }
}
