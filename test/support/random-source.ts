/** Random numbers that a seed brings back (mulberry32). */
export class RandomSource {
  readonly seed: number
  #state: number

  /** The seed comes from `SALT_TEST_SEED` where it is set. */
  constructor(seed = Number(process.env.SALT_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))) {
    this.seed = seed >>> 0
    this.#state = this.seed
  }

  /** 0 ≤ n < limit. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.alloc(size)
    for (let index = 0; index < size; index++) bytes[index] = this.below(256)
    return bytes
  }

  /** The bytes with a few of them changed, cut off, put in, or doubled. */
  mutate(bytes: Buffer): Buffer {
    let result = Buffer.from(bytes)
    for (let change = this.below(4); change >= 0; change--) {
      const at = this.below(result.length + 1)
      const kind = this.below(5)
      if (kind === 0) result = result.subarray(0, at)
      else if (kind === 1)
        result = Buffer.concat([result.subarray(0, at), this.bytes(this.below(9)), result.subarray(at)])
      else if (kind === 2) result = Buffer.concat([result, result.subarray(at)])
      else if (at < result.length) result[at] = kind === 3 ? this.below(256) : (result[at] ?? 0) ^ (1 << this.below(8))
    }
    return result
  }
}
