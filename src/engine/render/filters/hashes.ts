/** Salt's filters for hashes, signatures and base64. */
import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { decodeBase64 } from '../../../base/python-base64.ts'
import { expectInteger, expectText } from '../values/arguments.ts'
import type { Value } from '../values/kinds.ts'
import { decodeBytes } from '../values/methods/encoding.ts'
import { str } from '../values/print.ts'
import { PyError, valueError } from '../values/py-error.ts'
import { toBytes } from './conversions.ts'
import { type Filter, filter } from './filter.ts'

function hexDigest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex')
}

/** Salt's own name space (RFC 4122, version 5). */
const nameSpace = Buffer.from('91633ebf1c865e33935a28061f4b480e', 'hex')

function nameUuid(name: string): string {
  const bytes = createHash('sha1').update(nameSpace).update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Text where the bytes are one, else bytes. Throws Python's `binascii.Error`. */
function fromBase64(bytes: Uint8Array): Value {
  const decoded = decodeBase64(Buffer.from(bytes).toString('latin1'))
  if (!(decoded instanceof Uint8Array)) throw new PyError('Error', decoded.problem)
  try {
    return decodeBytes(decoded)
  } catch (error) {
    if (error instanceof PyError) return decoded
    throw error
  }
}

function signature(text: Value, secret: Value, encoding: 'hex' | 'base64'): string {
  return createHmac('sha256', toBytes(secret)).update(toBytes(text)).digest(encoding)
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

const knownHashes = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const

/** The name of a hash as node:crypto knows it. Throws AttributeError. */
function hashName(form: Value): string {
  const name = expectText(form)
  const known = knownHashes.find((hash) => hash === name)
  if (known === undefined) throw new PyError('AttributeError', `module 'hashlib' has no attribute '${name}'`)
  return known
}

const randomHash = filter('random_hash', 'size=9999999999, hash_type=None', (_context, size, form) => {
  const limit = expectInteger(size)
  if (limit < 0) throw valueError(`empty range for randrange() (0, ${limit + 1}, ${limit + 1})`)
  const number = randomInt(Math.min(limit, 2 ** 48 - 2) + 1)
  return hexDigest(form === null || form === '' ? 'md5' : hashName(form), Buffer.from(String(number)))
})

/** A template must not fill the memory with what nobody can guess. */
const longestRandom = 1024 * 1024

export const hashFilters: readonly (readonly [string, Filter])[] = [
  ['base64_decode', filter('base64_b64decode', 'instr', (_context, text) => fromBase64(toBytes(text)))],
  [
    'base64_encode',
    filter('base64_b64encode', 'instr', (_context, text) => Buffer.from(toBytes(text)).toString('base64')),
  ],
  [
    'hmac',
    filter('hmac_signature', 'string, shared_secret, challenge_hmac', (_context, text, secret, challenge) =>
      isSame(Buffer.from(signature(text, secret, 'base64')), toBytes(challenge)),
    ),
  ],
  [
    'hmac_compute',
    filter('hmac_compute', 'string, shared_secret', (_context, text, secret) => signature(text, secret, 'hex')),
  ],
  ['md5', filter('md5_digest', 'instr', (_context, text) => hexDigest('md5', toBytes(text)))],
  ['sha1', filter('sha1_digest', 'instr', (_context, text) => hexDigest('sha1', toBytes(text)))],
  ['sha256', filter('sha256_digest', 'instr', (_context, text) => hexDigest('sha256', toBytes(text)))],
  ['sha512', filter('sha512_digest', 'instr', (_context, text) => hexDigest('sha512', toBytes(text)))],
  ['uuid', filter('uuid_', 'val', (_context, value) => nameUuid(str(value)))],
  ['rand_str', randomHash],
  ['random_hash', randomHash],
  [
    'random_str',
    filter('random', 'size=32', (_context, size) => {
      const count = expectInteger(size)
      if (count < 0) throw valueError('negative argument not allowed')
      if (count > longestRandom) throw new PyError('MemoryError', `at most ${longestRandom} random characters`)
      return randomBytes(count).toString('base64').slice(0, count)
    }),
  ],
]
