import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { type: 'major'; execution: 'sync'; flavor?: 'last-resort' }) => void

/** Undefined where this Node has none. */
let collect: Collect | undefined | 'unknown' = 'unknown'

/**
 * Gives back what only the start of a daemon needed; else it would stay until the heap is full, which for an idle daemon is never.
 *
 * Node offers this only behind a flag, and a program started with that flag could use no code cache.
 */
export function collectGarbage(): void {
  exposed()?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** Lets work that leaves much behind pay for it itself, once for so many times: else the heap grows to a multiple of what is in use. */
export class GarbageTurns {
  readonly #every: number
  readonly #collect: () => void
  #count = 0

  constructor(every: number, collect: () => void = collectGarbage) {
    this.#every = every
    this.#collect = collect
  }

  /** The work was done once more. */
  count(): void {
    this.#count += 1
    if (this.#count < this.#every) return
    this.#count = 0
    this.#collect()
  }
}

function exposed(): Collect | undefined {
  if (collect !== 'unknown') return collect
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  collect = typeof gc === 'function' ? (gc as Collect) : undefined
  return collect
}
