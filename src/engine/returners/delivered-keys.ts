/** What of a batch is delivered when another part of it failed, so that only the rest goes out again. */

/** So many may wait for their second delivery; the oldest are forgotten first, and would go out twice. */
const limit = 10_000

export class DeliveredKeys {
  readonly #keys = new Set<string>()

  /** Whether it is delivered already; asked once, since it does not come again then. */
  take(key: string): boolean {
    return this.#keys.delete(key)
  }

  /** Delivers one after the other. Where one fails, those before it are noted, and the rest is not tried. */
  async each<Item>(
    items: readonly Item[],
    keyOf: (item: Item) => string,
    deliver: (item: Item) => Promise<void>,
  ): Promise<void> {
    const delivered: string[] = []
    try {
      for (const item of items) {
        const key = keyOf(item)
        if (!this.take(key)) await deliver(item)
        delivered.push(key)
      }
    } catch (error) {
      for (const key of delivered) this.#note(key)
      throw error
    }
  }

  #note(key: string): void {
    this.#keys.add(key)
    const [oldest] = this.#keys
    if (this.#keys.size > limit && oldest !== undefined) this.#keys.delete(oldest)
  }
}
