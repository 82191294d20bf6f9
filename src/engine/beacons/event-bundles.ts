import { pack } from '../../base/msgpack.ts'
import type { FiredEvent } from './beacons.ts'

/** Cut so that each bundle has so many bytes at most; an event that is larger, or cannot be packed, goes alone and hinders no other. */
export function bundled(events: readonly FiredEvent[], maximumBytes: number): readonly (readonly FiredEvent[])[] {
  const bundles: FiredEvent[][] = []
  let room = 0
  for (const event of events) {
    const bytes = sizeOf(event, maximumBytes)
    const last = bundles.at(-1)
    if (last === undefined || bytes > room) {
      bundles.push([event])
      room = maximumBytes - bytes
    } else {
      last.push(event)
      room -= bytes
    }
  }
  return bundles
}

function sizeOf(event: FiredEvent, unpackable: number): number {
  try {
    return pack(event).length
  } catch {
    return unpackable
  }
}
