/**
 * The user's own plugins: those synced from the master, and those of `module_dirs`.
 *
 * A script runs in threads of its own, so that no fault in it can stall or end the daemon, and has the same shape as what is
 * built in: `export const disk = defineModule({ name, doc, functions: { usage: fn({ … }) } })`; a function that is exported as it
 * is will do. An executable of any language
 * has a description beside it.
 */
import { readFile } from 'node:fs/promises'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type {
  ConfigView,
  FunctionDefinition,
  FunctionDoc,
  GrainsDefinition,
  ModuleDefinition,
  StateDefinition,
} from '../plugin.ts'
import type { ReturnerDefinition } from '../returner.ts'
import type { PluginCatalogue, PluginDefinition } from './catalogue.ts'
import { extensionFolders } from './extension-folders.ts'
import { loadFiles } from './load-files.ts'
import { type PluginFile, pluginFiles } from './plugin-files.ts'
import { executableGrains, executableModule, executableStates } from './user-executable.ts'
import { pluginsIn } from './user-exports.ts'
import { functionOf, grainsOf } from './user-functions.ts'
import { loadUserReturners } from './user-registries.ts'
import type { UserRegistry } from './user-registry.ts'
import { statesOf } from './user-states.ts'
import type { PluginKind } from './user-thread.ts'
import { ThreadPool } from './user-thread-pool.ts'

export interface UserCatalogues {
  readonly catalogue: PluginCatalogue<FunctionDefinition>
  readonly states: PluginCatalogue<StateDefinition>
  readonly userReturners: UserRegistry<ReturnerDefinition>
}

/** Loads all modules, states and returners of the user. A faulty one is logged, and told to whoever calls it. */
export async function loadUserPlugins(catalogues: UserCatalogues, config: ConfigView, log: Log): Promise<void> {
  await fillCatalogue(catalogues.catalogue, {
    kind: 'modules',
    folders: extensionFolders(config, 'modules'),
    log,
    fromScript: modulesOf,
    fromExecutable: async (file) => [await executableModule(file)],
  })
  await fillCatalogue(catalogues.states, {
    kind: 'states',
    folders: extensionFolders(config, 'states'),
    log,
    fromScript: statesOf,
    fromExecutable: async (file) => [await executableStates(file)],
  })
  await loadUserReturners(catalogues.userReturners, { config, log })
}

export interface Filling<D> {
  readonly kind: PluginKind
  readonly folders: readonly string[]
  readonly log: Log
  fromScript(pool: ThreadPool, text: string): Promise<readonly PluginDefinition<D>[]>
  fromExecutable(file: PluginFile): Promise<readonly PluginDefinition<D>[]>
}

/** Puts the user's plugins of one kind in the place of those that the catalogue had. */
export async function fillCatalogue<D extends FunctionDoc>(
  catalogue: PluginCatalogue<D>,
  filling: Filling<D>,
): Promise<void> {
  const { folders, log } = filling
  const { loaded, faults } = await loadFiles(catalogue, await pluginFiles(folders), {
    ...{ kind: filling.kind, log },
    fromScript: async (pool) => await filling.fromScript(pool, await readFile(pool.file, 'utf8')),
    fromExecutable: (file) => filling.fromExecutable(file),
  })
  catalogue.setUserModules(loaded.flat(), faults)
}

/** Throws `bad-arguments` or `internal` with the line where the file is faulty. */
async function modulesOf(pool: ThreadPool, text: string): Promise<ModuleDefinition[]> {
  return pluginsIn(await pool.exports(), { file: pool.file, text }, 'modules', (module, fun, described) =>
    functionOf(pool, module, fun, described),
  )
}

/** The user's grains plugins. A faulty one is logged and left out. */
export async function loadUserGrains(config: ConfigView, log: Log): Promise<GrainsDefinition[]> {
  const found: GrainsDefinition[] = []
  for (const file of await pluginFiles(extensionFolders(config, 'grains'))) {
    try {
      if (file.sidecar !== undefined) found.push(await executableGrains(file, log))
      else found.push(...(await grainsOf(new ThreadPool(file.path, 'grains', log), file.name, log)))
    } catch (error) {
      const { message, where } = asSaltError(error)
      log.error('A user grains plugin cannot be loaded', { file: where ?? file.path, reason: message })
    }
  }
  return found
}
