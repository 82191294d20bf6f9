/** The frame: a 24-byte header, all of it associated data of the sealed body that follows (docs/wire-protocol.md). */
import { SaltError } from '../base/errors.ts'

export const headerLength = 24
export const protocolVersion = 1
const magic = 0x5a17

export const frameTypes = {
  handshake1: 1,
  handshake2: 2,
  handshake3: 3,
  /** Unsealed word of a server that does not go on: busy, or a session that it does not know. */
  refusal: 4,
  data: 5,
  control: 6,
  bulk: 7,
  hello: 16,
  helloAnswer: 17,
} as const

export type FrameType = (typeof frameTypes)[keyof typeof frameTypes]
const knownTypes: ReadonlySet<number> = new Set(Object.values(frameTypes))

/** Frames that come before keys exist are small. */
export const largestOpenFrame = 4096
/** Header, tag and 1 MiB. */
export const largestFrame = 1024 * 1024 + 64

export interface Frame {
  readonly type: FrameType
  readonly session: bigint
  readonly counter: bigint
  /** The whole header: the associated data of the body. */
  readonly header: Buffer
  readonly body: Buffer
}

export function encodeHeader(type: FrameType, session: bigint, counter: bigint): Buffer {
  const header = Buffer.allocUnsafe(headerLength)
  header.writeUInt16BE(magic, 0)
  header.writeUInt8(protocolVersion, 2)
  header.writeUInt8(type, 3)
  header.writeUInt32BE(0, 4)
  header.writeBigUInt64BE(session, 8)
  header.writeBigUInt64BE(counter, 16)
  return header
}

export function encodeFrame(type: FrameType, session: bigint, counter: bigint, body: Uint8Array): Buffer {
  return Buffer.concat([encodeHeader(type, session, counter), body])
}

export type FrameFault = 'truncated' | 'bad-magic' | 'unknown-version' | 'unknown-type' | 'oversized'

export class FrameError extends SaltError {
  readonly fault: FrameFault

  constructor(fault: FrameFault, message: string) {
    super('bad-frame', message)
    this.fault = fault
  }
}

/** Reads the header; the body stays sealed. Throws FrameError, and nothing else. */
export function decodeFrame(bytes: Buffer): Frame {
  if (bytes.byteLength < headerLength) throw new FrameError('truncated', 'a frame is shorter than its header')
  if (bytes.readUInt16BE(0) !== magic) throw new FrameError('bad-magic', 'bytes that are not a frame')
  if (bytes.readUInt8(2) !== protocolVersion) {
    throw new FrameError(
      'unknown-version',
      `a frame of protocol version ${bytes.readUInt8(2)}; this program speaks ${protocolVersion}`,
    )
  }
  const type = bytes.readUInt8(3)
  if (!isFrameType(type)) throw new FrameError('unknown-type', `a frame of the unknown type ${type}`)
  const limit =
    type === frameTypes.data || type === frameTypes.control || type === frameTypes.bulk
      ? largestFrame
      : largestOpenFrame
  if (bytes.byteLength > limit) throw new FrameError('oversized', `a frame of ${bytes.byteLength} bytes`)
  return {
    type,
    session: bytes.readBigUInt64BE(8),
    counter: bytes.readBigUInt64BE(16),
    header: bytes.subarray(0, headerLength),
    body: bytes.subarray(headerLength),
  }
}

function isFrameType(type: number): type is FrameType {
  return knownTypes.has(type)
}
