/** Who a party is, for good: an Ed25519 key whose fingerprint people compare. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify as verifySignature,
} from 'node:crypto'
import { join } from 'node:path'
import { SaltError } from '../base/errors.ts'
import {
  assertPrivateFile,
  createFileSync,
  ensurePrivateFolder,
  readFileIfExists,
  systemReason,
  writeFileAtomicSync,
} from '../base/files.ts'
import { rawPublicKey, sha256 } from './crypto.ts'

export interface Identity {
  /** 32 bytes. */
  readonly publicKeyRaw: Uint8Array
  readonly publicPem: string
  readonly fingerprint: string
  /** Ed25519 over purpose, a zero byte and the body: a signature for one purpose is worth nothing for another. */
  sign(purpose: string, body: Uint8Array): Uint8Array
}

const ed25519Public = Buffer.from('302a300506032b6570032100', 'hex')
const keyLength = 32

/**
 * Reads `NAME.pem` (PKCS8, 0600) from the folder, or makes it and `NAME.pub` (SPKI, 0644).
 * Throws `key-permissions` when others may read the key, `key-invalid` when it is no Ed25519 key,
 * `storage` when it cannot be read.
 */
export function loadOrCreateIdentity(folder: string, name: string): Identity {
  ensurePrivateFolder(folder)
  const file = join(folder, `${name}.pem`)
  return identityOf(readPrivateKey(file) ?? createPrivateKeyFile(file), join(folder, `${name}.pub`))
}

/** Two first starts at once must not end with one key in the file and another in use. */
function createPrivateKeyFile(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519')
  if (createFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 0o600)) return privateKey
  const other = readPrivateKey(file)
  if (other !== undefined) return other
  throw new SaltError('key-invalid', 'the private key is a link that leads nowhere', { where: file })
}

/** An identity that is stored nowhere. */
export function temporaryIdentity(): Identity {
  return identityOf(generateKeyPairSync('ed25519').privateKey)
}

function readPrivateKey(file: string): KeyObject | undefined {
  const pem = readKeyText(file)
  if (pem === undefined) return undefined
  assertPrivateFile(file)
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Told below: whatever is in the file, it is not the key.
  }
  throw new SaltError('key-invalid', 'the file does not hold an Ed25519 private key', {
    where: file,
    hint: 'Restore it from a backup, or remove it and its .pub to have a new identity made.',
  })
}

function readKeyText(file: string): string | undefined {
  try {
    return readFileIfExists(file)
  } catch (cause) {
    throw new SaltError('storage', `the private key cannot be read: ${systemReason(cause)}`, {
      where: file,
      cause,
      hint: 'The daemon must run as the user that the key belongs to: see `user`, or choose another `pki_dir`.',
    })
  }
}

function identityOf(privateKey: KeyObject, publicFile?: string): Identity {
  const publicKeyRaw = rawPublicKey(createPublicKey(privateKey))
  const publicPem = publicKeyToPem(publicKeyRaw)
  if (publicFile !== undefined) keepPublicFile(publicFile, publicPem)
  return {
    publicKeyRaw,
    publicPem,
    fingerprint: fingerprintOf(publicKeyRaw),
    sign: (purpose, body) => sign(null, signatureInput(purpose, body), privateKey),
  }
}

function keepPublicFile(file: string, pem: string): void {
  if (readFileIfExists(file) !== pem) writeFileAtomicSync(file, pem, 0o644)
}

function signatureInput(purpose: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(purpose), Buffer.of(0), body])
}

export function verify(publicKeyRaw: Uint8Array, purpose: string, body: Uint8Array, signature: Uint8Array): boolean {
  if (publicKeyRaw.byteLength !== keyLength) return false
  return verifySignature(null, signatureInput(purpose, body), publicKeyObject(publicKeyRaw), signature)
}

/** SHA-256 of the raw key in colon-separated hex pairs. */
export function fingerprintOf(publicKeyRaw: Uint8Array): string {
  return sha256(publicKeyRaw)
    .toString('hex')
    .replace(/..(?=.)/g, '$&:')
}

/** Throws `key-invalid`. */
export function publicKeyFromPem(pem: string): Uint8Array {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return rawPublicKey(key)
  } catch {
    // Told below.
  }
  throw new SaltError('key-invalid', 'this is not an Ed25519 public key in PEM form')
}

export function publicKeyToPem(publicKeyRaw: Uint8Array): string {
  return publicKeyObject(publicKeyRaw).export({ format: 'pem', type: 'spki' }).toString()
}

/** Making a key object costs as much as a verification; most verify with the same key all their life. */
const keyObjects = new Map<string, KeyObject>()
const keyObjectsKept = 64

function publicKeyObject(raw: Uint8Array): KeyObject {
  const name = Buffer.from(raw).toString('latin1')
  const known = keyObjects.get(name)
  if (known !== undefined) return known
  const key = createPublicKey({ key: Buffer.concat([ed25519Public, raw]), format: 'der', type: 'spki' })
  if (keyObjects.size >= keyObjectsKept) keyObjects.clear()
  keyObjects.set(name, key)
  return key
}
