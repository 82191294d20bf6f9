import type { Clock } from '../../base/clock.ts'

/** Reactions to one tag that are done at once, and how many a second afterwards. */
const burst = 100
const perSecond = 10
/** A tag that was quiet for so long is forgotten: by then it has its burst again. */
const forgetAfterMs = (burst / perSecond) * 1000
const mostTags = 10_000

interface Bucket {
  left: number
  at: number
}

/**
 * Slows a tag down that causes reactions without end: an event, its reaction, the same event again. Nothing is lost by it; the loop
 * only turns ten times a second instead of thousands.
 */
export class Damper {
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How long a reaction to this tag has to wait, in milliseconds; 0 for most. */
  delayMs(tag: string): number {
    const now = this.#clock.monotonic()
    const bucket = this.#buckets.get(tag) ?? { left: burst, at: now }
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * perSecond) - 1
    bucket.at = now
    this.#buckets.delete(tag)
    this.#buckets.set(tag, bucket)
    this.#forget(now)
    return bucket.left >= 0 ? 0 : (-bucket.left / perSecond) * 1000
  }

  /** The tags that were used last are at the end. */
  #forget(now: number): void {
    for (const [tag, { at, left }] of this.#buckets) {
      const isQuiet = left >= 0 && now - at >= forgetAfterMs
      if (!isQuiet && this.#buckets.size <= mostTags) return
      this.#buckets.delete(tag)
    }
  }
}
