import { type Packed, unpack } from '../base/msgpack.ts'
import { maximumWrappedDepth } from '../base/msgpack-limits.ts'
import type { BusEvent } from './event.ts'

/** Events as a subscriber gets them: packed for whoever passes them on, and unpacked for whoever looks at them, once for all. */
export class EventBatch {
  readonly count: number
  /** Numbers of the first and of the last event. */
  readonly firstSeq: number
  readonly lastSeq: number
  /** `{events: […]}`. */
  readonly packed: Packed
  #events: readonly BusEvent[] | undefined

  constructor(
    packed: Packed,
    { count, firstSeq, lastSeq }: { readonly count: number; readonly firstSeq: number; readonly lastSeq: number },
  ) {
    this.packed = packed
    this.count = count
    this.firstSeq = firstSeq
    this.lastSeq = lastSeq
  }

  get events(): readonly BusEvent[] {
    this.#events ??= (unpack(this.packed.bytes, maximumWrappedDepth) as { events: readonly BusEvent[] }).events
    return this.#events
  }
}
