/**
 * How far a receiver is behind: the one thing that no transport tells. Each side tells the other how much of its data frames it
 * has taken in all; the sender knows what is still on the way.
 */
import { SaltError } from '../base/errors.ts'

/** The receiver speaks up after this many bytes. */
const tellAfter = 64 * 1024
/** A frame counts as its body and this: queues of a transport count frames, and many small ones fill them too. */
const frameCost = 1024

export class SendWindow {
  #sent = 0
  #taken = 0

  /** Bytes that the peer has not taken yet, as far as is known here. */
  get onTheWay(): number {
    return this.#sent - this.#taken
  }

  /** A frame with a body of this many bytes goes out. */
  add(bytes: number): void {
    this.#sent += bytes + frameCost
  }

  /** What the peer has told. Throws `bad-frame` when that cannot be. */
  taken(total: unknown): void {
    if (typeof total !== 'number' || !(total >= this.#taken && total <= this.#sent)) {
      throw new SaltError('bad-frame', 'the peer says that it took what was never sent')
    }
    this.#taken = total
  }
}

export class ReceiveWindow {
  #received = 0
  #told = 0

  /** A frame with a body of this many bytes was taken: the total to tell the peer, when it is time to. */
  add(bytes: number): number | undefined {
    this.#received += bytes + frameCost
    if (this.#received - this.#told < tellAfter) return undefined
    this.#told = this.#received
    return this.#received
  }
}
