/**
 * The few primitives that the wire is made of, with two makers of the same bytes: node:crypto, always there, and
 * libsodium, which is quicker for short messages but costs 5–50 ms to load. Daemons load it; a quick command does not.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { SaltError } from '../base/errors.ts'

type Sodium = typeof import('libsodium-wrappers').default

/** Up to this size a call into libsodium costs less than one into OpenSSL. */
const sodiumLimit = 4096
export const tagLength = 16

let sodium: Sodium | undefined

/** Loads libsodium for this process; until then node:crypto does all. */
export async function loadSodium(): Promise<void> {
  if (sodium !== undefined) return
  const { default: loaded } = await import('libsodium-wrappers')
  await loaded.ready
  sodium = loaded
}

/** ChaCha20-Poly1305 (RFC 8439) with a 32-byte key and a 12-byte nonce; the 16-byte tag is at the end. */
export function seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, text: Uint8Array): Buffer {
  return Buffer.concat(sealParts(key, nonce, associated, [text]))
}

/** `seal` of the parts of a text in their order: parts of what it results in. */
export function sealParts(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  text: readonly Uint8Array[],
): readonly Uint8Array[] {
  const length = text.reduce((sum, part) => sum + part.byteLength, 0)
  if (sodium !== undefined && length <= sodiumLimit) {
    const [only = Buffer.concat(text)] = text.length === 1 ? text : []
    return [sodium.crypto_aead_chacha20poly1305_ietf_encrypt(only, associated, null, nonce, key)]
  }
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagLength })
  cipher.setAAD(associated, { plaintextLength: length })
  const body = text.map((part) => cipher.update(part))
  cipher.final()
  return [...body, cipher.getAuthTag()]
}

/** The opposite of `seal`. Throws `bad-frame` when key, nonce, associated data or bytes are not those of the sealing. */
export function open(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Buffer {
  if (sealed.byteLength < tagLength) throw new SaltError('bad-frame', 'a sealed message is too short')
  try {
    if (sodium !== undefined && sealed.byteLength <= sodiumLimit) {
      const text = sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, associated, nonce, key)
      return Buffer.from(text.buffer, text.byteOffset, text.byteLength)
    }
    const end = sealed.byteLength - tagLength
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagLength })
    decipher.setAAD(associated, { plaintextLength: end })
    decipher.setAuthTag(sealed.subarray(end))
    const text = decipher.update(sealed.subarray(0, end))
    decipher.final()
    return text
  } catch (cause) {
    throw new SaltError('bad-frame', 'a message does not open with the key of its session', { cause })
  }
}

export interface DiffieHellmanPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly privateKey: KeyObject
}

const x25519Public = Buffer.from('302a300506032b656e032100', 'hex')
const x25519Private = Buffer.from('302e020100300506032b656e04220420', 'hex')
const keyLength = 32

export function generatePair(): DiffieHellmanPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  return { publicKey: rawPublicKey(publicKey), privateKey }
}

/** The X25519 pair of a 32-byte private key. */
export function pairFromPrivate(privateKey: Uint8Array): DiffieHellmanPair {
  const key = createPrivateKey({ key: Buffer.concat([x25519Private, privateKey]), format: 'der', type: 'pkcs8' })
  return { publicKey: rawPublicKey(createPublicKey(key)), privateKey: key }
}

/** X25519 (RFC 7748). Throws `bad-frame` for a public key of small order or of a wrong length. */
export function agree(pair: DiffieHellmanPair, publicKey: Uint8Array): Uint8Array {
  if (publicKey.byteLength !== keyLength) throw new SaltError('bad-frame', 'a public key has the wrong length')
  try {
    const other = createPublicKey({ key: Buffer.concat([x25519Public, publicKey]), format: 'der', type: 'spki' })
    return diffieHellman({ privateKey: pair.privateKey, publicKey: other })
  } catch (cause) {
    throw new SaltError('bad-frame', 'a public key cannot be used', { cause })
  }
}

/** The last 32 bytes of an X25519 or Ed25519 key in SPKI form are the key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' }).subarray(-keyLength)
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const digest = createHmac('sha256', key)
  for (const part of parts) digest.update(part)
  return digest.digest()
}

/** Noise's HKDF: `count` outputs of 32 bytes. */
export function noiseKeys(chainingKey: Uint8Array, input: Uint8Array, count: 2 | 3): readonly Buffer[] {
  const secret = hmac(chainingKey, input)
  const outputs: Buffer[] = []
  for (let index = 1; index <= count; index++) {
    outputs.push(hmac(secret, outputs.at(-1) ?? Buffer.alloc(0), Buffer.of(index)))
  }
  return outputs
}

/** HKDF-SHA256 (RFC 5869), one block of 32 bytes. */
export function deriveKey(secret: Uint8Array, salt: Uint8Array, purpose: string): Buffer {
  return hmac(hmac(salt, secret), Buffer.from(purpose), Buffer.of(1))
}
