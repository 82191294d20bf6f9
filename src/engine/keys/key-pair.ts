/** Key pairs that an operator carries to a minion. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { systemReason, writeFileAtomicSync } from '../../base/files.ts'
import { fingerprintOf, publicKeyFromPem } from '../../wire/identity.ts'
import { isMinionId } from './minion-id.ts'

export interface KeyPair {
  /** PKCS8. */
  readonly privatePem: string
  /** SPKI. */
  readonly publicPem: string
  readonly fingerprint: string
}

/** A new pair that is stored nowhere. */
export function makeKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  return {
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicPem,
    fingerprint: fingerprintOf(publicKeyFromPem(publicPem)),
  }
}

export interface KeyPairPlace {
  readonly folder: string
  readonly name: string
  /** How the reader says where the files go: for the hints of errors. */
  readonly folderOption: string
}

/** Makes `NAME.pem` (0600) and `NAME.pub`, and the folder. Throws `bad-id`; `storage` where one of the files exists. */
export function storeKeyPair({ folder, name, folderOption }: KeyPairPlace): KeyPair {
  if (!isMinionId(name)) {
    throw new SaltError('bad-id', `'${name}' cannot be the name of a key pair`, {
      hint: `The name is the id of the minion: letters, digits, dots, dashes and underscores. ${folderOption} chooses the folder.`,
    })
  }
  const [privateFile, publicFile] = [join(folder, `${name}.pem`), join(folder, `${name}.pub`)]
  for (const file of [privateFile, publicFile]) {
    if (!existsSync(file)) continue
    throw new SaltError('storage', 'the file exists already and is not replaced', {
      where: file,
      hint: `Choose another name or another ${folderOption}, or remove the file first.`,
    })
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SaltError('storage', `the folder cannot be made: ${systemReason(cause)}`, { where: folder, cause })
  }
  const pair = makeKeyPair()
  writeFileAtomicSync(privateFile, pair.privatePem, 0o600)
  writeFileAtomicSync(publicFile, pair.publicPem, 0o644)
  return pair
}
