import { maximumDepth } from '../base/msgpack-limits.ts'
import { PackedScan } from '../base/msgpack-scan.ts'

/** The pairs of a packed mapping, without its head. */
export interface PackedPairs {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Where the events of a list lie. Numbers only: there are very many of them, for a moment each. */
export class PackedEvents {
  readonly tagFrom: number[] = []
  readonly tagTo: number[] = []
  readonly pairs: number[] = []
  readonly pairsFrom: number[] = []
  readonly pairsTo: number[] = []

  get count(): number {
    return this.tagFrom.length
  }
}

const tagKey = Buffer.from([0x82, 0xa3, ...Buffer.from('tag')])
const dataKey = Buffer.from([0xa4, ...Buffer.from('data')])
const stampKey = Buffer.from([0xa6, ...Buffer.from('_stamp')])
const newline = 0x0a

/**
 * The events of a packed list of `{tag, data}`, each of which can be passed on as it is; undefined where it holds anything that is unusual or
 * wrong.
 */
export function packedEventsIn(list: Buffer, longestTag: number, largestData: number): PackedEvents | undefined {
  const scan = new PackedScan(list)
  const count = scan.skipArrayHead()
  if (count < 0 || count > list.byteLength) return undefined
  const events = new PackedEvents()
  for (let index = 0; index < count; index++) {
    if (!addEvent(events, scan, longestTag, largestData)) return undefined
  }
  return scan.isAtEnd ? events : undefined
}

/** The pairs of the mapping that begins there and is the last of the bytes; undefined as above. */
export function packedPairsIn(bytes: Buffer, start: number): PackedPairs | undefined {
  const scan = new PackedScan(bytes, start)
  const count = scan.skipMappingHead()
  const from = scan.position
  if (!skipPairs(scan, count) || !scan.isAtEnd) return undefined
  return { from, to: scan.position, count }
}

function addEvent(events: PackedEvents, scan: PackedScan, longestTag: number, largestData: number): boolean {
  if (!scan.skipBytes(tagKey)) return false
  const length = scan.skipTextHead()
  // As many bytes are at most as many characters.
  if (length <= 0 || length > longestTag) return false
  const tagFrom = scan.position
  const tagTo = tagFrom + length
  for (let index = tagFrom; index < tagTo; index++) if (scan.bytes[index] === newline) return false
  scan.position = tagTo
  if (!scan.skipBytes(dataKey)) return false
  const dataFrom = scan.position
  const pairs = scan.skipMappingHead()
  const pairsFrom = scan.position
  if (!skipPairs(scan, pairs) || scan.position - dataFrom > largestData) return false
  events.tagFrom.push(tagFrom)
  events.tagTo.push(tagTo)
  events.pairs.push(pairs)
  events.pairsFrom.push(pairsFrom)
  events.pairsTo.push(scan.position)
  return true
}

/** Not where one of them is `_stamp`: there is to be one only. */
function skipPairs(scan: PackedScan, count: number): boolean {
  if (count < 0 || count > scan.bytes.byteLength) return false
  for (let index = 0; index < count; index++) {
    if (scan.isAt(stampKey) || !scan.skipKey() || !scan.skipValue(maximumDepth - 1)) return false
  }
  return true
}
