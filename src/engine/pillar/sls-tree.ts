/** SLS files of pillar with all that they include, as one mapping. */
import { isRecord } from '../../base/narrow.ts'
import { Dict } from '../render/values/dict.ts'
import { isTrue } from '../render/values/iterate.ts'
import type { Value } from '../render/values/kinds.ts'
import { toPlain } from '../render/values/plain.ts'
import { str } from '../render/values/print.ts'
import type { PillarRun } from './pillar-run.ts'
import type { SlsFile } from './sls-files.ts'

type Variables = Readonly<Record<string, unknown>>

interface Include {
  readonly pattern: string
  /** Variables for the included file and for what that includes. */
  readonly defaults: Variables
  /** Where the data go: `a:b`. */
  readonly key: string | undefined
}

/** Renders the files of one environment, one after the other; what several include is rendered once. */
export class SlsTree {
  readonly #run: PillarRun
  readonly #saltenv: string
  /** What each file says itself. */
  readonly #own = new Map<string, Value>()
  /** The files that are being read now, from the outermost on. */
  readonly #chain: string[] = []

  constructor(run: PillarRun, saltenv: string) {
    this.#run = run
    this.#saltenv = saltenv
  }

  /** Undefined where it gives nothing; the run then has the errors. */
  async render(sls: string, variables: Variables = {}): Promise<Value | undefined> {
    const file = await this.#run.files.find(this.#saltenv, sls)
    if (file === undefined) {
      this.#missing(sls)
      return undefined
    }
    const value = await this.#renderFile(file, variables)
    if (!isTrue(value)) return value
    if (!(value instanceof Dict)) {
      this.#run.fail(`SLS '${sls}' does not render to a dictionary`)
      return undefined
    }
    if (!value.has('include')) return value
    const includes = value.get('include')
    value.delete('include')
    if (!Array.isArray(includes)) {
      this.#run.fail(`Include Declaration in SLS '${sls}' is not formed as a list`)
      return value
    }
    this.#chain.push(sls)
    try {
      return await this.#withIncludes(
        file,
        value,
        includes.map((item) => includeOf(item, variables)),
      )
    } finally {
      this.#chain.pop()
    }
  }

  async #renderFile(file: SlsFile, variables: Variables): Promise<Value> {
    let value: Value = null
    try {
      value = await this.#run.render(file, this.#saltenv, variables)
    } catch (error) {
      this.#run.failRendering(file, error)
    }
    this.#own.set(file.sls, value)
    return value
  }

  /** A file wins over what it includes, unless `pillar_includes_override_sls` is set. */
  async #withIncludes(file: SlsFile, own: Dict, includes: readonly Include[]): Promise<Value> {
    const parts: Value[] = []
    for (const include of includes) {
      for (const name of await this.#meant(file, include.pattern)) {
        const value = await this.#included(name, include)
        if (isTrue(value) && value instanceof Map) parts.push(under(include.key, value))
      }
    }
    const all = this.#run.parts.settings.includesWin ? [own, ...parts] : [...parts, own]
    return all.reduce((merged, part) => this.#run.merge(merged, part))
  }

  async #included(name: string, { defaults }: Include): Promise<Value | undefined> {
    const start = this.#chain.indexOf(name)
    if (start !== -1) {
      const circle = [...this.#chain.slice(start), name].join(' -> ')
      this.#run.parts.log.warning('files of pillar include each other', { saltenv: this.#saltenv, circle })
    }
    // Of a file in a circle that is what it says itself, as in Salt: each is rendered once.
    return this.#own.has(name) ? this.#own.get(name) : await this.render(name, defaults)
  }

  /** Names that an include means: `.x` starts at the folder of the file. */
  async #meant({ sls, isInit }: SlsFile, pattern: string): Promise<readonly string[]> {
    const folder = isInit ? sls.split('.') : sls.split('.').slice(0, -1)
    const full = pattern.startsWith('.') ? [...folder, pattern.slice(1)].join('.') : pattern.replaceAll('/', '.')
    const names = await this.#run.files.matching(this.#saltenv, full)
    return names.length > 0 ? names.filter((name) => name !== sls || names.length === 1) : [full]
  }

  #missing(sls: string): void {
    const { ignored, parts } = this.#run
    if (ignored.get(this.#saltenv)?.has(sls) === true) {
      parts.log.debug('a file of pillar is not there, which the top file permits', { sls, saltenv: this.#saltenv })
    } else if (parts.environments.names.includes(this.#saltenv)) {
      this.#run.fail(
        `Specified SLS '${sls}' in environment '${this.#saltenv}' is not available on the salt master${this.#reachedFrom()}`,
      )
    } else this.#run.fail(`No matching pillar environment for environment '${this.#saltenv}' found`)
  }

  #reachedFrom(): string {
    return this.#chain.length === 0 ? '' : ` (included by ${this.#chain.toReversed().join(', which is included by ')})`
  }
}

function includeOf(item: Value, variables: Variables): Include {
  const [first] = item instanceof Map ? item : []
  if (first === undefined) return { pattern: str(item), defaults: variables, key: undefined }
  const [name, options] = first
  const more = toPlain(options)
  const { defaults, key } = isRecord(more) ? more : {}
  return {
    pattern: str(name),
    defaults: isRecord(defaults) ? defaults : {},
    key: typeof key === 'string' && key !== '' ? key : undefined,
  }
}

function under(key: string | undefined, value: Value): Value {
  if (key === undefined) return value
  return key.split(':').reduceRight((inner: Value, name) => new Dict([[name, inner]]), value)
}
