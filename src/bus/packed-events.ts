import { maximumDepth } from '../base/msgpack-limits.ts'
import { PackedScan } from '../base/msgpack-scan.ts'

/** The pairs of a packed mapping, without its head. */
export interface PackedPairs {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Where the events of a list lie. Numbers only: there are very many of them, for a moment each. */
export interface PackedEvents {
  readonly count: number
  /** For each event `eventFields` numbers: where its tag begins and ends, number of its pairs, where they begin and end. */
  readonly places: Uint32Array
}

export const eventFields = 5
/** Bytes of the smallest event. */
const smallestEvent = 13

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
  if (count < 0 || count * smallestEvent > list.byteLength) return undefined
  const places = new Uint32Array(count * eventFields)
  for (let index = 0; index < count; index++) {
    if (!findEvent(places, index * eventFields, scan, longestTag, largestData)) return undefined
  }
  return scan.isAtEnd ? { count, places } : undefined
}

/** The pairs of the mapping that begins there and is the last of the bytes; undefined as above. */
export function packedPairsIn(bytes: Buffer, start: number): PackedPairs | undefined {
  const scan = new PackedScan(bytes, start)
  const count = scan.skipMappingHead()
  const from = scan.position
  if (!skipPairs(scan, count) || !scan.isAtEnd) return undefined
  return { from, to: scan.position, count }
}

function findEvent(
  places: Uint32Array,
  at: number,
  scan: PackedScan,
  longestTag: number,
  largestData: number,
): boolean {
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
  places[at] = tagFrom
  places[at + 1] = tagTo
  places[at + 2] = pairs
  places[at + 3] = pairsFrom
  places[at + 4] = scan.position
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
