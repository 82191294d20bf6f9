/** The old encryption of ZIP files. It is weak, and what every ZIP program knows. */
import { Transform } from 'node:stream'
import { SaltError } from '../../../base/errors.ts'

const headerLength = 12

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

function nextCrc(crc: number, byte: number): number {
  return ((crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] ?? 0)) >>> 0
}

/** Fails with `execution-failed` when the password is wrong; one wrong password in 256 is found by the checksum only. */
export class ZipDecryption extends Transform {
  readonly #name: string
  readonly #check: number
  #keys: readonly [number, number, number] = [0x12345678, 0x23456789, 0x34567890]
  #seen = 0

  /** `check` is what the last byte of the header must be. */
  constructor(name: string, password: string, check: number) {
    super()
    this.#name = name
    this.#check = check & 0xff
    for (const byte of Buffer.from(password)) this.#mix(byte)
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null, data?: Buffer) => void,
  ): void {
    const plain = Buffer.from(chunk)
    for (let at = 0; at < plain.length; at++) {
      const byte = (plain[at] ?? 0) ^ this.#mask()
      this.#mix(byte)
      plain[at] = byte
      if (++this.#seen === headerLength && byte !== this.#check) {
        done(new SaltError('execution-failed', `Bad password for file '${this.#name}'`))
        return
      }
    }
    const headerLeft = Math.max(0, headerLength - (this.#seen - plain.length))
    done(null, plain.subarray(headerLeft))
  }

  #mask(): number {
    const low = (this.#keys[2] & 0xffff) | 2
    return (Math.imul(low, low ^ 1) >>> 8) & 0xff
  }

  #mix(byte: number): void {
    const first = nextCrc(this.#keys[0], byte)
    const second = (Math.imul((this.#keys[1] + (first & 0xff)) >>> 0, 134775813) + 1) >>> 0
    this.#keys = [first, second, nextCrc(this.#keys[2], second >>> 24)]
  }
}
