/** `salt key --gen-keys NAME`: a key pair that an operator carries to a minion. */
import { storeKeyPair } from '../engine/keys/key-pair.ts'
import type { OptionValues } from './parse-command.ts'
import { printerFor } from './printer.ts'

export async function makeKeyPair(options: OptionValues): Promise<number> {
  const name = options.text('gen-keys') ?? ''
  const folder = options.text('gen-keys-dir') ?? '.'
  const { fingerprint } = storeKeyPair({ folder, name, folderOption: '--gen-keys-dir' })
  if (!options.has('quiet')) await printerFor(options).show({ local: { [`${name}.pub`]: fingerprint } }, { out: 'key' })
  return 0
}
