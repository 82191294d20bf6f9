/** A private file that batches of lines are appended to, and that begins anew before it grows beyond a size. */
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'

export interface RotatedFileOptions {
  readonly path: string
  /** Bytes; 0 for no limit. A batch is never cut: one that is larger has a file of its own. */
  readonly maximumBytes: number
  /** How many former files are kept, as `PATH.1` (the newest), `PATH.2` and so on. */
  readonly keep: number
  /** Whether a batch is on the disk itself, and not only with the system, when it counts as written. */
  readonly isSynced: boolean
}

interface Held {
  readonly handle: FileHandle
  readonly inode: bigint
  size: number
}

const lineFeed = 10

export class RotatedFile implements AsyncDisposable {
  readonly #options: RotatedFileOptions
  #held: Held | undefined

  constructor(options: RotatedFileOptions) {
    this.#options = options
  }

  /**
   * Appends whole lines. Throws `storage` when not all of them were written; what was, is in the file, and whatever is appended
   * after that begins on a line of its own.
   */
  async append(lines: string): Promise<void> {
    const { path, isSynced, maximumBytes } = this.#options
    const bytes = Buffer.from(lines)
    try {
      let held = await this.#current()
      if (maximumBytes > 0 && held.size > 0 && held.size + bytes.length > maximumBytes) held = await this.#rotated()
      await held.handle.appendFile(bytes)
      if (isSynced) await held.handle.datasync()
      held.size += bytes.length
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw new SaltError('storage', `cannot write ${path}: ${systemReason(error)}`, { where: path, cause: error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const held = this.#held
    this.#held = undefined
    await held?.handle.close()
  }

  /** Somebody else may have moved the file away, or removed it. */
  async #current(): Promise<Held> {
    const held = this.#held
    if (held !== undefined && (await inodeOf(this.#options.path)) === held.inode) return held
    await this[Symbol.asyncDispose]()
    this.#held = await openForLines(this.#options.path)
    return this.#held
  }

  async #rotated(): Promise<Held> {
    const { path, keep } = this.#options
    await this[Symbol.asyncDispose]()
    if (keep === 0) await rm(path, { force: true })
    else {
      await rm(`${path}.${keep}`, { force: true })
      for (let number = keep - 1; number >= 1; number--) await moveIfThere(`${path}.${number}`, `${path}.${number + 1}`)
      await rename(path, `${path}.1`)
    }
    this.#held = await openForLines(path)
    return this.#held
  }
}

async function openForLines(path: string): Promise<Held> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Reading is for the last byte only.
  const handle = await open(path, 'a+', 0o600)
  try {
    const { ino, size } = await handle.stat({ bigint: true })
    const held = { handle, inode: ino, size: Number(size) }
    if (held.size > 0 && (await lastByte(held)) !== lineFeed) {
      await handle.appendFile('\n')
      held.size += 1
    }
    return held
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function lastByte({ handle, size }: Held): Promise<number | undefined> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0]
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}
