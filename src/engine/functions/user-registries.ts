/** Brings returners and beacons of the user's own into their registries. Most hosts have none, and do not load what runs them. */
import type { Log } from '../../base/log.ts'
import type { BeaconDefinition } from '../beacon.ts'
import type { ConfigView } from '../plugin.ts'
import type { ReturnerDefinition } from '../returner.ts'
import { extensionFolders } from './extension-folders.ts'
import { type PluginFile, pluginFiles } from './plugin-files.ts'
import type { UserRegistry } from './user-registry.ts'

export interface LoadingHost {
  readonly config: ConfigView
  readonly log: Log
}

/** Where a file has changed. A faulty one is logged; what is given to it waits until it is mended. Whether there was anything to load. */
export async function loadUserReturners(
  registry: UserRegistry<ReturnerDefinition>,
  { config, log }: LoadingHost,
): Promise<boolean> {
  const files = await filesFor(registry, config, 'returners')
  if (files === undefined) return false
  const { fillReturners } = await import('./user-returners.ts')
  return await fillReturners(registry, files, { shared: extensionFolders(config, 'utils'), log })
}

/** The same for beacons; a faulty one cannot be used until it is mended. */
export async function loadUserBeacons(
  registry: UserRegistry<BeaconDefinition>,
  host: LoadingHost & { readonly id: string },
): Promise<boolean> {
  const files = await filesFor(registry, host.config, 'beacons')
  if (files === undefined) return false
  const { fillBeacons } = await import('./user-beacons.ts')
  return await fillBeacons(registry, files, { shared: extensionFolders(host.config, 'utils'), ...host })
}

/** Undefined where there are none, and were none before. */
async function filesFor(
  registry: { readonly hasOwn: boolean },
  config: ConfigView,
  kind: string,
): Promise<readonly PluginFile[] | undefined> {
  const files = await pluginFiles(extensionFolders(config, kind))
  return files.length === 0 && !registry.hasOwn ? undefined : files
}
