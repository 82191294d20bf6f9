import { maximumDepth } from '../base/msgpack-limits.ts'
import { PackedScan } from '../base/msgpack-scan.ts'

/** Where bytes lie. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The pairs of a packed mapping, without its head. */
export interface PackedPairs extends Range {
  readonly count: number
  /** Whether one of them is `_stamp`. */
  readonly isStamped: boolean
}

export interface PackedEvent {
  readonly tag: Range
  readonly pairs: PackedPairs
}

const tagKey = Buffer.from([0x82, 0xa3, ...Buffer.from('tag')])
const dataKey = Buffer.from([0xa4, ...Buffer.from('data')])
const stampKey = Buffer.from([0xa6, ...Buffer.from('_stamp')])
const newline = 0x0a

/** Finds events in bytes. What it finds can be passed on as it is; of anything unusual it finds nothing. */
export const PackedEvents = {
  /** The events of a packed list of `{tag, data}`; undefined where it holds anything but events that are well. */
  in(list: Buffer, longestTag: number, largestData: number): readonly PackedEvent[] | undefined {
    const scan = new PackedScan(list)
    const count = scan.skipArrayHead()
    if (count < 0 || count > list.byteLength) return undefined
    const events: PackedEvent[] = []
    for (let index = 0; index < count; index++) {
      const event = nextEvent(scan, longestTag, largestData)
      if (event === undefined) return undefined
      events.push(event)
    }
    return scan.isAtEnd ? events : undefined
  },

  /** The pairs of the mapping that begins there and is the last of the bytes. */
  pairsOf(bytes: Buffer, from: number): PackedPairs | undefined {
    const scan = new PackedScan(bytes, from)
    const pairs = nextPairs(scan)
    return scan.isAtEnd ? pairs : undefined
  },
}

function nextEvent(scan: PackedScan, longestTag: number, largestData: number): PackedEvent | undefined {
  if (!scan.skipBytes(tagKey)) return undefined
  const length = scan.skipTextHead()
  // As many bytes are at most as many characters.
  if (length <= 0 || length > longestTag) return undefined
  const tag = { from: scan.position, to: scan.position + length }
  for (let index = tag.from; index < tag.to; index++) if (scan.bytes[index] === newline) return undefined
  scan.position = tag.to
  if (!scan.skipBytes(dataKey)) return undefined
  const start = scan.position
  const pairs = nextPairs(scan)
  if (pairs === undefined || pairs.isStamped || scan.position - start > largestData) return undefined
  return { tag, pairs }
}

function nextPairs(scan: PackedScan): PackedPairs | undefined {
  const count = scan.skipMappingHead()
  if (count < 0 || count > scan.bytes.byteLength) return undefined
  const from = scan.position
  let isStamped = false
  for (let index = 0; index < count; index++) {
    const keyAt = scan.position
    if (!scan.skipKey()) return undefined
    if (scan.position - keyAt === stampKey.byteLength && isStampKey(scan.bytes, keyAt)) isStamped = true
    if (!scan.skipValue(maximumDepth - 1)) return undefined
  }
  return { from, to: scan.position, count, isStamped }
}

function isStampKey(bytes: Buffer, at: number): boolean {
  return stampKey.every((byte, index) => bytes[at + index] === byte)
}
