import { SaltError } from './errors.ts'

/**
 * What happens to an item that does not fit:
 * - `reject`: `push` throws `overloaded`; the producer has to deal with it.
 * - `drop-oldest`: the longest waiting item makes room (live feeds, where the newest matters).
 * - `drop-newest`: the item itself is dropped (work that is repeated anyway).
 */
export type OverflowPolicy = 'reject' | 'drop-oldest' | 'drop-newest'

export interface QueueOptions<T> {
  /** Shown in the error message. */
  readonly name: string
  /** Largest number of waiting items. */
  readonly limit: number
  readonly overflow: OverflowPolicy
  /** Called for each item that is dropped or rejected, with the number of all so far. */
  readonly onDrop?: (item: T, dropped: number) => void
}

/**
 * A bounded first-in-first-out queue. Consumers iterate over it (`for await`) or `take()`; each item goes to one of them.
 * After `close()` the items that wait are still handed out, then iteration ends.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #options: QueueOptions<T>
  #items: T[] = []
  #head = 0
  #dropped = 0
  #closed = false
  #takers: ((result: IteratorResult<T, undefined>) => void)[] = []

  constructor(options: QueueOptions<T>) {
    if (!Number.isInteger(options.limit) || options.limit < 1)
      throw new RangeError('a queue needs a limit of 1 or more')
    this.#options = options
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  /** How many items were dropped or rejected so far. */
  get dropped(): number {
    return this.#dropped
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Adds an item. False when it was dropped, or when the queue is closed.
   * Throws `overloaded` under the policy `reject`.
   */
  push(item: T): boolean {
    if (this.#closed) return false
    const taker = this.#takers.shift()
    if (taker !== undefined) {
      taker({ value: item, done: false })
      return true
    }
    if (this.size >= this.#options.limit && !this.#makeRoom(item)) return false
    this.#items.push(item)
    return true
  }

  #makeRoom(item: T): boolean {
    const { name, limit, overflow } = this.#options
    if (overflow === 'drop-oldest') {
      for (const oldest of this.#removeFirst()) this.#countDrop(oldest)
      return true
    }
    this.#countDrop(item)
    if (overflow === 'drop-newest') return false
    throw new SaltError('overloaded', `the queue '${name}' is full (${limit} items)`)
  }

  #countDrop(item: T): void {
    this.#dropped += 1
    this.#options.onDrop?.(item, this.#dropped)
  }

  /** The first item in an array of one, or an empty array: an item may itself be undefined. */
  #removeFirst(): T[] {
    if (this.size === 0) return []
    const first = this.#items.slice(this.#head, this.#head + 1)
    this.#head += 1
    // Moving the rest down for every item would make a long queue quadratic; half of it empty is the right moment.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return first
  }

  /** The next item as soon as there is one; `done` once the queue is closed and empty. */
  take(): Promise<IteratorResult<T, undefined>> {
    for (const value of this.#removeFirst()) return Promise.resolve({ value, done: false })
    if (this.#closed) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  close(): void {
    this.#closed = true
    for (const taker of this.#takers.splice(0)) taker({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.take() }
  }
}
