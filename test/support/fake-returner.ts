import type { Delivery, OpenReturner } from '../../src/engine/returner.ts'
import { Changes } from './waiting.ts'

/** A backend in memory that a test takes away, slows down and brings back. */
export class FakeReturner {
  /** What arrived, batch by batch. */
  readonly batches: (readonly Delivery[])[] = []
  /** How often it was opened, and how many of those are closed. */
  opened = 0
  closed = 0
  /** Attempts to open it or to deliver, failed ones included. */
  attempts = 0
  /** While set, what opening rejects with. */
  openFault: Error | undefined
  /** Throws where the delivery of this batch fails; may also wait. */
  onDeliver: (batch: readonly Delivery[]) => void | Promise<void> = () => {}
  readonly #changes = new Changes()

  readonly open = async (): Promise<OpenReturner> => {
    if (this.openFault) {
      this.attempts += 1
      this.#changes.happened()
      throw this.openFault
    }
    this.opened += 1
    return {
      deliver: (batch) => this.#deliver(batch),
      [Symbol.asyncDispose]: async () => {
        this.closed += 1
      },
    }
  }

  /** All that arrived, in its order. */
  get arrived(): readonly Delivery[] {
    return this.batches.flat()
  }

  /** Resolves when so many deliveries have arrived, counting those that came twice. */
  untilArrived(count: number): Promise<readonly Delivery[]> {
    return this.#changes.until(
      () => (this.arrived.length >= count ? this.arrived : undefined),
      () => `${this.arrived.length} deliveries have arrived, not ${count}`,
    )
  }

  async #deliver(batch: readonly Delivery[]): Promise<void> {
    this.attempts += 1
    this.#changes.happened()
    await this.onDeliver(batch)
    this.batches.push(batch)
    this.#changes.happened()
  }
}
