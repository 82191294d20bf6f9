/** SLS files of environments by their dotted names. */
import { SaltError } from '../../base/errors.ts'
import { fileText } from '../files/file-text.ts'
import type { ServedFiles } from '../files/served-files.ts'
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
    const path = sls.replaceAll('.', '/')
    if (path === '' || path.startsWith('/')) return undefined
    const direct = await this.read(saltenv, `${path}.sls`)
    if (direct !== undefined) return { sls, path: `${path}.sls`, text: direct, isInit: path.endsWith('/init') }
    const init = await this.read(saltenv, `${path}/init.sls`)
    return init === undefined ? undefined : { sls, path: `${path}/init.sls`, text: init, isInit: true }
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
    if (!/[*?[]/.test(pattern)) return [pattern]
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

function slsNames(files: readonly string[]): readonly string[] {
  const names = files
    .filter((file) => file.endsWith('.sls'))
    .map((file) => file.slice(0, -'.sls'.length).replaceAll('/', '.'))
    .map((name) => (name.endsWith('.init') ? name.slice(0, -'.init'.length) : name))
  return [...new Set(names)].sort()
}
