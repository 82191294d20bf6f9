/** Work that many ask for at the same time, done once: the hash of a file, a part of it. */
export class SharedReads<Result> {
  readonly #kept = new Map<string, Promise<Result>>()
  readonly #limit: number

  /** @param limit how many results are kept; the one that was asked for longest ago goes first. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @param mayKeep whether the result is good for those who come later, too, and not only for those who come meanwhile. */
  async get(key: string, read: () => Promise<Result>, mayKeep = true): Promise<Result> {
    const work = this.#kept.get(key) ?? read()
    this.#kept.delete(key)
    this.#kept.set(key, work)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit) break
      this.#kept.delete(oldest)
    }
    try {
      const result = await work
      if (!mayKeep) this.#forget(key, work)
      return result
    } catch (error) {
      this.#forget(key, work)
      throw error
    }
  }

  clear(): void {
    this.#kept.clear()
  }

  #forget(key: string, work: Promise<Result>): void {
    if (this.#kept.get(key) === work) this.#kept.delete(key)
  }
}
