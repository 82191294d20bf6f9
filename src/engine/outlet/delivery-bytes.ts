/** Deliveries as bytes, for the spool of an outlet. */
import { SaltError } from '../../base/errors.ts'
import { maximumDepth, pack, unpack } from '../../base/msgpack.ts'
import { asRecord } from '../../base/narrow.ts'
import type { Delivery } from '../returner.ts'

/** What goes over a bus may have as many levels as a record; here it is two levels further down. */
const depth = maximumDepth + 2

/** Throws `bad-arguments` for what is no plain data. */
export function packDelivery(delivery: Delivery): Uint8Array {
  return pack(delivery, depth)
}

/** Throws `bad-frame` for bytes that hold no delivery. */
export function unpackDelivery(bytes: Uint8Array): Delivery {
  const delivery = asRecord(unpack(bytes, depth))
  const { kind } = delivery
  const content = kind === 'return' ? delivery.ret : kind === 'event' ? delivery.event : kind === 'job' && delivery.job
  if (typeof content !== 'object' || content === null) throw new SaltError('bad-frame', 'these bytes hold no delivery')
  return delivery as unknown as Delivery
}
