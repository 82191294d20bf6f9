import type { Clock, Timer } from '../../base/clock.ts'

export interface DropReportsOptions {
  readonly clock: Clock
  /** Told at once, then at most once per interval for each reason: what gets lost in masses must not be an event each. */
  tell(count: number, reason: string): void
  /** Default one second. */
  readonly intervalMs?: number
}

/** Adds up what was dropped, and tells it now and then. When it is disposed of, it tells what it has not told yet. */
export class DropReports implements Disposable {
  readonly #options: DropReportsOptions
  readonly #untold = new Map<string, number>()
  #timer: Timer | undefined
  #count = 0

  constructor(options: DropReportsOptions) {
    this.#options = options
  }

  /** All so far, for whatever reason. */
  get count(): number {
    return this.#count
  }

  add(count: number, reason: string): void {
    this.#count += count
    const isKnown = this.#untold.has(reason)
    this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + count)
    if (!isKnown) this.#tell(reason)
    this.#timer ??= this.#options.clock.after(this.#options.intervalMs ?? 1000, () => this.#tellAll(), {
      background: true,
    })
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
    for (const reason of this.#untold.keys()) this.#tell(reason)
  }

  /** A reason stays known until an interval has passed without it. */
  #tellAll(): void {
    this.#timer = undefined
    for (const [reason, count] of this.#untold) {
      if (count === 0) this.#untold.delete(reason)
      else this.#tell(reason)
    }
    if (this.#untold.size > 0) {
      this.#timer = this.#options.clock.after(this.#options.intervalMs ?? 1000, () => this.#tellAll(), {
        background: true,
      })
    }
  }

  #tell(reason: string): void {
    const count = this.#untold.get(reason) ?? 0
    if (count === 0) return
    this.#untold.set(reason, 0)
    this.#options.tell(count, reason)
  }
}
