/** The top files: which SLS files are for this minion. */
import { anyEnvironment } from '../../files/any-environment.ts'
import type { FunctionContext } from '../../plugin.ts'
import type { RenderedSls } from '../../render/render-sls.ts'
import { Dict } from '../../render/values/dict.ts'
import type { Value } from '../../render/values/kinds.ts'
import { topPath } from '../../sls/sls-names.ts'
import type { SlsMatches, StateGatherer } from '../compile/gather.ts'
import { isMapping } from '../compile/high-data.ts'
import { renderFault, type StateFault } from '../compile/state-fault.ts'
import type { SlsFile } from '../compile/state-files.ts'
import { matchTop } from './top-match.ts'
import { mergeTops, type TopTables } from './top-merge.ts'
import { verifyTop } from './top-verify.ts'

export interface TopAnswer {
  readonly matches: SlsMatches
  readonly faults: readonly StateFault[]
}

export class TopFiles {
  readonly #ctx: FunctionContext
  readonly #gatherer: StateGatherer
  readonly #faults: StateFault[] = []
  /** Files that were rendered, with what they came to. */
  readonly #rendered: { readonly table: ReadonlyMap<Value, Value>; readonly rendered: RenderedSls }[] = []

  constructor(ctx: FunctionContext, gatherer: StateGatherer) {
    this.#ctx = ctx
    this.#gatherer = gatherer
  }

  /** @param saltenv Only what is for this environment. */
  async matches(saltenv: string | undefined): Promise<TopAnswer> {
    const top = await this.merged(saltenv)
    if (this.#faults.length > 0) return { matches: new Map(), faults: this.#faults }
    const faults: StateFault[] = []
    const environments = verifyTop(top, (sentence, path) => faults.push(this.#placed(sentence, path)))
    if (faults.length > 0) return { matches: new Map(), faults }
    const known = new Set(['base', ...(await this.#gatherer.files.environments())])
    return { matches: matchTop(this.#ctx, environments, { saltenv, known }), faults: [] }
  }

  /** Environment → target → SLS files, of all top files that count. */
  async merged(saltenv: string | undefined): Promise<Dict> {
    const { config } = this.#ctx
    const strategy = textOf(config.get('top_file_merging_strategy')) ?? 'merge'
    const defaultTop = textOf(config.get('default_top')) ?? 'base'
    const tables = await this.#tables(saltenv)
    await this.#includeMore(tables)
    return mergeTops(tables, { strategy, defaultTop, warn: (text) => this.#ctx.log.warning(text) })
  }

  async #tables(saltenv: string | undefined): Promise<TopTables> {
    const from = textOf(this.#ctx.config.get('state_top_saltenv'))
    const environments = saltenv === undefined ? (from === undefined ? await this.#environments() : [from]) : [saltenv]
    const path = topPath(this.#ctx.config.get('state_top'))
    for (const one of environments) this.#gatherer.files.file(one, path).catch(() => {})
    const tables: TopTables = new Map()
    for (const one of environments) {
      const file = await this.#gatherer.files.file(one, path)
      const table = file === undefined ? undefined : await this.#render(file, one, '')
      tables.set(one, [table ?? new Dict()])
    }
    return tables
  }

  /** `env_order` says which of them there are; without it `base` comes first. */
  async #environments(): Promise<readonly string[]> {
    const served = (await this.#gatherer.files.environments()).filter((one) => one !== anyEnvironment)
    const order = this.#ctx.config.get('env_order')
    const wanted = Array.isArray(order) ? [...new Set(order.filter((one) => typeof one === 'string'))] : []
    if (wanted.length > 0) return served.length === 0 ? wanted : wanted.filter((one) => served.includes(one))
    return [...new Set(['base', ...served])]
  }

  /** `include` in a top file: SLS files that are top files, too. */
  async #includeMore(tables: TopTables): Promise<void> {
    for (const [saltenv, list] of tables) {
      const done = new Set<string>()
      for (const table of list) {
        const include = table.get('include')
        table.delete('include')
        for (const pattern of Array.isArray(include) ? include : []) {
          if (typeof pattern !== 'string') continue
          const found = await this.#gatherer.files.matching(saltenv, pattern)
          if (found.length === 0) {
            const sentence = `No matching sls found for '${pattern}' in env '${saltenv}'`
            this.#faults.push({ kind: 'sls-missing', sentence })
          }
          for (const sls of found) {
            if (done.has(sls)) continue
            done.add(sls)
            const file = await this.#gatherer.files.find(saltenv, sls)
            const more = file === undefined ? undefined : await this.#render(file, saltenv, sls)
            if (more !== undefined) list.push(more)
          }
        }
      }
    }
  }

  async #render(file: SlsFile, saltenv: string, sls: string): Promise<Dict | undefined> {
    let rendered: RenderedSls
    try {
      rendered = await this.#gatherer.render(file, saltenv, sls)
    } catch (error) {
      this.#ctx.signal.throwIfAborted()
      this.#faults.push(renderFault(saltenv, sls === '' ? file.path.replace(/\.sls$/, '') : sls, error, []))
      return undefined
    }
    const table: Value = rendered.value
    if (isMapping(table)) {
      this.#rendered.push({ table, rendered })
      return new Dict(table)
    }
    this.#faults.push({ kind: 'top', sentence: 'Top data was not formed as a dict', place: rendered.placeOf([]) })
    return undefined
  }

  /** With the place in the first file that has something there. */
  #placed(sentence: string, path: readonly Value[]): StateFault {
    const [saltenv, tgt] = path
    const has = (table: ReadonlyMap<Value, Value>): boolean => {
      const section = table.get(saltenv)
      return table.has(saltenv) && (tgt === undefined || (isMapping(section) && section.has(tgt)))
    }
    const found = this.#rendered.find(({ table }) => has(table))
    return { kind: 'top', sentence, place: found?.rendered.placeOf(path.map(String)) }
  }
}

function textOf(option: unknown): string | undefined {
  return typeof option === 'string' && option !== '' && option !== 'None' ? option : undefined
}
