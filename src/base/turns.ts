/** Places for work that goes on at a time; who comes when all are taken waits, in the order of coming. */
export class Turns {
  readonly #limit: number
  readonly #waiting = new Set<() => void>()
  #active = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Resolves to true with a place, to be given back with `leave`; to false, without one, when the signal came first. */
  enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    if (this.#active < this.#limit) {
      this.#active += 1
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve(true)
      }
      const giveUp = (): void => {
        this.#waiting.delete(begin)
        resolve(false)
      }
      this.#waiting.add(begin)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** Hands the place on to whoever has waited longest. */
  leave(): void {
    const next = this.#waiting.values().next().value
    if (next === undefined) this.#active -= 1
    else {
      this.#waiting.delete(next)
      next()
    }
  }
}
