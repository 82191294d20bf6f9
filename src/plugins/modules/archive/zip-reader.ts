/** Reads ZIP files: the list of members, and the content of each as a stream. */
import * as fs from 'node:fs'
import { type Duplex, pipeline, Readable, Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { SaltError } from '../../../base/errors.ts'
import { ZipDecryption } from './zip-decryption.ts'
import * as format from './zip-format.ts'

export interface ZipEntry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  /** Of its local header. */
  readonly offset: number
  /** File type and permissions; 0 where the archive does not tell them. */
  readonly mode: number
  /** Time of last change as DOS kept it; a check of the password uses it. */
  readonly time: number
}

export function isEncrypted(entry: ZipEntry): boolean {
  return (entry.flags & format.flagEncrypted) !== 0
}

export function isFolder({ name, mode }: ZipEntry): boolean {
  return name.endsWith('/') || (mode & format.kindMask) === format.folderMode
}

export function isLink({ mode }: ZipEntry): boolean {
  return (mode & format.kindMask) === format.linkMode
}

/** The end record is followed by a comment of up to 65535 bytes. */
const endLength = 22

export class ZipFile implements Disposable {
  readonly entries: readonly ZipEntry[]
  readonly #path: string
  readonly #descriptor: number
  readonly #size: number

  /** Throws what Node throws where the file cannot be read, and `execution-failed` where it is no ZIP file. */
  constructor(path: string) {
    this.#path = path
    this.#descriptor = fs.openSync(path, 'r')
    try {
      this.#size = fs.fstatSync(this.#descriptor).size
      this.entries = this.#readDirectory()
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor)
  }

  /** The content. The stream fails for a wrong password, a wrong checksum, or more bytes than were promised. */
  content(entry: ZipEntry, password: string | undefined): Readable {
    const header = this.#read(entry.offset, 30)
    if (header.readUInt32LE(0) !== format.localSignature) throw this.#damaged(`the header of ${entry.name} is wrong`)
    const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
    if (start + entry.compressedSize > this.#size) throw this.#damaged(`${entry.name} is cut off`)
    const raw =
      entry.compressedSize === 0
        ? Readable.from([])
        : fs.createReadStream(this.#path, { start, end: start + entry.compressedSize - 1 })
    const steps: Duplex[] = []
    if (isEncrypted(entry)) steps.push(this.#decryption(entry, password))
    const expansion = this.#expansion(entry)
    if (expansion !== undefined) steps.push(expansion)
    const checked = new CheckedContent(entry)
    pipeline([raw, ...steps, checked], () => {})
    return checked
  }

  #decryption(entry: ZipEntry, password: string | undefined): Duplex {
    if (password === undefined) {
      throw new SaltError('execution-failed', `File '${entry.name}' is encrypted, password required for extraction`)
    }
    const check = (entry.flags & format.flagDescriptor) !== 0 ? entry.time >> 8 : entry.crc >>> 24
    return new ZipDecryption(entry.name, password, check)
  }

  #expansion({ method, name }: ZipEntry): Duplex | undefined {
    if (method === format.stored) return undefined
    if (method === format.deflated) return zlib.createInflateRaw()
    if (method === format.zstandard) return zlib.createZstdDecompress()
    throw new SaltError(
      'execution-failed',
      `${name} in ${this.#path} is compressed in a way (${method}) that is not known.`,
      {
        hint: 'archive.cmd_unzip may know it.',
      },
    )
  }

  #readDirectory(): readonly ZipEntry[] {
    const { count, offset, length } = this.#findDirectory()
    if (offset + length > this.#size) throw this.#notZip()
    const bytes = this.#read(offset, length)
    const entries: ZipEntry[] = []
    for (let at = 0; entries.length < count; ) {
      if (at + 46 > length || bytes.readUInt32LE(at) !== format.centralSignature)
        throw this.#damaged('its list is cut off')
      const lengths = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32)] as const
      const end = at + 46 + lengths[0] + lengths[1] + lengths[2]
      if (end > length) throw this.#damaged('its list is cut off')
      entries.push(readEntry(bytes.subarray(at, end), lengths[0], lengths[1]))
      at = end
    }
    return entries
  }

  #findDirectory(): { readonly count: number; readonly offset: number; readonly length: number } {
    const tailLength = Math.min(this.#size, endLength + format.most16)
    const tailStart = this.#size - tailLength
    const tail = this.#read(tailStart, tailLength)
    let at = tailLength - endLength
    while (at >= 0 && tail.readUInt32LE(at) !== format.endSignature) at--
    if (at < 0) throw this.#notZip()
    const count = tail.readUInt16LE(at + 10)
    const length = tail.readUInt32LE(at + 12)
    const offset = tail.readUInt32LE(at + 16)
    if (count !== format.most16 && length !== format.most32 && offset !== format.most32)
      return { count, offset, length }
    const locator = tailStart + at - 20
    if (locator < 0) return { count, offset, length }
    const pointer = this.#read(locator, 20)
    if (pointer.readUInt32LE(0) !== format.locator64Signature) return { count, offset, length }
    const record = this.#read(Number(pointer.readBigUInt64LE(8)), 56)
    if (record.readUInt32LE(0) !== format.end64Signature) throw this.#damaged('its end is not what it should be')
    const [count64, length64, offset64] = [32, 40, 48].map((place) => Number(record.readBigUInt64LE(place)))
    return { count: count64 ?? 0, length: length64 ?? 0, offset: offset64 ?? 0 }
  }

  #read(position: number, length: number): Buffer {
    if (position < 0 || position + length > this.#size) throw this.#notZip()
    const bytes = Buffer.alloc(length)
    fs.readSync(this.#descriptor, bytes, 0, length, position)
    return bytes
  }

  #notZip(): SaltError {
    return new SaltError('execution-failed', `${this.#path} is not a ZIP file`)
  }

  #damaged(reason: string): SaltError {
    return new SaltError('execution-failed', `${this.#path} is damaged: ${reason}`)
  }
}

function readEntry(bytes: Buffer, nameLength: number, extraLength: number): ZipEntry {
  const flags = bytes.readUInt16LE(8)
  const sizes = { size: bytes.readUInt32LE(24), compressedSize: bytes.readUInt32LE(20), offset: bytes.readUInt32LE(42) }
  readZip64(bytes.subarray(46 + nameLength, 46 + nameLength + extraLength), sizes)
  return {
    name: format.decodeName(bytes.subarray(46, 46 + nameLength), (flags & format.flagUtf8) !== 0),
    flags,
    method: bytes.readUInt16LE(10),
    time: bytes.readUInt16LE(12),
    crc: bytes.readUInt32LE(16),
    mode: bytes.readUInt32LE(38) >>> 16,
    ...sizes,
  }
}

/** Values that do not fit into 32 bits stand in a field of their own, in a fixed order. */
function readZip64(extra: Buffer, sizes: { size: number; compressedSize: number; offset: number }): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== format.zip64Field) continue
    let place = at + 4
    for (const name of ['size', 'compressedSize', 'offset'] as const) {
      if (sizes[name] !== format.most32 || place + 8 > extra.length) continue
      sizes[name] = Number(extra.readBigUInt64LE(place))
      place += 8
    }
    return
  }
}

/** Passes the content on and compares it with what the list says. */
class CheckedContent extends Transform {
  readonly #entry: ZipEntry
  #crc = 0
  #size = 0

  constructor(entry: ZipEntry) {
    super()
    this.#entry = entry
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null, data?: Buffer) => void,
  ): void {
    this.#crc = zlib.crc32(chunk, this.#crc)
    this.#size += chunk.length
    if (this.#size > this.#entry.size) done(this.#fault('is larger than the archive says'))
    else done(null, chunk)
  }

  override _flush(done: (error?: Error | null) => void): void {
    done(this.#crc === this.#entry.crc ? null : this.#fault('has a wrong checksum (CRC-32)'))
  }

  #fault(reason: string): SaltError {
    return new SaltError('execution-failed', `File '${this.#entry.name}' ${reason}`)
  }
}
