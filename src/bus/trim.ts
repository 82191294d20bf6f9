import { pack } from '../base/msgpack.ts'
import { isRecord } from '../base/narrow.ts'
import type { EventData } from './event.ts'
import { approximateSize } from './size.ts'

/** What Salt puts in the place of a value that is too large. */
const marker = 'VALUE_TRIMMED'
const markerSize = marker.length + 3
/** Levels that are looked into for what is too large. */
const deepest = 8

/** In the place of data that cannot be trimmed. */
export const nothingLeft: EventData = { oversized: true, message: marker }

/**
 * The data, packed, with a marker in the place of its largest values where it is larger than `limit` bytes, or of those that cannot be sent;
 * `oversized` is true then. What is small stays.
 */
export function packTrimmed(data: EventData, limit: number): Buffer {
  const whole = packWithin(data, limit)
  if (whole !== undefined) return whole
  const trimmed = packWithin({ ...trimMapping(data, limit - 2 * markerSize), oversized: true }, limit)
  return trimmed ?? pack(nothingLeft)
}

/** Undefined: larger than the limit, or nothing that can be sent. */
function packWithin(data: EventData, limit: number): Buffer | undefined {
  try {
    const packed = pack(data)
    return packed.byteLength > limit ? undefined : packed
  } catch {
    return undefined
  }
}

/** The smallest stay; a mapping that does not fit is trimmed itself, anything else makes room for the marker. */
function trimMapping(data: EventData, limit: number, level = 0): EventData {
  const sized = Object.entries(data).map(([key, value]) => ({ key, value, size: approximateSize(value, limit) }))
  let room = limit - sized.reduce((sum, { key }) => sum + key.length + markerSize, 0)
  const result: Record<string, unknown> = { ...data }
  for (const { key, value, size } of sized.sort((left, right) => left.size - right.size)) {
    const more = Math.max(0, size - markerSize)
    if (more <= room) {
      room -= more
    } else if (isRecord(value) && Number.isFinite(size) && room > 0 && level < deepest) {
      result[key] = trimMapping(value, room, level + 1)
      room = 0
    } else result[key] = marker
  }
  return result
}
