/** Where the user's own plugins lie: those synced from the master, and folders that the configuration names. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigView } from '../plugin.ts'

/** `KIND` below `extension_modules`, or below `extmods` in `cachedir`: what `saltutil.sync_…` fills. */
export function syncedFolder(config: ConfigView, kind: string): string {
  const configured = config.get('extension_modules')
  if (typeof configured === 'string' && configured !== '') return join(configured, kind)
  return join(String(config.get('cachedir')), 'extmods', kind)
}

/** Folders that exist, the synced one first; like Salt's, an entry of `module_dirs` holds `KIND` or `_KIND`. */
export function extensionFolders(config: ConfigView, kind: string): readonly string[] {
  const named = config.get('module_dirs')
  const more = Array.isArray(named)
    ? named.flatMap((folder) => [join(String(folder), kind), join(String(folder), `_${kind}`)])
    : []
  return [syncedFolder(config, kind), ...more].filter((folder) => existsSync(folder))
}

/** Whether the user has modules, states or returners of their own here. */
export function hasUserPlugins(config: ConfigView): boolean {
  return ['modules', 'states', 'returners'].some((kind) => extensionFolders(config, kind).length > 0)
}

/** Folders of runners or wheel functions of a master: the synced one, those of `module_dirs`, and for runners those of `runner_dirs`. */
export function masterExtensionFolders(config: ConfigView, kind: 'runners' | 'wheel'): readonly string[] {
  const named = kind === 'runners' ? config.get('runner_dirs') : undefined
  const more = Array.isArray(named) ? named.map(String).filter((folder) => existsSync(folder)) : []
  return [...extensionFolders(config, kind), ...more]
}

export function hasUserRunners(config: ConfigView): boolean {
  return (['runners', 'wheel'] as const).some((kind) => masterExtensionFolders(config, kind).length > 0)
}
