/** Files of user plugins in a folder: scripts that run in a thread, and executables with a description beside them. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

const script = /\.(?:ts|js|mjs)$/
const sidecar = /\.json$/

export interface PluginFile {
  readonly path: string
  /** Without ending: `disk` of `disk.ts`, `disk_health` of `disk_health.py`. */
  readonly name: string
  /** Description of an executable; undefined for a script. */
  readonly sidecar: string | undefined
}

/** Names of the files of one folder (slashes and all, where they lie deeper) that are plugins or belong to one. */
export function pluginNames(names: readonly string[]): readonly string[] {
  const described = new Set(names.filter((name) => sidecar.test(name)).map(withoutEnding))
  const withCompanion = new Set(names.filter((name) => isExecutableOf(described, name)).map(withoutEnding))
  return names.filter(
    (name) =>
      script.test(name) ||
      isExecutableOf(described, name) ||
      (sidecar.test(name) && withCompanion.has(withoutEnding(name))),
  )
}

/** Whether a file among these is to be run by the system. */
export function isExecutable(name: string, names: readonly string[]): boolean {
  const described = new Set(names.filter((other) => sidecar.test(other)).map(withoutEnding))
  return isExecutableOf(described, name)
}

/** `lib/disk.ts` → `lib.disk` */
export function pluginName(name: string): string {
  return withoutEnding(name).replaceAll('/', '.')
}

/** Plugins of these folders, in the order of folders and names; what begins with `_` is there for others to import. */
export async function pluginFiles(folders: readonly string[]): Promise<readonly PluginFile[]> {
  const files: PluginFile[] = []
  for (const folder of folders) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => !/^[._]/.test(name)).sort()
    const plugins = new Set(pluginNames(names))
    for (const name of names) {
      if (!plugins.has(name) || sidecar.test(name)) continue
      const bare = withoutEnding(name)
      const described = script.test(name) ? undefined : join(folder, `${bare}.json`)
      files.push({ path: join(folder, name), name: bare, sidecar: described })
    }
  }
  return files
}

function isExecutableOf(described: ReadonlySet<string>, name: string): boolean {
  return !script.test(name) && !sidecar.test(name) && described.has(withoutEnding(name))
}

function withoutEnding(name: string): string {
  return name.replace(/(?<=[^/])\.[A-Za-z0-9]+$/, '')
}
