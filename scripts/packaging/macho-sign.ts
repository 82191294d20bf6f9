/**
 * Ad-hoc signature of a 64-bit Mach-O executable: macOS on ARM starts nothing without one, and adding the program to Node's
 * executable breaks the one that it has.
 *
 * The signature is a SuperBlob with one CodeDirectory: SHA-256 of each 4 KiB page of everything before it (Apple's
 * `cs_blobs.h`). It vouches for nobody; it only lets the file start.
 */
import { createHash } from 'node:crypto'

const magic64 = 0xfeedfacf
const segmentCommand = 0x19
const signatureCommand = 0x1d
const signatureCommandSize = 16
const headerSize = 32
const pageSize = 4096
const segmentAlignment = 0x4000

const superBlobMagic = 0xfade0cc0
const codeDirectoryMagic = 0xfade0c02
/** Version that has the execSeg fields. */
const codeDirectoryVersion = 0x20400
const codeDirectorySize = 88
const adHocFlag = 0x2
const mainBinaryFlag = 0x1
const sha256Type = 2
const sha256Size = 32

interface Segment {
  /** Offset of its load command. */
  readonly command: number
  readonly fileOffset: number
  readonly fileSize: number
}

interface Layout {
  readonly commandCount: number
  readonly commandSize: number
  readonly commandEnd: number
  readonly firstSection: number
  readonly segments: ReadonlyMap<string, Segment>
  /** The present signature: offset of its load command and of its data. */
  readonly signature: { readonly command: number; readonly start: number; readonly size: number } | undefined
}

/** Returns the signed copy of an executable. */
export function signMachO(file: Buffer, identifier: string): Buffer {
  const layout = readLayout(file)
  const linkEdit = segment(layout, '__LINKEDIT')
  const text = segment(layout, '__TEXT')
  for (const other of layout.segments.values()) {
    if (other.fileOffset > linkEdit.fileOffset) throw new Error('__LINKEDIT is not the last segment')
  }
  const limit = layout.signature?.start ?? align(linkEdit.fileOffset + linkEdit.fileSize, 16)
  const name = Buffer.from(`${identifier}\0`)
  const pages = Math.ceil(limit / pageSize)
  const directorySize = codeDirectorySize + name.length + pages * sha256Size
  const size = align(20 + directorySize, 16)
  const signed = Buffer.alloc(limit + size)
  file.copy(signed, 0, 0, Math.min(limit, file.length))
  announceSignature(signed, layout, limit, size)
  const linkEditSize = limit + size - linkEdit.fileOffset
  signed.writeBigUInt64LE(BigInt(align(linkEditSize, segmentAlignment)), linkEdit.command + 32)
  signed.writeBigUInt64LE(BigInt(linkEditSize), linkEdit.command + 48)
  writeSignature(signed, { limit, name, pages, directorySize, text })
  return signed
}

/** Whether each page has the digest that the file's own signature says, and the signature ends the file. */
export function machOSignatureFits(file: Buffer): boolean {
  const { signature } = readLayout(file)
  if (signature === undefined || signature.start + signature.size !== file.length) return false
  if (file.readUInt32BE(signature.start) !== superBlobMagic) return false
  const directory = signature.start + file.readUInt32BE(signature.start + 16)
  const digests = directory + file.readUInt32BE(directory + 16)
  const pages = file.readUInt32BE(directory + 28)
  const limit = file.readUInt32BE(directory + 32)
  if (limit !== signature.start) return false
  for (let page = 0; page < pages; page += 1) {
    const expected = file.subarray(digests + page * sha256Size, digests + (page + 1) * sha256Size)
    if (!pageDigest(file, page, limit).equals(expected)) return false
  }
  return true
}

function readLayout(file: Buffer): Layout {
  if (file.length < headerSize || file.readUInt32LE(0) !== magic64) throw new Error('not a 64-bit Mach-O file')
  const commandCount = file.readUInt32LE(16)
  const commandSize = file.readUInt32LE(20)
  const segments = new Map<string, Segment>()
  let signature: Layout['signature']
  let firstSection = Number.POSITIVE_INFINITY
  let offset = headerSize
  for (let index = 0; index < commandCount; index += 1) {
    const kind = file.readUInt32LE(offset)
    if (kind === segmentCommand) {
      segments.set(file.toString('latin1', offset + 8, offset + 24).replace(/\0.*$/s, ''), {
        command: offset,
        fileOffset: Number(file.readBigUInt64LE(offset + 40)),
        fileSize: Number(file.readBigUInt64LE(offset + 48)),
      })
      firstSection = Math.min(firstSection, firstSectionOf(file, offset))
    }
    if (kind === signatureCommand) {
      signature = { command: offset, start: file.readUInt32LE(offset + 8), size: file.readUInt32LE(offset + 12) }
    }
    offset += file.readUInt32LE(offset + 4)
  }
  return { commandCount, commandSize, commandEnd: offset, firstSection, segments, signature }
}

/** Lowest file offset of a segment's sections: the load commands may grow up to it. */
function firstSectionOf(file: Buffer, command: number): number {
  const count = file.readUInt32LE(command + 64)
  const offsets = Array.from({ length: count }, (_, index) => file.readUInt32LE(command + 72 + index * 80 + 48))
  return Math.min(Number.POSITIVE_INFINITY, ...offsets.filter((offset) => offset > 0))
}

function segment(layout: Layout, name: string): Segment {
  const found = layout.segments.get(name)
  if (found === undefined) throw new Error(`no segment ${name}`)
  return found
}

function announceSignature(file: Buffer, layout: Layout, start: number, size: number): void {
  let command = layout.signature?.command
  if (command === undefined) {
    command = layout.commandEnd
    if (command + signatureCommandSize > layout.firstSection) throw new Error('no room for another load command')
    file.writeUInt32LE(signatureCommand, command)
    file.writeUInt32LE(signatureCommandSize, command + 4)
    file.writeUInt32LE(layout.commandCount + 1, 16)
    file.writeUInt32LE(layout.commandSize + signatureCommandSize, 20)
  }
  file.writeUInt32LE(start, command + 8)
  file.writeUInt32LE(size, command + 12)
}

interface SignatureParts {
  /** Bytes that are signed; the signature starts there. */
  readonly limit: number
  readonly name: Buffer
  readonly pages: number
  readonly directorySize: number
  readonly text: Segment
}

function writeSignature(file: Buffer, parts: SignatureParts): void {
  const { limit, name, pages, directorySize, text } = parts
  let offset = limit
  const write32 = (...values: readonly number[]): void => {
    for (const value of values) offset = file.writeUInt32BE(value, offset)
  }
  const write64 = (...values: readonly number[]): void => {
    for (const value of values) offset = file.writeBigUInt64BE(BigInt(value), offset)
  }
  // SuperBlob: length, one blob, of type CodeDirectory (0), 20 bytes on.
  write32(superBlobMagic, 20 + directorySize, 1, 0, 20)
  write32(codeDirectoryMagic, directorySize, codeDirectoryVersion, adHocFlag)
  // Offsets of the digests and of the identifier, no special slots, digests, limit.
  write32(codeDirectorySize + name.length, codeDirectorySize, 0, pages, limit)
  file.set([sha256Size, sha256Type, 0, Math.log2(pageSize)], offset)
  offset += 4
  // No scatter, no team, limit fits 32 bits.
  write32(0, 0, 0, 0)
  write64(0, text.fileOffset, text.fileSize, mainBinaryFlag)
  offset += name.copy(file, offset)
  for (let page = 0; page < pages; page += 1) offset += pageDigest(file, page, limit).copy(file, offset)
}

function pageDigest(file: Buffer, page: number, limit: number): Buffer {
  const end = Math.min((page + 1) * pageSize, limit)
  return createHash('sha256')
    .update(file.subarray(page * pageSize, end))
    .digest()
}

function align(value: number, step: number): number {
  return Math.ceil(value / step) * step
}
