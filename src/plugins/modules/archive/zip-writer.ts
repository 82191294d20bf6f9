/** Writes ZIP files: every file is compressed by deflate, folders are members of their own. */
import * as fs from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { SaltError } from '../../../base/errors.ts'
import * as format from './zip-format.ts'

interface Written {
  readonly name: Buffer
  readonly flags: number
  readonly method: number
  readonly date: number
  readonly time: number
  readonly mode: number
  readonly isFolder: boolean
  readonly offset: number
  crc: number
  compressedSize: number
  size: number
}

/** Length of the field that holds sizes of 64 bits in a local header. */
const localFieldLength = 20

export class ZipWriter implements Disposable {
  readonly #descriptor: number
  readonly #zip64: boolean
  readonly #members: Written[] = []
  #position = 0

  /** Replaces the file. With `zip64`, members may be larger than 4 GiB. Throws what Node throws. */
  constructor(path: string, zip64: boolean) {
    this.#descriptor = fs.openSync(path, 'w')
    this.#zip64 = zip64
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor)
  }

  addFolder(name: string, status: fs.Stats): void {
    const member = this.#begin(name, status, format.stored)
    this.#patch(member)
  }

  async addFile(name: string, path: string, status: fs.Stats, signal: AbortSignal): Promise<void> {
    const member = this.#begin(name, status, format.deflated)
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        member.crc = zlib.crc32(chunk, member.crc)
        member.size += chunk.length
        done(null, chunk)
      },
    })
    await pipeline(
      fs.createReadStream(path),
      count,
      zlib.createDeflateRaw(),
      async (compressed: AsyncIterable<Buffer>) => {
        for await (const chunk of compressed) {
          this.#write(chunk)
          member.compressedSize += chunk.length
        }
      },
      { signal },
    )
    this.#patch(member)
  }

  /** Writes the list of members; the archive is no archive before. */
  finish(): void {
    const start = this.#position
    for (const member of this.#members) this.#write(this.#centralRecord(member))
    const length = this.#position - start
    const count = this.#members.length
    if (this.#zip64) this.#write(end64Records(count, length, start))
    else if (count >= format.most16) throw tooLarge('more than 65534 members')
    const end = Buffer.alloc(22)
    end.writeUInt32LE(format.endSignature, 0)
    end.writeUInt16LE(Math.min(count, format.most16), 8)
    end.writeUInt16LE(Math.min(count, format.most16), 10)
    end.writeUInt32LE(this.#fitting(length), 12)
    end.writeUInt32LE(this.#fitting(start), 16)
    this.#write(end)
  }

  #begin(name: string, status: fs.Stats, method: number): Written {
    const bytes = Buffer.from(name)
    const flags = bytes.length === name.length ? 0 : format.flagUtf8
    const isFolder = name.endsWith('/')
    const member: Written = {
      name: bytes,
      flags,
      method,
      ...format.dosTime(status.mtime),
      mode: status.mode,
      isFolder,
      offset: this.#position,
      crc: 0,
      compressedSize: 0,
      size: 0,
    }
    this.#members.push(member)
    // What it is to hold is known when the content has been written.
    this.#write(this.#localHeader(member))
    return member
  }

  #patch(member: Written): void {
    const header = this.#localHeader(member)
    fs.writeSync(this.#descriptor, header, 0, header.length, member.offset)
  }

  #localHeader(member: Written): Buffer {
    const header = Buffer.alloc(30)
    header.writeUInt32LE(format.localSignature, 0)
    this.#common(member).copy(header, 4)
    if (!this.#zip64) return Buffer.concat([header, member.name])
    header.writeUInt32LE(format.most32, 18)
    header.writeUInt32LE(format.most32, 22)
    header.writeUInt16LE(localFieldLength, 28)
    return Buffer.concat([header, member.name, zip64Field([member.size, member.compressedSize])])
  }

  #centralRecord(member: Written): Buffer {
    const record = Buffer.alloc(46)
    const extra = this.#zip64 ? zip64Field([member.size, member.compressedSize, member.offset]) : Buffer.alloc(0)
    record.writeUInt32LE(format.centralSignature, 0)
    // Made on Unix, so that the mode counts.
    record.writeUInt16LE((3 << 8) | 45, 4)
    this.#common(member).copy(record, 6)
    record.writeUInt16LE(extra.length, 30)
    record.writeUInt32LE(((member.mode << 16) | (member.isFolder ? 0x10 : 0)) >>> 0, 38)
    record.writeUInt32LE(this.#zip64 ? format.most32 : this.#fitting(member.offset), 42)
    if (this.#zip64) {
      record.writeUInt32LE(format.most32, 20)
      record.writeUInt32LE(format.most32, 24)
    }
    return Buffer.concat([record, member.name, extra])
  }

  /** The part that local header and central record share: from the version to the length of the name. */
  #common(member: Written): Buffer {
    const part = Buffer.alloc(24)
    part.writeUInt16LE(this.#zip64 ? 45 : 20, 0)
    part.writeUInt16LE(member.flags, 2)
    part.writeUInt16LE(member.method, 4)
    part.writeUInt16LE(member.time, 6)
    part.writeUInt16LE(member.date, 8)
    part.writeUInt32LE(member.crc, 10)
    part.writeUInt32LE(this.#fitting(member.compressedSize), 14)
    part.writeUInt32LE(this.#fitting(member.size), 18)
    part.writeUInt16LE(member.name.length, 22)
    return part
  }

  #fitting(value: number): number {
    if (value < format.most32) return value
    if (!this.#zip64) throw tooLarge('more than 4 GiB')
    return format.most32
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; )
      at += fs.writeSync(this.#descriptor, bytes, at, bytes.length - at, this.#position + at)
    this.#position += bytes.length
  }
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length)
  field.writeUInt16LE(format.zip64Field, 0)
  field.writeUInt16LE(8 * values.length, 2)
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * index)
  return field
}

function end64Records(count: number, length: number, start: number): Buffer {
  const records = Buffer.alloc(56 + 20)
  records.writeUInt32LE(format.end64Signature, 0)
  records.writeBigUInt64LE(44n, 4)
  records.writeUInt16LE((3 << 8) | 45, 12)
  records.writeUInt16LE(45, 14)
  records.writeBigUInt64LE(BigInt(count), 24)
  records.writeBigUInt64LE(BigInt(count), 32)
  records.writeBigUInt64LE(BigInt(length), 40)
  records.writeBigUInt64LE(BigInt(start), 48)
  records.writeUInt32LE(format.locator64Signature, 56)
  records.writeBigUInt64LE(BigInt(start + length), 64)
  records.writeUInt32LE(1, 72)
  return records
}

function tooLarge(what: string): SaltError {
  return new SaltError('execution-failed', `The archive would hold ${what}, which takes ZIP64 extensions.`, {
    hint: 'Call archive.zip with zip64=true.',
  })
}
