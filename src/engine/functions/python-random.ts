/**
 * Random numbers as Python's `random` module draws them: one seed gives the same numbers here and there, so that what was
 * spread over a fleet by its seeds (the minute of a cron job, say) stays where it was.
 *
 * The generator is the Mersenne Twister MT19937 (Matsumoto, Nishimura 1998) with its `init_by_array`.
 */
import { createHash, randomInt } from 'node:crypto'

const size = 624
const middle = 397

export interface RandomSource {
  /** An integer from 0 up to, not including, `limit` (at most 2^48). */
  below(limit: number): number
}

/** Numbers that nobody can guess. */
export const unpredictable: RandomSource = { below: (limit) => randomInt(limit) }

/** What a seed gives; without one, what nobody can guess. */
export function randomSource(seed?: unknown): RandomSource {
  return seed === undefined || seed === null ? unpredictable : new PythonRandom(seed)
}

class PythonRandom implements RandomSource {
  readonly #state: Uint32Array
  #index = size

  /** Integers are taken as they are, everything else as text. */
  constructor(seed: unknown) {
    this.#state = stateOf(wordsOf(seedNumber(seed)))
  }

  below(limit: number): number {
    const bits = limit.toString(2).length
    let value = this.#bits(bits)
    while (value >= limit) value = this.#bits(bits)
    return value
  }

  /** A number of up to 48 bits; the first draw is the lower part. */
  #bits(count: number): number {
    if (count <= 32) return this.#next() >>> (32 - count)
    const low = this.#next()
    return (this.#next() >>> (64 - count)) * 2 ** 32 + low
  }

  #next(): number {
    if (this.#index >= size) this.#twist()
    let y = this.#state[this.#index++] ?? 0
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    y ^= y >>> 18
    return y >>> 0
  }

  #twist(): void {
    const state = this.#state
    const at = (index: number): number => state[index % size] ?? 0
    for (let index = 0; index < size; index++) {
      const y = (at(index) & 0x80000000) | (at(index + 1) & 0x7fffffff)
      state[index] = at(index + middle) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
    }
    this.#index = 0
  }
}

function seedNumber(seed: unknown): bigint {
  if (typeof seed === 'bigint' || (typeof seed === 'number' && Number.isInteger(seed))) {
    const number = BigInt(seed)
    return number < 0n ? -number : number
  }
  const text = Buffer.from(String(seed))
  const digest = createHash('sha512').update(text).digest()
  return BigInt(`0x${Buffer.concat([text, digest]).toString('hex')}`)
}

/** The number in words of 32 bits, the lowest first. */
function wordsOf(number: bigint): number[] {
  const words: number[] = []
  for (let rest = number; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffffffffn))
  return words.length === 0 ? [0] : words
}

function stateOf(key: readonly number[]): Uint32Array {
  const state = new Uint32Array(size)
  state[0] = 19650218
  const mixed = (index: number, factor: number): number => {
    const before = state[index - 1] ?? 0
    return Math.imul(before ^ (before >>> 30), factor)
  }
  for (let index = 1; index < size; index++) state[index] = mixed(index, 1812433253) + index
  let index = 1
  const forward = (): void => {
    index++
    if (index < size) return
    state[0] = state[size - 1] ?? 0
    index = 1
  }
  for (let step = 0; step < Math.max(size, key.length); step++) {
    const at = step % key.length
    state[index] = ((state[index] ?? 0) ^ mixed(index, 1664525)) + (key[at] ?? 0) + at
    forward()
  }
  for (let step = 0; step < size - 1; step++) {
    state[index] = ((state[index] ?? 0) ^ mixed(index, 1566083941)) - index
    forward()
  }
  state[0] = 0x80000000
  return state
}

/**
 * `count` items in the order in which they were drawn, as Python's `random.sample`. `count` is at most the number of items.
 * Many of few are drawn from a pool, few of many by their indexes: the draws differ, and seeds must give what they gave.
 */
export function sample<T>(items: readonly T[], count: number, source: RandomSource): T[] {
  const poolLimit = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0)
  if (items.length <= poolLimit) return sampleFromPool([...items], count, source)
  const seen = new Set<number>()
  while (seen.size < count) seen.add(source.below(items.length))
  return [...seen].flatMap((at) => items.slice(at, at + 1))
}

function sampleFromPool<T>(pool: T[], count: number, source: RandomSource): T[] {
  const result: T[] = []
  for (let drawn = 0; drawn < count; drawn++) {
    const at = source.below(pool.length)
    result.push(...pool.slice(at, at + 1))
    const last = pool.pop()
    if (at < pool.length && last !== undefined) pool[at] = last
  }
  return result
}
