/** Names and docs of all plugins of one kind, and the way from a name to what it stands for. */
import { compareText, nearest } from '../../base/text.ts'
import type { Catalogue, FunctionDoc, Grains, LoadedFunction, Unavailable } from '../plugin.ts'

/** What modules and runners have in common. */
export interface PluginDefinition<D> {
  readonly name: string
  readonly doc: string
  available?(host: { readonly grains: Grains }): true | string
  readonly functions: Readonly<Record<string, D>>
}

export interface RegistryEntry<D> {
  /** The name that it is called by; several entries may share one (`pkg`), the first that is available wins. */
  readonly name: string
  readonly functions: readonly string[]
  /** Whether it may be unavailable on some hosts. */
  readonly guarded: boolean
  load(): Promise<PluginDefinition<D>>
}

/** Docs of one module as generated: a JSON value. */
export interface ModuleDocs {
  readonly doc: string
  readonly functions: Readonly<Record<string, FunctionDoc>>
}

/** A generated registry of one kind of plugin. */
export interface Registry<D> {
  readonly entries: readonly RegistryEntry<D>[]
  loadDocs(): Promise<Readonly<Record<string, ModuleDocs>>>
}

export interface CatalogueHost {
  readonly grains: Grains
  /** Names that may not be used, and the only ones that may (Salt's `disable_modules` and `whitelist_modules`). */
  readonly disabled?: readonly string[]
  /** Empty: all. */
  readonly only?: readonly string[]
}

/** What the description of a function consists of, whatever runs it. */
type Described = FunctionDoc

interface UserPlugins<D> {
  readonly modules: ReadonlyMap<string, PluginDefinition<D>>
  /** Module name → why it could not be loaded. */
  readonly faults: ReadonlyMap<string, string>
}

export class PluginCatalogue<D extends Described> implements Catalogue<D> {
  readonly #registry: Registry<D>
  readonly #host: CatalogueHost
  #user: UserPlugins<D> = { modules: new Map(), faults: new Map() }
  #names: readonly string[] | undefined
  readonly #loaded = new Map<RegistryEntry<D>, Promise<PluginDefinition<D>>>()

  /** @param host its grains are read only when a module depends on them. */
  constructor(registry: Registry<D>, host: CatalogueHost) {
    this.#registry = registry
    this.#host = host
  }

  /** Replaces the user's own modules; one with the name of a built-in module hides it. */
  setUserModules(modules: readonly PluginDefinition<D>[], faults: Readonly<Record<string, string>> = {}): void {
    this.#user = {
      modules: new Map(modules.map((definition) => [definition.name, definition])),
      faults: new Map(Object.entries(faults)),
    }
    this.#names = undefined
  }

  names(): readonly string[] {
    this.#names ??= [...new Set(this.#listNames())].sort(compareText)
    return this.#names
  }

  async availableNames(): Promise<readonly string[]> {
    const guarded = this.#registry.entries.filter((entry) => entry.guarded).map((entry) => entry.name)
    const behind = new Map<string, Readonly<Record<string, D>>>()
    for (const module of new Set(guarded)) {
      const provider = await this.#provider(module)
      // Several providers share a name, and not every one has all functions.
      behind.set(module, typeof provider === 'object' ? provider.functions : {})
    }
    return this.names().filter((name) => {
      const [module, fun] = splitName(name)
      const functions = behind.get(module)
      return functions === undefined || Object.hasOwn(functions, fun)
    })
  }

  async describe(name: string): Promise<FunctionDoc | undefined> {
    const [module, fun] = splitName(name)
    const user = this.#user.modules.get(module)
    if (user !== undefined) return ownValue(user.functions, fun)
    const docs = await this.#registry.loadDocs()
    return ownValue(ownValue(docs, module)?.functions ?? {}, fun)
  }

  async moduleDoc(module: string): Promise<string | undefined> {
    const user = this.#user.modules.get(module)
    if (user !== undefined) return user.doc
    return ownValue(await this.#registry.loadDocs(), module)?.doc
  }

  async load(name: string): Promise<LoadedFunction<D> | Unavailable> {
    const [module, fun] = splitName(name)
    const provider = await this.#provider(module)
    if (typeof provider === 'string') return this.#unavailable(name, provider)
    const definition = provider === undefined ? undefined : ownValue(provider.functions, fun)
    if (definition === undefined) return this.#unavailable(name, `'${name}' is not available.`)
    return { kind: 'loaded', name, definition }
  }

  #unavailable(name: string, message: string): Unavailable {
    return { kind: 'unavailable', message, nearest: nearest(name, this.names()) }
  }

  /** The module behind a name, undefined where there is none, or the reason why it cannot be used. */
  async #provider(module: string): Promise<PluginDefinition<D> | string | undefined> {
    const { disabled = [], only = [] } = this.#host
    if (disabled.includes(module)) return `'${module}' is not available: disable_modules names it`
    if (only.length > 0 && !only.includes(module))
      return `'${module}' is not available: whitelist_modules does not name it`
    const user = this.#user.modules.get(module)
    if (user !== undefined) return user
    const reasons: string[] = []
    for (const entry of this.#registry.entries) {
      if (entry.name !== module) continue
      const definition = await this.#load(entry)
      const verdict = definition.available?.(this.#host) ?? true
      if (verdict === true) return definition
      reasons.push(verdict)
    }
    if (reasons.length > 0) return `'${module}' __virtual__ returned False: ${reasons.join('; ')}`
    const fault = this.#user.faults.get(module)
    return fault === undefined ? undefined : `'${module}' is not available: ${fault}`
  }

  #load(entry: RegistryEntry<D>): Promise<PluginDefinition<D>> {
    const known = this.#loaded.get(entry)
    if (known !== undefined) return known
    const loading = entry.load()
    this.#loaded.set(entry, loading)
    return loading
  }

  *#listNames(): Iterable<string> {
    for (const entry of this.#registry.entries) {
      if (this.#user.modules.has(entry.name)) continue
      for (const fun of entry.functions) yield `${entry.name}.${fun}`
    }
    for (const module of this.#user.modules.values()) {
      for (const fun of Object.keys(module.functions)) yield `${module.name}.${fun}`
    }
  }
}

function splitName(name: string): readonly [string, string] {
  const dot = name.indexOf('.')
  return dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)]
}

function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
