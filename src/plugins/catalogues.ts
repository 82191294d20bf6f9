/** The plugins that a function reaches, for a host that decides which of them can be used. */
import { type CatalogueHost, PluginCatalogue } from '../engine/functions/catalogue.ts'
import { UserRegistry } from '../engine/functions/user-registry.ts'
import type { FunctionDefinition, RunnerFunctionDefinition, StateDefinition } from '../engine/plugin.ts'
import type { ReturnerDefinition, ReturnerRegistry } from '../engine/returner.ts'
import { moduleRegistry, returnerRegistry, runnerRegistry, stateRegistry } from './registry.ts'

/** Named as in the inputs of a function's context. */
export interface Catalogues {
  readonly catalogue: PluginCatalogue<FunctionDefinition>
  readonly states: PluginCatalogue<StateDefinition>
  readonly runners: PluginCatalogue<RunnerFunctionDefinition>
  readonly returners: ReturnerRegistry
  /** What `returners` comes of. */
  readonly userReturners: UserRegistry<ReturnerDefinition>
}

/** @param host its grains are read only when a plugin depends on them. */
export function createCatalogues(host: CatalogueHost): Catalogues {
  const userReturners = new UserRegistry(returnerRegistry)
  return {
    catalogue: new PluginCatalogue(moduleRegistry, host),
    states: new PluginCatalogue(stateRegistry, host),
    runners: new PluginCatalogue(runnerRegistry, { grains: {} }),
    returners: userReturners.loaders,
    userReturners,
  }
}
