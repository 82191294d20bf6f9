export interface PacedSenderOptions<Item> {
  /** Sends the item; false when the receiver is behind, or gone. */
  offer(item: Item): boolean
  /** Resolves when the receiver has caught up, or is gone. */
  relieved(): Promise<void>
  isGone(): boolean
}

/** Sends items in their order and only as fast as they are taken. What waits is the giver's to bound. */
export class PacedSender<Item> {
  readonly #options: PacedSenderOptions<Item>
  readonly #held = new Set<{ readonly item: Item }>()
  #waiting: Promise<void> | undefined

  constructor(options: PacedSenderOptions<Item>) {
    this.#options = options
  }

  add(item: Item): void {
    this.#held.add({ item })
    this.#pump()
  }

  /** Resolves when all has been sent, or nobody takes it any more. */
  async idle(): Promise<void> {
    while (this.#waiting !== undefined) await this.#waiting
  }

  #pump(): void {
    if (this.#waiting !== undefined) return
    for (const held of this.#held) {
      if (this.#options.isGone()) return this.#held.clear()
      if (!this.#options.offer(held.item)) {
        this.#waiting = this.#options.relieved().then(() => {
          this.#waiting = undefined
          this.#pump()
        })
        return
      }
      this.#held.delete(held)
    }
  }
}
