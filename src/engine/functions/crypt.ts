/**
 * Hashes of passwords as `crypt(3)` makes them: SHA-crypt (Drepper's specification) and MD5-crypt (FreeBSD's).
 *
 * Both mix password and salt into a first digest, hash it again for thousands of rounds, and write the bytes in an order and an
 * alphabet of their own.
 */
import { createHash, randomInt } from 'node:crypto'

export const algorithms = ['sha512', 'sha256', 'md5'] as const
export type Algorithm = (typeof algorithms)[number]

interface Scheme {
  readonly prefix: string
  readonly saltLength: number
  readonly hash: (password: Buffer, salt: Buffer) => Buffer
  /** Positions of the bytes that make each group of characters, the highest first; -1 is a zero byte. */
  readonly order: readonly (readonly [number, number, number])[]
  readonly length: number
}

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const rounds = 5000

const schemes: Readonly<Record<Algorithm, Scheme>> = {
  sha512: {
    prefix: '$6$',
    saltLength: 16,
    hash: (password, salt) => shaCrypt('sha512', password, salt),
    order: [...rotations(21, [0, 21, 42], [1, 2, 0]), [-1, -1, 63]],
    length: 86,
  },
  sha256: {
    prefix: '$5$',
    saltLength: 16,
    hash: (password, salt) => shaCrypt('sha256', password, salt),
    order: [...rotations(10, [0, 10, 20], [2, 0, 1]), [-1, 31, 30]],
    length: 43,
  },
  md5: {
    prefix: '$1$',
    saltLength: 8,
    hash: md5Crypt,
    order: [
      [0, 6, 12],
      [1, 7, 13],
      [2, 8, 14],
      [3, 9, 15],
      [4, 10, 5],
      [-1, -1, 11],
    ],
    length: 22,
  },
}

/** Triples of positions: each is the one before it plus one, with `places` changed. */
function rotations(count: number, first: readonly number[], places: readonly number[]): [number, number, number][] {
  let columns = [...first]
  return Array.from({ length: count }, () => {
    const [high = 0, middle = 0, low = 0] = columns
    columns = places.map((from) => (columns[from] ?? 0) + 1)
    return [high, middle, low]
  })
}

/** Any other character ends the salt or the line in the shadow file. */
export function isSalt(text: string): boolean {
  return /^[^$:\s]+$/.test(text)
}

export function randomSalt(algorithm: Algorithm): string {
  return Array.from({ length: schemes[algorithm].saltLength }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** `$6$salt$hash`; what the salt has too many characters of is left out. */
export function crypt(password: string, salt: string, algorithm: Algorithm): string {
  const { prefix, saltLength, hash, order, length } = schemes[algorithm]
  const used = salt.slice(0, saltLength)
  const digest = hash(Buffer.from(password), Buffer.from(used))
  const byte = (at: number): number => digest[at] ?? 0
  const groups = order.map(([high, middle, low]) => characters((byte(high) << 16) | (byte(middle) << 8) | byte(low)))
  return `${prefix}${used}$${groups.join('').slice(0, length)}`
}

/** Four characters for three bytes, the lowest six bits first. */
function characters(bits: number): string {
  return [0, 6, 12, 18].map((shift) => alphabet[(bits >> shift) & 63]).join('')
}

function digestOf(name: string, parts: readonly Uint8Array[]): Buffer {
  const hash = createHash(name)
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** A digest over and over, as long as asked for. */
function stretched(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest)
}

/** One part for each bit of a number, the lowest bit first. */
function perBit<T>(number: number, one: T, zero: T): T[] {
  return number === 0 ? [] : [...number.toString(2)].reverse().map((bit) => (bit === '1' ? one : zero))
}

function shaCrypt(name: 'sha512' | 'sha256', password: Buffer, salt: Buffer): Buffer {
  const inner = digestOf(name, [password, salt, password])
  let digest = digestOf(name, [
    password,
    salt,
    stretched(inner, password.length),
    ...perBit(password.length, inner, password),
  ])
  const passwords = stretched(digestOf(name, Array(password.length).fill(password)), password.length)
  const salts = stretched(digestOf(name, Array(16 + (digest[0] ?? 0)).fill(salt)), salt.length)
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1
    digest = digestOf(name, [
      odd ? passwords : digest,
      ...(round % 3 === 0 ? [] : [salts]),
      ...(round % 7 === 0 ? [] : [passwords]),
      odd ? digest : passwords,
    ])
  }
  return digest
}

function md5Crypt(password: Buffer, salt: Buffer): Buffer {
  const inner = digestOf('md5', [password, salt, password])
  let digest = digestOf('md5', [
    password,
    Buffer.from('$1$'),
    salt,
    stretched(inner, password.length),
    ...perBit(password.length, Buffer.from([0]), password.subarray(0, 1)),
  ])
  for (let round = 0; round < 1000; round++) {
    const odd = round % 2 === 1
    digest = digestOf('md5', [
      odd ? password : digest,
      ...(round % 3 === 0 ? [] : [salt]),
      ...(round % 7 === 0 ? [] : [password]),
      odd ? digest : password,
    ])
  }
  return digest
}
