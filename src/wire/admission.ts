import type { Clock } from '../base/clock.ts'

export interface BucketOptions {
  /** Tokens that come back each second. */
  readonly ratePerSecond: number
  /** Tokens that can be saved up. */
  readonly burst: number
}

/** Token bucket: admits work at a rate, with a burst, and says how long the next token takes. */
export class TokenBucket {
  readonly #clock: Clock
  readonly #options: BucketOptions
  #tokens: number
  #filledAt: number

  constructor(clock: Clock, options: BucketOptions) {
    this.#clock = clock
    this.#options = options
    this.#tokens = options.burst
    this.#filledAt = clock.monotonic()
  }

  /** Whether there was a token; it is taken. */
  take(): boolean {
    this.#fill()
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  /** Milliseconds after which a token should be there for one of those who were turned away. */
  get waitMs(): number {
    this.#fill()
    return Math.max(0, ((1 - this.#tokens) / this.#options.ratePerSecond) * 1000)
  }

  get isFull(): boolean {
    this.#fill()
    return this.#tokens >= this.#options.burst
  }

  #fill(): void {
    const now = this.#clock.monotonic()
    const { ratePerSecond, burst } = this.#options
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1000) * ratePerSecond)
    this.#filledAt = now
  }
}

/** One bucket per source; forgets full ones when there are many. */
export class BucketsBySource {
  readonly #buckets = new Map<string, TokenBucket>()
  readonly #clock: Clock
  readonly #options: BucketOptions
  readonly #maximum: number

  constructor(clock: Clock, options: BucketOptions, maximum: number) {
    this.#clock = clock
    this.#options = options
    this.#maximum = maximum
  }

  take(source: string): boolean {
    const known = this.#buckets.get(source)
    if (known !== undefined) return known.take()
    if (this.#buckets.size >= this.#maximum) this.#forget()
    const bucket = new TokenBucket(this.#clock, this.#options)
    this.#buckets.set(source, bucket)
    return bucket.take()
  }

  #forget(): void {
    for (const [source, bucket] of this.#buckets) {
      if (bucket.isFull) this.#buckets.delete(source)
    }
    // Still full: whoever floods from so many sources does not get to fill the memory.
    if (this.#buckets.size >= this.#maximum) this.#buckets.clear()
  }
}
