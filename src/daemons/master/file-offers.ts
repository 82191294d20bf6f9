/** Files of the master's host that somebody hands to minions (`salt cp`), for as long as his command runs. */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import type { ServedNames, ServedStatus } from '../../client/master-link.ts'
import { FileRoots } from '../../engine/files/file-roots.ts'

/** What begins the name of an environment that is an offer: no environment of `file_roots` can be asked for by it. */
const prefix = 'offer:'

interface Source {
  /** Last part of its path: what its paths begin with. */
  readonly name: string
  readonly roots: FileRoots
  readonly isFolder: boolean
}

export class FileOffers {
  readonly #offers = new Map<string, FileOffer>()

  /** @param paths absolute. Throws `bad-path` for what is not there. */
  async add(paths: readonly string[]): Promise<string> {
    const sources = await Promise.all(paths.map(sourceOf))
    const names = sources.map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw new SaltError('bad-arguments', `two of the sources are called ${twice}`)
    const saltenv = `${prefix}${randomBytes(16).toString('hex')}`
    this.#offers.set(saltenv, new FileOffer(sources))
    return saltenv
  }

  remove(saltenv: string): void {
    this.#offers.delete(saltenv)
  }

  /** Undefined for an environment of `file_roots`. Throws `bad-path` for an offer that is over. */
  get(saltenv: string): FileOffer | undefined {
    if (!saltenv.startsWith(prefix)) return undefined
    const offer = this.#offers.get(saltenv)
    if (offer === undefined)
      throw new SaltError('bad-path', 'these files are not offered any more: the command that did has ended')
    return offer
  }
}

class FileOffer {
  readonly #sources: readonly Source[]
  #names: Promise<ServedNames> | undefined

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  /** As they were when somebody asked first: all minions get the same, and the folders are walked once. */
  names(): Promise<ServedNames> {
    this.#names ??= this.#walk()
    return this.#names
  }

  async #walk(): Promise<ServedNames> {
    const all = await Promise.all(
      this.#sources.map(async ({ name, roots, isFolder }): Promise<ServedNames> => {
        if (!isFolder) return { files: [name], folders: [], links: {} }
        const { files, folders } = await roots.names('', name)
        return { files, folders: [name, ...folders], links: {} }
      }),
    )
    return {
      files: all.flatMap(({ files }) => files),
      folders: all.flatMap(({ folders }) => folders),
      links: {},
    }
  }

  async status(path: string): Promise<ServedStatus | undefined> {
    return await this.#rootsOf(path)?.status('', path)
  }

  async part(path: string, offset: number, length: number): Promise<Uint8Array> {
    const roots = this.#rootsOf(path)
    if (roots === undefined) throw new SaltError('bad-path', `${path} is not offered`)
    return await roots.part('', path, offset, length)
  }

  #rootsOf(path: string): FileRoots | undefined {
    return this.#sources.find(({ name, isFolder }) => path === name || (isFolder && path.startsWith(`${name}/`)))?.roots
  }
}

async function sourceOf(path: string): Promise<Source> {
  if (!isAbsolute(path)) throw new SaltError('bad-path', 'the path of a source is not absolute', { where: path })
  try {
    const status = await stat(path)
    if (!status.isFile() && !status.isDirectory())
      throw new SaltError('bad-path', 'only files and folders can be copied', { where: path })
    return {
      name: basename(path),
      roots: new FileRoots({ '': [dirname(path)] }),
      isFolder: status.isDirectory(),
    }
  } catch (cause) {
    if (cause instanceof SaltError) throw cause
    const code = systemCode(cause) === 'ENOENT' ? 'incomplete' : 'bad-path'
    throw new SaltError(code, `the master cannot read a source: ${systemReason(cause)}`, { where: path, cause })
  }
}
