/** SLS files by their names. */

import { SaltError } from '../../../base/errors.ts'
import { compileGlob } from '../../../base/glob.ts'
import { anyEnvironment } from '../../files/any-environment.ts'
import type { ServedTexts } from '../../functions/served-texts.ts'
import { isPattern, slsNames, slsPaths } from '../../sls/sls-names.ts'

export interface SlsFile {
  /** Below the file roots. */
  readonly path: string
  readonly hostPath: string
  readonly text: string
}

export class StateFiles {
  readonly #texts: ServedTexts
  readonly #available = new Map<string, Promise<readonly string[]>>()

  constructor(texts: ServedTexts) {
    this.#texts = texts
  }

  environments(): Promise<readonly string[]> {
    return this.#texts.environments()
  }

  /** `base` is always there. */
  async hasEnvironment(saltenv: string): Promise<boolean> {
    if (saltenv === 'base') return true
    const served = await this.environments()
    return served.includes(saltenv) || served.includes(anyEnvironment)
  }

  /** `a.b` is `a/b.sls`, or else `a/b/init.sls`. Undefined where there is neither. */
  async find(saltenv: string, sls: string): Promise<SlsFile | undefined> {
    for (const path of slsPaths(sls)) {
      const found = await this.file(saltenv, path)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Undefined, too, for a path that leads out of the roots. */
  async file(saltenv: string, path: string): Promise<SlsFile | undefined> {
    try {
      const served = await this.#texts.read(saltenv, path)
      return served === undefined ? undefined : { path, ...served }
    } catch (error) {
      if (error instanceof SaltError && error.code === 'bad-path') return undefined
      throw error
    }
  }

  /** Has files brought that will be needed soon: what is wrong with them shows when they are. */
  expect(saltenv: string, names: readonly string[]): void {
    for (const sls of names) if (!isPattern(sls)) this.find(saltenv, sls).catch(() => {})
  }

  /** Names of an environment that a pattern means, sorted; of a name without wildcards itself, where it is there. */
  async matching(saltenv: string, pattern: string): Promise<readonly string[]> {
    if (!isPattern(pattern)) return (await this.find(saltenv, pattern)) === undefined ? [] : [pattern]
    const glob = compileGlob(pattern)
    return (await this.available(saltenv)).filter((sls) => glob.matches(sls))
  }

  /** Names of all SLS files of an environment, sorted. */
  available(saltenv: string): Promise<readonly string[]> {
    let names = this.#available.get(saltenv)
    if (names === undefined) {
      names = this.#texts.names(saltenv).then(({ files }) => slsNames(files))
      this.#available.set(saltenv, names)
    }
    return names
  }
}
