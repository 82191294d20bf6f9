/** A file that arrives in parts, beside the place where it will lie: it takes that place when it is whole and right. */
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { chmod, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import { takeOwnerOf } from './file-owner.ts'

/** Windows has no such flag. */
const noFollow = constants.O_NOFOLLOW ?? 0

export interface Expected {
  readonly size: number
  readonly sha256: string
}

/** All parts came, and they are not what was announced. */
export class DamagedFile extends SaltError {
  constructor(path: string) {
    super('storage', 'the file has changed while it was on its way, or was damaged', {
      where: path,
      hint: 'Try again: it starts anew.',
    })
  }
}

export class PartialFile {
  readonly #target: string
  readonly #path: string
  readonly #expected: Expected

  /**
   * Parts that came before, of a file with the same hash, are gone on with.
   *
   * @param owner whoever writes it: two of them do not disturb each other.
   */
  constructor(target: string, expected: Expected, owner: string) {
    this.#target = target
    this.#expected = expected
    // Not named after the file alone: its name may be as long as names can be.
    const key = createHash('sha256').update(`${owner}\0${expected.sha256}`).digest('hex').slice(0, 32)
    this.#path = join(dirname(target), `.${basename(target).slice(0, 50)}.${key}.part`)
  }

  /** How much there is. Bytes. What somebody else has put there does not count: he could change it after the check. */
  async length(): Promise<number> {
    try {
      const found = await lstat(this.#path)
      const isOurs = found.isFile() && found.nlink === 1 && found.uid === (process.geteuid?.() ?? found.uid)
      return isOurs && found.size <= this.#expected.size ? found.size : 0
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return 0
      throw this.#cannot('read', error)
    }
  }

  /** `folderMode`: of folders that have to be made. */
  async write(offset: number, bytes: Uint8Array, { folderMode }: { readonly folderMode: number }): Promise<void> {
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: folderMode })
      if (offset === 0) await rm(this.#path, { force: true })
      const handle = await open(this.#path, offset === 0 ? 'wx' : constants.O_RDWR | noFollow, 0o600)
      try {
        let written = 0
        while (written < bytes.byteLength)
          written += (await handle.write(bytes, written, bytes.byteLength - written, offset + written)).bytesWritten
        await handle.truncate(offset + bytes.byteLength)
      } finally {
        await handle.close()
      }
    } catch (error) {
      throw this.#cannot('write', error)
    }
  }

  /** Checks the whole and puts it in its place. Throws `DamagedFile` when it is not what was announced; then nothing of it is kept. */
  async finish(mode: number): Promise<void> {
    if ((await hashOf(this.#path)) !== this.#expected.sha256) {
      await this.discard()
      throw new DamagedFile(this.#target)
    }
    try {
      await takeOwnerOf(this.#target, this.#path)
      await chmod(this.#path, mode)
      await rename(this.#path, this.#target)
    } catch (error) {
      throw this.#cannot('write', error)
    }
  }

  async discard(): Promise<void> {
    await rm(this.#path, { force: true })
  }

  #cannot(act: string, cause: unknown): SaltError {
    return new SaltError('storage', `cannot ${act} the file: ${systemReason(cause)}`, { where: this.#target, cause })
  }
}

/** SHA-256 in hexadecimal, or undefined where there is no file. */
export async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw new SaltError('storage', `cannot read the file: ${systemReason(error)}`, { where: path, cause: error })
  }
  return hash.digest('hex')
}
