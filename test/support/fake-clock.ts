import type { Clock, Timer } from '../../src/base/clock.ts'

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now: number
  #setBy = 0
  #timers: { readonly at: number; readonly action: () => void }[] = []

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now + this.#setBy
  }

  /** Sets the wall clock forward, or back; no time passes. */
  set(byMs: number): void {
    this.#setBy += byMs
  }

  monotonic(): number {
    return this.#now
  }

  after(delayMs: number, action: () => void): Timer {
    const timer = { at: this.#now + delayMs, action }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  get pending(): number {
    return this.#timers.length
  }

  /** Moves on, running what falls due on the way, each with the turns of the event loop that it needs. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#now = Math.max(this.#now, next.at)
      this.#timers = this.#timers.filter((other) => other !== next)
      next.action()
      await settle()
    }
    this.#now = end
    await settle()
  }
}

/** Lets everything that is under way in this process come to rest. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}
