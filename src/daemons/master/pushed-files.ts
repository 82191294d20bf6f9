/** Files that minions send to the master (`cp.push`), below `cachedir/minions/ID/files`. */
import { join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { resolveInside } from '../../base/files.ts'
import { hashOf, PartialFile } from '../../engine/files/partial-file.ts'
import type { LiveSettings } from './live-settings.ts'

const mebibyte = 1024 * 1024

export interface PushedPart {
  readonly path: string
  readonly size: number
  readonly sha256: string
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface PushedFilesOptions {
  readonly cachedir: string
  readonly settings: Pick<LiveSettings, 'fileReceipt'>
}

export class PushedFiles {
  readonly #options: PushedFilesOptions

  constructor(options: PushedFilesOptions) {
    this.#options = options
  }

  /** Where to go on: the size once the file is there. Throws `denied`, `overloaded`, `bad-path`. */
  async take(id: string, { path, size, sha256, offset, bytes }: PushedPart): Promise<number> {
    const { isAllowed, largestMebibytes } = this.#options.settings.fileReceipt
    if (!isAllowed) {
      throw new SaltError('denied', 'the master takes no files of minions', {
        hint: 'Set file_recv: true in its configuration.',
      })
    }
    if (size > largestMebibytes * mebibyte) {
      const limit = `${largestMebibytes} MiB, the file_recv_max_size of the master`
      throw new SaltError('overloaded', `the file is larger than ${limit}`)
    }
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new SaltError('bad-arguments', 'this is no SHA-256 of a file')
    const folder = join(this.#options.cachedir, 'minions', id, 'files')
    const target = resolveInside(folder, path)
    if (target === folder) throw new SaltError('bad-path', 'a name for the file is missing')
    const partial = new PartialFile(target, { size, sha256 }, id)
    if (offset === 0 && (await hashOf(target)) === sha256) return size
    const length = await partial.length()
    if (offset !== length || (bytes.byteLength === 0 && size > 0)) return length
    if (offset + bytes.byteLength > size) throw new SaltError('bad-arguments', 'more came than was announced')
    await partial.write(offset, bytes, { folderMode: 0o700 })
    if (offset + bytes.byteLength === size) await partial.finish(0o600)
    return offset + bytes.byteLength
  }
}
