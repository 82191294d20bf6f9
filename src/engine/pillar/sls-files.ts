/** SLS files of environments by their dotted names. */
import { SaltError } from '../../base/errors.ts'
import { fileText } from '../files/file-text.ts'
import type { ServedFiles } from '../files/served-files.ts'
import { isPattern, slsNames, slsPaths } from '../sls/sls-names.ts'
import { compileGlob } from '../target/glob.ts'

export interface SlsFile {
  readonly sls: string
  /** Below the roots. */
  readonly path: string
  readonly text: string
  /** `web/init.sls` of `web`: names that begin with a point start at itself, not beside it. */
  readonly isInit: boolean
}

export class SlsFiles {
  readonly #files: ServedFiles
  readonly #names = new Map<string, Promise<readonly string[]>>()

  constructor(files: ServedFiles) {
    this.#files = files
  }

  /** Undefined where there is no such file, or where the name cannot be one. */
  async find(saltenv: string, sls: string): Promise<SlsFile | undefined> {
    for (const path of slsPaths(sls)) {
      if (path.startsWith('/') || path === '.sls') return undefined
      const text = await this.read(saltenv, path)
      if (text !== undefined) return { sls, path, text, isInit: path.endsWith('/init.sls') }
    }
    return undefined
  }

  /** Text of a file; undefined where there is none, or where the path leads out of the roots. */
  async read(saltenv: string, path: string): Promise<string | undefined> {
    try {
      const content = await this.#files.read(saltenv, path)
      return content === undefined ? undefined : fileText(content, path)
    } catch (error) {
      if (error instanceof SaltError && error.code === 'bad-path') return undefined
      throw error
    }
  }

  /** The names that a shell-style pattern means, sorted; a name without one is itself, whether there is a file or not. */
  async matching(saltenv: string, pattern: string): Promise<readonly string[]> {
    if (!isPattern(pattern)) return [pattern]
    const glob = compileGlob(pattern)
    return (await this.#all(saltenv)).filter((name) => glob.matches(name))
  }

  #all(saltenv: string): Promise<readonly string[]> {
    const known = this.#names.get(saltenv)
    if (known !== undefined) return known
    const names = this.#files.names(saltenv).then(({ files }) => slsNames(files))
    this.#names.set(saltenv, names)
    return names
  }
}
