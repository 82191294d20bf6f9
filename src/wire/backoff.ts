export interface BackoffOptions {
  readonly minimumMs: number
  readonly maximumMs: number
}

/** Full-jitter back-off: each wait is anything up to a bound that doubles, so that many clients never come back together. */
export class Backoff {
  readonly #options: BackoffOptions
  #attempt = 0

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** The next wait in milliseconds. */
  next(): number {
    const { minimumMs, maximumMs } = this.#options
    const bound = Math.min(maximumMs, minimumMs * 2 ** this.#attempt)
    this.#attempt += 1
    return Math.random() * bound
  }

  reset(): void {
    this.#attempt = 0
  }
}
