/** `salt key --gen-keys NAME`: a key pair that an operator carries to a minion. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../base/errors.ts'
import { systemReason, writeFileAtomicSync } from '../base/files.ts'
import { isMinionId } from '../engine/keys/minion-id.ts'
import { fingerprintOf, publicKeyFromPem } from '../wire/identity.ts'
import type { OptionValues } from './parse-command.ts'
import { printerFor } from './printer.ts'

export async function makeKeyPair(options: OptionValues): Promise<number> {
  const name = options.text('gen-keys') ?? ''
  const folder = options.text('gen-keys-dir') ?? '.'
  if (!isMinionId(name)) {
    throw new SaltError('bad-id', `'${name}' cannot be the name of a key pair`, {
      hint: 'The name is the id of the minion: letters, digits, dots, dashes and underscores. --gen-keys-dir chooses the folder.',
    })
  }
  const [privateFile, publicFile] = [join(folder, `${name}.pem`), join(folder, `${name}.pub`)]
  for (const file of [privateFile, publicFile]) {
    if (!existsSync(file)) continue
    throw new SaltError('storage', 'the file exists already and is not replaced', {
      where: file,
      hint: 'Choose another name or another --gen-keys-dir, or remove the file first.',
    })
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SaltError('storage', `the folder cannot be made: ${systemReason(cause)}`, { where: folder, cause })
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  writeFileAtomicSync(privateFile, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 0o600)
  writeFileAtomicSync(publicFile, publicPem, 0o644)
  const fingerprint = fingerprintOf(publicKeyFromPem(publicPem))
  if (!options.has('quiet')) await printerFor(options).show({ local: { [`${name}.pub`]: fingerprint } }, { out: 'key' })
  return 0
}
