/** Private and public keys. They are read and made by Node itself, so that no other program sees them. */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto'
import { SaltError } from '../../../base/errors.ts'
import { Secret } from '../../../base/secret.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { Workshop } from './openssl.ts'
import { readPem } from './pem.ts'

/** A passphrase as arguments give it. */
export function secretOf(value: unknown): Secret | undefined {
  if (value === undefined || value === null || value === '') return undefined
  return value instanceof Secret ? new Secret(String(value.reveal())) : new Secret(String(value))
}

/** Throws `bad-arguments` for what is no private key, or cannot be opened with the passphrase. */
export function readPrivateKey(ctx: FunctionContext, given: unknown, passphrase?: Secret): KeyObject {
  const { text } = readPem(ctx, given, 'PRIVATE KEY')
  try {
    return createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }) })
  } catch (cause) {
    const isLocked = /ENCRYPTED/.test(text)
    const message = isLocked
      ? 'The provided passphrase cannot decrypt the private key.'
      : 'The private key cannot be read.'
    throw new SaltError('bad-arguments', message, { cause })
  }
}

/** The public key of a certificate, a request, a private or a public key. Throws `bad-arguments`. */
export async function readPublicKey(ctx: FunctionContext, given: unknown, passphrase?: Secret): Promise<KeyObject> {
  const { type, text } = readPem(ctx, given)
  if (type.endsWith('PRIVATE KEY')) return createPublicKey(readPrivateKey(ctx, text, passphrase))
  if (type.endsWith('CERTIFICATE REQUEST')) {
    using workshop = new Workshop(ctx)
    const csr = workshop.write('request.pem', text)
    return createPublicKey(await workshop.run(['req', '-in', csr, '-noout', '-pubkey']))
  }
  try {
    return type === 'CERTIFICATE' ? new X509Certificate(text).publicKey : createPublicKey(text)
  } catch (cause) {
    throw new SaltError('bad-arguments', `The public key cannot be read from the ${type.toLowerCase()}.`, { cause })
  }
}

export function publicPem(key: KeyObject): string {
  return String(key.export({ type: 'spki', format: 'pem' }))
}

export function isSameKey(left: KeyObject, right: KeyObject): boolean {
  return publicPem(left) === publicPem(right)
}

/** Size in bits; what curves are known for, where it is one. */
export function keyBits(key: KeyObject): number {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined) return modulusLength
  if (key.asymmetricKeyType === 'ed25519') return 256
  if (key.asymmetricKeyType === 'ed448') return 456
  return Number(/(\d{3})/.exec(namedCurve ?? '')?.[1] ?? 0)
}

export interface NewKey {
  readonly algo: string
  readonly bits: number
  readonly passphrase?: Secret | undefined
  readonly cipher: string
}

const curves: Readonly<Record<number, string>> = { 256: 'P-256', 384: 'P-384', 521: 'P-521' }

/** The PEM text of a new key. Throws `bad-arguments`. */
export async function makePrivateKey({ algo, bits, passphrase, cipher }: NewKey): Promise<string> {
  const key = await generate(algo.toLowerCase(), bits)
  const lock = passphrase === undefined ? {} : { cipher: cipherName(cipher), passphrase: passphrase.reveal() }
  try {
    return String(key.export({ type: 'pkcs8', format: 'pem', ...lock }))
  } catch (cause) {
    throw new SaltError('bad-arguments', `the cipher ${cipher} is not known here`, { cause })
  }
}

/** `aes_128_cbc` and `aes-128-cbc` are the same. */
function cipherName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

type Done = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => void

function made(make: (done: Done) => void): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    make((error, _public, key) => (error === null ? resolve(key) : reject(error)))
  })
}

async function generate(algo: string, bits: number): Promise<KeyObject> {
  if (algo === 'rsa') {
    if (bits < 1024 || bits > 16_384) throw new SaltError('bad-arguments', 'an RSA key has 1024 to 16384 bits')
    return made((done) => generateKeyPair('rsa', { modulusLength: bits }, done))
  }
  if (algo === 'ec') {
    const namedCurve = curves[bits]
    if (namedCurve === undefined) throw new SaltError('bad-arguments', 'an EC key has 256, 384 or 521 bits')
    return made((done) => generateKeyPair('ec', { namedCurve }, done))
  }
  if (algo === 'ed25519') return made((done) => generateKeyPair('ed25519', {}, done))
  if (algo === 'ed448') return made((done) => generateKeyPair('ed448', {}, done))
  throw new SaltError('bad-arguments', `'${algo}' is no kind of key that can be made`, {
    hint: 'Use rsa, ec, ed25519 or ed448.',
  })
}

/** Where a private key is for openssl, which has to be a file. */
export function keyFile(ctx: FunctionContext, workshop: Workshop, given: unknown, name: string): string {
  return workshop.write(name, readPem(ctx, given, 'PRIVATE KEY').text)
}
