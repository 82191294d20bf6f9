import { hostname } from 'node:os'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { createFunctionContext } from '../../engine/functions/context.ts'
import { hasUserPlugins } from '../../engine/functions/extension-folders.ts'
import { GrainsSource } from '../../engine/functions/grains.ts'
import type { ContextRequest } from '../../engine/pillar/compile-pillar.ts'
import type { ConfigView, FunctionContext, FunctionServices, Grains, JobContext } from '../../engine/plugin.ts'
import { type Catalogues, createCatalogues } from '../../plugins/catalogues.ts'
import { grainsRegistry } from '../../plugins/registry.ts'

export interface LocalCall {
  readonly fun: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
}

export interface LocalContextOptions {
  readonly signal: AbortSignal
  readonly job?: JobContext
  readonly services?: FunctionServices
}

export interface LocalFunctionsOptions {
  readonly config: ConfigView
  readonly log: Log
  readonly bus: EventBus
  /** For `saltutil.runner`: what runs inside the master may ask its runners, as in Salt. */
  readonly runner: NonNullable<FunctionServices['runner']>
}

interface LoadedFunctions {
  readonly catalogues: Catalogues
  grains(): Grains
}

/**
 * Execution functions on the host of the master, with its configuration, as if a minion were there (`salt run salt.cmd`). Modules
 * and grains are loaded by the first call.
 */
export class LocalFunctions {
  readonly #options: LocalFunctionsOptions
  #loaded: Promise<LoadedFunctions> | undefined

  constructor(options: LocalFunctionsOptions) {
    this.#options = options
  }

  /** What a function gets that is called on the host of the master. */
  async context({ signal, job, services }: LocalContextOptions): Promise<FunctionContext> {
    this.#loaded ??= this.#load()
    const { catalogues, grains } = await this.#loaded
    const { config, log, bus, runner } = this.#options
    const { context } = createFunctionContext({
      id: masterId(),
      grains,
      config,
      log,
      signal,
      job,
      ...catalogues,
      services: { runner, ...services },
      emit: async (tag, data) => {
        bus.fire(tag, data)
        return true
      },
    })
    return context
  }

  /** Throws what the function throws; `unknown-function` where there is none. */
  async call({ fun, args, kwargs, signal }: LocalCall): Promise<unknown> {
    const context = await this.context({ signal })
    return await context.salt(fun, args, kwargs)
  }

  /** The next call loads modules and grains anew. */
  reload(): void {
    this.#loaded = undefined
  }

  /** The functions of this host under the name and with the facts of a minion: what its pillar is made with. */
  async contextFor(
    minion: Omit<ContextRequest, 'services'> & { services: FunctionServices },
  ): Promise<FunctionContext> {
    const { id, grains, pillar, log } = minion
    this.#loaded ??= this.#load()
    const { catalogues } = await this.#loaded
    const { config, runner } = this.#options
    const services = { ...minion.services, runner }
    const { signal } = new AbortController()
    return createFunctionContext({ id, grains: () => grains, pillar, config, log, signal, ...catalogues, services })
      .context
  }

  async #load(): Promise<LoadedFunctions> {
    const { config, log } = this.#options
    const source = new GrainsSource({ registry: grainsRegistry, config, log })
    await source.prepare()
    const grains = (): Grains => ({ ...source.read(), id: masterId() })
    const catalogues = createCatalogues({
      get grains() {
        return grains()
      },
    })
    if (hasUserPlugins(config)) {
      const { loadUserPlugins } = await import('../../engine/functions/user-plugins.ts')
      await loadUserPlugins(catalogues, config, log)
    }
    return { catalogues, grains }
  }
}

/** What Salt calls the master where it acts as a minion. */
export function masterId(): string {
  return `${hostname()}_master`
}
