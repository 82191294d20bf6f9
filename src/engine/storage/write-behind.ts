/** Writing to disk once per turn of the event loop, and what happens when the disk does not take it. */
import type { Clock, Timer } from '../../base/clock.ts'

export interface WriteBehindOptions {
  readonly clock: Clock
  /** Writes everything that waits, all or nothing. */
  write(): void
  /** The write failed; what waits stays. Answers whether trying again at once makes sense. */
  failed(error: unknown): 'again' | 'later'
  /** The first write that went well after failures. */
  recovered(): void
}

const retryMs = { first: 1000, last: 60_000 }

export class WriteBehind {
  readonly #options: WriteBehindOptions
  #scheduled: NodeJS.Immediate | undefined
  #retry: Timer | undefined
  #retryMs = retryMs.first
  #isFailing = false
  #waiting: (() => void)[] = []
  #hasWork = false
  #isClosed = false

  constructor(options: WriteBehindOptions) {
    this.#options = options
  }

  /** True while the last write failed. */
  get isFailing(): boolean {
    return this.#isFailing
  }

  /** Something waits to be written: it will be at the end of this turn, or at the next retry. */
  schedule(): void {
    this.#hasWork = true
    if (this.#isClosed || this.#scheduled || this.#retry) return
    this.#scheduled = setImmediate(() => this.#run())
  }

  /** Writes now what waits, unless a retry is due later. */
  flush(): void {
    if (this.#hasWork && !this.#retry) this.#run()
  }

  /** Resolves when what waits now was tried once: it is on disk, or `isFailing`. */
  settled(): Promise<void> {
    if (!this.#hasWork || this.#isFailing) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Last attempt. */
  close(): void {
    this.#retry?.cancel()
    this.#retry = undefined
    const mustWrite = this.#hasWork && !this.#isClosed
    this.#isClosed = true
    if (mustWrite) this.#run()
  }

  #run(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    this.#retry = undefined
    const first = this.#attempt()
    const result = first === 'again' ? this.#attempt() : first
    if (result !== 'done') this.#postpone()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #attempt(): 'done' | 'again' | 'later' {
    try {
      this.#options.write()
    } catch (error) {
      this.#isFailing = true
      return this.#options.failed(error)
    }
    this.#hasWork = false
    this.#retryMs = retryMs.first
    if (this.#isFailing) {
      this.#isFailing = false
      this.#options.recovered()
    }
    return 'done'
  }

  #postpone(): void {
    if (this.#isClosed) return
    this.#retry = this.#options.clock.after(this.#retryMs, () => this.#run(), { background: true })
    this.#retryMs = Math.min(this.#retryMs * 2, retryMs.last)
  }
}
