/** SLS files to high data: rendered, with what they include, put together under ids that are there once. */
import type { FunctionContext } from '../../plugin.ts'
import { type RenderedPlace, type RenderedSls, renderSls } from '../../render/render-sls.ts'
import { TemplateWorld } from '../../render/template-world.ts'
import { equals } from '../../render/values/compare.ts'
import { Dict } from '../../render/values/dict.ts'
import type { Value } from '../../render/values/kinds.ts'
import { isPattern } from '../../sls/sls-names.ts'
import { type Declarations, declaredStates, numberStates, readDeclarations } from './declarations.ts'
import { envOf, isMapping, slsOf } from './high-data.ts'
import { absoluteName } from './include-names.ts'
import { IncludeTargets } from './include-targets.ts'
import {
  type BodyPlaces,
  type FaultKind,
  type IncludeChain,
  placeText,
  renderFault,
  type StateFault,
} from './state-fault.ts'
import { type SlsFile, StateFiles } from './state-files.ts'

/** Environment → names or patterns of SLS files, in the order in which they are wanted. */
export type SlsMatches = ReadonlyMap<string, readonly string[]>

export interface GatheredStates {
  /** With `__extend__` and `__exclude__` where there are such. */
  readonly high: Dict
  readonly faults: readonly StateFault[]
  /** Body of an id or of an extension → where it stands. */
  readonly places: BodyPlaces
}

/** A file that was rendered, as others may look at it: nothing of it must be changed. */
export interface DeclaredFile {
  readonly sls: string
  readonly saltenv: string
  /** Below the file roots. */
  readonly path: string
  readonly rendered: RenderedSls
  readonly declarations: Declarations
}

export interface GatherOptions {
  readonly world?: TemplateWorld
  /** Files that were rendered already, by environment and name: several gatherers may share them. */
  readonly kept?: Map<string, Promise<RenderedSls>>
  /** Told of each file before anything of others is put into it. */
  readonly onDeclared?: (file: DeclaredFile) => void
  /** Told of each include within an environment, by the names of the two files. */
  readonly onInclude?: (from: string, to: string) => void
}

interface Asked {
  readonly sls: string
  readonly saltenv: string
  readonly chain: IncludeChain
}

/** A file at work. */
interface SlsAtWork extends Asked {
  readonly file: SlsFile
  readonly rendered: RenderedSls
}

export class StateGatherer {
  readonly files: StateFiles
  readonly #ctx: FunctionContext
  readonly #options: GatherOptions
  readonly #world: TemplateWorld
  readonly #faults: StateFault[] = []
  readonly #places = new WeakMap<object, RenderedPlace>()
  readonly #done = new Set<string>()
  #includes: IncludeTargets
  #order = 10_000

  constructor(ctx: FunctionContext, options: GatherOptions = {}) {
    this.#ctx = ctx
    this.#options = options
    this.#world = options.world ?? new TemplateWorld(ctx)
    this.files = new StateFiles(this.#world.texts)
    this.#includes = new IncludeTargets(this.files, [])
  }

  /** Renders what is wanted and what that includes. May be called once. */
  async gather(matches: SlsMatches): Promise<GatheredStates> {
    this.#includes = new IncludeTargets(this.files, [...matches.keys()])
    const high = new Dict()
    for (const [saltenv, names] of matches) {
      if (!(await this.files.hasEnvironment(saltenv))) {
        this.#faults.push({
          kind: 'environment',
          sentence: `No matching salt environment for environment '${saltenv}' found`,
        })
        continue
      }
      this.files.expect(saltenv, names)
      for (const wanted of names) await this.#gatherMatching(high, saltenv, wanted)
    }
    dropDoubleExtends(high)
    return { high, faults: this.#faults, places: this.#places }
  }

  /** As `renderSls`, with the options that say which renderers there may be. */
  render(file: SlsFile, saltenv: string, sls: string): Promise<RenderedSls> {
    const { kept } = this.#options
    const key = `${saltenv}:${file.path}`
    const known = kept?.get(key)
    if (known !== undefined) return known
    const rendering = this.#render(file, saltenv, sls)
    kept?.set(key, rendering)
    return rendering
  }

  #render(file: SlsFile, saltenv: string, sls: string): Promise<RenderedSls> {
    const { config } = this.#ctx
    const renderer = config.get('renderer')
    return renderSls(this.#world, {
      text: file.text,
      file: file.path,
      hostPath: file.hostPath,
      saltenv,
      sls,
      ...(typeof renderer === 'string' && renderer !== '' ? { renderer } : {}),
      allowed: namesOf(config.get('renderer_whitelist')),
      denied: namesOf(config.get('renderer_blacklist')),
    })
  }

  async #gatherMatching(high: Dict, saltenv: string, wanted: string): Promise<void> {
    for (const sls of await this.#named(saltenv, wanted)) {
      if (this.#done.has(`${saltenv}:${sls}`)) continue
      await this.#gatherFile(high, { sls, saltenv, chain: [] })
    }
  }

  /** What a pattern means; where that is nothing, and for any other name, the name itself: the file will be missed. */
  async #named(saltenv: string, wanted: string): Promise<readonly string[]> {
    const found = isPattern(wanted) ? await this.files.matching(saltenv, wanted) : []
    return found.length === 0 ? [wanted] : found
  }

  /** Adds the states of a file and of all that it includes. */
  async #gatherFile(into: Dict, asked: Asked): Promise<void> {
    const { sls, saltenv, chain } = asked
    this.#done.add(`${saltenv}:${sls}`)
    let file: SlsFile | undefined
    let rendered: RenderedSls
    try {
      file = await this.files.find(saltenv, sls)
      if (file === undefined) {
        this.#faults.push(missingFault(asked))
        return
      }
      rendered = await this.render(file, saltenv, sls)
    } catch (error) {
      this.#ctx.signal.throwIfAborted()
      this.#faults.push(renderFault(saltenv, sls, error, chain))
      return
    }
    if (!isMapping(rendered.value)) {
      const sentence = `SLS ${sls} does not render to a dictionary`
      this.#faults.push({ kind: 'form', sentence, place: rendered.placeOf([]), chain })
      return
    }
    await this.#gatherStates(into, rendered.value, { ...asked, file, rendered })
  }

  async #gatherStates(into: Dict, rendered: ReadonlyMap<Value, Value>, work: SlsAtWork): Promise<void> {
    const { sls, saltenv } = work
    const declarations = readDeclarations(rendered, {
      sls,
      saltenv,
      report: (sentence, ...path) => this.#report('form', sentence, work, path),
    })
    this.#options.onDeclared?.({ sls, saltenv, path: work.file.path, rendered: work.rendered, declarations })
    const states = declaredStates(declarations)
    this.#remember(declarations.high, work, [])
    for (const bodies of declarations.extend) this.#remember(bodies, work, ['extend'])
    this.#merge(into, states)
    this.#expectIncludes(declarations.include, work)
    for (const [index, item] of declarations.include.entries()) await this.#include(into, item, index, work)
    if (this.#ctx.config.get('state_auto_order') !== false) numberStates(states, () => this.#order++)
  }

  #remember(bodies: Dict, { rendered }: SlsAtWork, path: readonly string[]): void {
    for (const [id, body] of bodies) {
      if (isMapping(body)) this.#places.set(body, rendered.placeOf([...path, String(id)]))
    }
  }

  #expectIncludes(include: readonly Value[], { sls, saltenv, file }: SlsAtWork): void {
    const names = include.filter((item) => typeof item === 'string')
    const from = { sls, isInit: isInit(file) }
    this.files.expect(
      saltenv,
      names.flatMap((name) => absoluteName(name, from) ?? []),
    )
  }

  async #include(into: Dict, item: Value, index: number, work: SlsAtWork): Promise<void> {
    const path = ['include', index]
    const target = await this.#includes.resolve(item, { ...work, isInit: isInit(work.file) })
    if ('fault' in target) {
      this.#report('include', target.fault, work, path)
      return
    }
    const chain = [work.rendered.placeOf(path), ...work.chain]
    for (const sls of await this.#named(target.saltenv, target.sls)) {
      if (target.saltenv === work.saltenv) this.#options.onInclude?.(work.sls, sls)
      if (this.#done.has(`${target.saltenv}:${sls}`)) continue
      await this.#gatherFile(into, { sls, saltenv: target.saltenv, chain })
    }
  }

  #merge(into: Dict, states: Dict): void {
    for (const [id, body] of states) {
      const known = into.get(id)
      if (isReserved(id) && Array.isArray(known) && Array.isArray(body)) {
        into.set(id, [...known, ...body])
        continue
      }
      if (known !== undefined && !equals(known, body)) this.#faults.push(this.#conflict(id, known, body))
      into.set(id, body)
    }
  }

  #conflict(id: Value, known: Value, body: Value): StateFault {
    const of = (one: Value): string => (isMapping(one) ? `${envOf(one)}:${slsOf(one)}` : '')
    const sentence = `Detected conflicting IDs, SLS IDs need to be globally unique.\n    The conflicting ID is '${String(id)}' and is found in SLS '${of(known)}' and SLS '${of(body)}'`
    const places = [known, body].flatMap((one) => (isMapping(one) ? (this.#places.get(one) ?? []) : []))
    const [place, ...others] = places
    return { kind: 'id-conflict', sentence, place, more: others.map((other) => `  at ${placeText(other)}`) }
  }

  #report(kind: FaultKind, sentence: string, work: SlsAtWork, path: readonly (string | number)[]): void {
    const { rendered, chain } = work
    this.#faults.push({ kind, sentence, place: rendered.placeOf(path), chain })
  }
}

function isInit({ path }: SlsFile): boolean {
  return path.endsWith('/init.sls')
}

function missingFault({ sls, saltenv, chain }: Asked): StateFault {
  const [place, ...outer] = chain
  const sentence =
    place === undefined
      ? `No matching sls found for '${sls}' in env '${saltenv}'`
      : `Specified SLS ${sls} in saltenv ${saltenv} is not available on the salt master or through a configured fileserver`
  return { kind: 'sls-missing', sentence, place, chain: outer }
}

function isReserved(id: Value): boolean {
  return id === '__extend__' || id === '__exclude__'
}

/** A file that several include extends only once. */
function dropDoubleExtends(high: Dict): void {
  const extend = high.get('__extend__')
  if (!Array.isArray(extend)) return
  const known = new Map<Value, Value[]>()
  const single: Dict[] = []
  for (const [id, body] of extend.flatMap((bodies) => (isMapping(bodies) ? [...bodies] : []))) {
    const others = known.get(id) ?? []
    if (others.some((other) => equals(other, body))) continue
    known.set(id, [...others, body])
    single.push(new Dict([[id, body]]))
  }
  high.set('__extend__', single)
}

function namesOf(option: unknown): readonly string[] {
  return Array.isArray(option) ? option.filter((name) => typeof name === 'string') : []
}
