import { pack } from '../base/msgpack.ts'
import { PackedScan } from '../base/msgpack-scan.ts'

export interface PackedCall {
  readonly rid: number
  readonly method: string
  readonly params: Buffer
}

const head = Buffer.concat([Buffer.of(0x84), pack('kind'), pack('call'), pack('rid')])
const methodKey = pack('method')
const paramsKey = pack('params')

/** A call in the form in which `RpcPeer` writes it, its parameters not looked at; undefined for every other record. */
export function packedCall(record: Buffer): PackedCall | undefined {
  const scan = new PackedScan(record)
  if (!scan.skipBytes(head)) return undefined
  const rid = scan.skipCount()
  if (rid <= 0 || !scan.skipBytes(methodKey)) return undefined
  const length = scan.skipTextHead()
  if (length < 0) return undefined
  const method = record.toString('utf8', scan.position, scan.position + length)
  scan.position += length
  if (!scan.skipBytes(paramsKey)) return undefined
  return { rid, method, params: record.subarray(scan.position) }
}
