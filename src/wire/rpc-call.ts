import { asSaltError, SaltError } from '../base/errors.ts'
import type { Peer, RecordChannel } from './channel.ts'

export type Outcome = { readonly value: unknown } | { readonly error: SaltError }

/** Items that may wait for a large one before them. */
const maximumEarly = 100_000

/**
 * A call that waits for its result. Small records overtake a large one that was sent before them, so items carry their
 * number and the result how many there were: the caller gets all of them, in the order in which they were sent.
 */
export class OpenCall {
  readonly settle: (outcome: Outcome) => void
  readonly #onItem: (item: unknown) => void
  readonly #early = new Map<number, unknown>()
  #next = 0
  #end: { readonly items: number; readonly outcome: Outcome } | undefined

  constructor(settle: (outcome: Outcome) => void, onItem: (item: unknown) => void) {
    this.settle = settle
    this.#onItem = onItem
  }

  /** Throws what the receiver of the items throws, `overloaded` when too many wait, `bad-frame` for a number that cannot be. */
  item(number: number, value: unknown): void {
    if (!(Number.isSafeInteger(number) && number >= this.#next)) throw new SaltError('bad-frame', 'an item out of turn')
    if (this.#early.size >= maximumEarly) throw new SaltError('overloaded', 'too many items wait for one before them')
    this.#early.set(number, value)
    while (this.#early.has(this.#next)) {
      const next = this.#early.get(this.#next)
      this.#early.delete(this.#next)
      this.#next += 1
      this.#onItem(next)
    }
    if (this.#end !== undefined) this.end(this.#end.items, this.#end.outcome)
  }

  /** Settles once all items are there. */
  end(items: number, outcome: Outcome): void {
    if (!(items > this.#next)) this.settle(outcome)
    else this.#end = { items, outcome }
  }
}

/** A call that a handler works on. */
export class ServedCall {
  readonly peer: Peer
  readonly signal: AbortSignal
  readonly #channel: RecordChannel
  readonly #rid: number
  readonly #controller: AbortController
  #items = 0
  #failure: SaltError | undefined

  constructor(channel: RecordChannel, rid: number, controller: AbortController) {
    this.peer = channel.peer
    this.signal = controller.signal
    this.#channel = channel
    this.#rid = rid
    this.#controller = controller
  }

  /** How many were sent. */
  get items(): number {
    return this.#items
  }

  /** Why the call fails whatever its handler answers. */
  get failure(): SaltError | undefined {
    return this.#failure
  }

  readonly item = (value: unknown): boolean => {
    if (this.signal.aborted) return false
    try {
      if (!this.#channel.send({ kind: 'item', rid: this.#rid, number: this.#items, value })) return false
    } catch (error) {
      this.#failure = asSaltError(error)
      this.#controller.abort(this.#failure)
      return false
    }
    this.#items += 1
    return true
  }

  readonly offer = (value: unknown): boolean => !this.#channel.isCongested && this.item(value)

  readonly flush = (): void => this.#channel.flush()

  readonly relieved = (): Promise<void> => this.#channel.relieved()
}
