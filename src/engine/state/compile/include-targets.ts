/** Which SLS file of which environment an item of `include` means. */
import type { Value } from '../../render/values/kinds.ts'
import { briefRepr } from './brief-repr.ts'
import { absoluteName, readIncludeItem } from './include-names.ts'
import type { StateFiles } from './state-files.ts'

export interface IncludeTarget {
  readonly saltenv: string
  /** May have wildcards. */
  readonly sls: string
}

/** The file that an item stands in. */
export interface IncludingFile extends IncludeTarget {
  readonly isInit: boolean
}

/** Stands for an environment: whichever of those in use has the file. */
const anyEnvironment = '_xenv'

export class IncludeTargets {
  readonly #files: StateFiles
  /** Environments that SLS files were asked of. */
  readonly #inUse: readonly string[]

  constructor(files: StateFiles, inUse: readonly string[]) {
    this.#files = files
    this.#inUse = inUse
  }

  /** Or Salt's sentence about what is wrong. */
  async resolve(item: Value, from: IncludingFile): Promise<IncludeTarget | { readonly fault: string }> {
    const place = `SLS '${from.saltenv}:${from.sls}'`
    const asked = readIncludeItem(item)
    if (asked === undefined) return { fault: `Badly formatted include ${briefRepr(item)} found in include in ${place}` }
    const wanted = asked.saltenv ?? from.saltenv
    if (wanted !== anyEnvironment && !(await this.#files.hasEnvironment(wanted))) {
      return { fault: `Nonexistent saltenv '${wanted}' found in include of '${asked.sls}' within ${place}` }
    }
    const sls = absoluteName(asked.sls, from)
    if (sls === undefined) {
      return { fault: `Attempted relative include of '${asked.sls}' within ${place} goes beyond top level package ` }
    }
    const environments = await this.#environmentsWith(wanted, sls)
    const [only] = environments
    if (only !== undefined && environments.length === 1) return { saltenv: only, sls }
    if (environments.includes(from.saltenv)) return { saltenv: from.saltenv, sls }
    return { fault: this.#unresolved(wanted, sls, environments) }
  }

  #unresolved(wanted: string, sls: string, environments: readonly string[]): string {
    const what = `include: Specified SLS ${wanted}: ${sls} is`
    if (environments.length > 0) {
      return `Ambiguous ${what} available on the salt master in multiple available saltenvs: ${environments.join(', ')}`
    }
    const tried = wanted === anyEnvironment ? this.#inUse.join(', ') : wanted
    return `Unknown ${what} not available on the salt master in saltenv(s): ${tried} `
  }

  async #environmentsWith(wanted: string, sls: string): Promise<readonly string[]> {
    if (wanted !== anyEnvironment) {
      return this.#inUse.includes(wanted) || (await this.#files.matching(wanted, sls)).length > 0 ? [wanted] : []
    }
    const found: string[] = []
    for (const saltenv of this.#inUse) {
      if ((await this.#files.matching(saltenv, sls)).length > 0) found.push(saltenv)
    }
    return found
  }
}
