export interface BufferState {
  /** Within an epoch no number is given twice. */
  readonly epoch: number
  /** The minion knows that all up to this number have been taken. */
  readonly acknowledged: number
}

interface Epoch {
  readonly epoch: number
  last: number
}

/** A minion begins a new epoch with a new file; what is sent of an old one afterwards is the rest of it. */
const epochsKept = 4
const minionsKept = 100_000

/** Which records of the minions' buffers have come: for those that are sent again, and for those that never come. */
export class SeenRecords {
  readonly #minions = new Map<string, Epoch[]>()

  /** Takes note of a record: `seen` where it came before, else how many between it and the one before are missing. */
  add(id: string, { seq, ...state }: BufferState & { readonly seq: number }): 'seen' | number {
    const last = this.last(id, state)
    if (seq <= last) return 'seen'
    this.#of(id, state.epoch).last = seq
    return seq - last - 1
  }

  /** The number that came last. */
  last(id: string, { epoch, acknowledged }: BufferState): number {
    return Math.max(this.#of(id, epoch).last, acknowledged)
  }

  #of(id: string, epoch: number): Epoch {
    const epochs = this.#minions.get(id) ?? this.#begin(id)
    const known = epochs.find((one) => one.epoch === epoch)
    if (known !== undefined) return known
    const begun = { epoch, last: 0 }
    epochs.push(begun)
    if (epochs.length > epochsKept) epochs.shift()
    return begun
  }

  #begin(id: string): Epoch[] {
    const [oldest] = this.#minions.keys()
    if (oldest !== undefined && this.#minions.size >= minionsKept) this.#minions.delete(oldest)
    const epochs: Epoch[] = []
    this.#minions.set(id, epochs)
    return epochs
  }
}
