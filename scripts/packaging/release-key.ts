/** The Ed25519 key that signs manifests. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { folders } from './folders.ts'
import { progress } from './program.ts'

const ownKey = path.join(folders.cache, 'release-key.pem')

/** The key of `SALT_RELEASE_KEY` (a PEM file, or the PEM text itself), else one that this checkout keeps for itself. */
export async function releaseKey(): Promise<KeyObject> {
  const given = process.env.SALT_RELEASE_KEY
  const key = createPrivateKey(given ? await readGiven(given) : await ownKeyText())
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('SALT_RELEASE_KEY is not an Ed25519 private key')
  return key
}

export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}

async function readGiven(given: string): Promise<string> {
  return given.startsWith('-----BEGIN') ? given : await readFile(given, 'utf8')
}

async function ownKeyText(): Promise<string> {
  if (!existsSync(ownKey)) {
    progress('no SALT_RELEASE_KEY: made a key for this checkout, .cache/release-key.pem; keep it private')
    const { privateKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    await mkdir(folders.cache, { recursive: true })
    await writeFile(ownKey, privateKey, { mode: 0o600, flag: 'wx' })
  }
  return await readFile(ownKey, 'utf8')
}
