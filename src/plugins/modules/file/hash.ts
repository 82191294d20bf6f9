/** Checksums of files. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { SaltError } from '../../../base/errors.ts'
import { refuseEndless } from '../../../base/read-whole.ts'
import { attemptAsync } from './failure.ts'

/** Digits of each kind of checksum. */
export const hashLengths: Readonly<Record<string, number>> = {
  sha512: 128,
  sha384: 96,
  sha256: 64,
  sha224: 56,
  sha1: 40,
  md5: 32,
}

export function hashTypeOfLength(length: number): string | undefined {
  return Object.keys(hashLengths).find((type) => hashLengths[type] === length)
}

/** `md5 (32), sha1 (40), …` */
export function knownHashes(): string {
  return Object.entries(hashLengths)
    .sort(([, a], [, b]) => a - b)
    .map(([type, length]) => `${type} (${length})`)
    .join(', ')
}

/** Throws `bad-arguments` for an unknown kind, `execution-failed` when the file cannot be read. */
export async function hashOf(path: string, type: string): Promise<string> {
  if (hashLengths[type] === undefined) throw new SaltError('bad-arguments', `Invalid hash type: ${type}`)
  return attemptAsync(path, async () => {
    refuseEndless(path)
    const hash = createHash(type)
    await pipeline(createReadStream(path), hash)
    return hash.digest('hex')
  })
}
