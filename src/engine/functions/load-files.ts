/** From the files of user plugins to what they define, with the threads that run them. */
import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { PluginFile } from './plugin-files.ts'
import type { UserRegistry } from './user-registry.ts'
import type { PluginKind } from './user-thread.ts'
import { ThreadPool } from './user-thread-pool.ts'

export interface FileLoading<P> {
  readonly kind: PluginKind
  readonly log: Log
  fromScript(pool: ThreadPool, file: PluginFile): Promise<P>
  fromExecutable(file: PluginFile): P | Promise<P>
}

export interface LoadedFiles<P> {
  readonly loaded: readonly P[]
  /** Name of the file → why it cannot be loaded. */
  readonly faults: Readonly<Record<string, string>>
}

/** What each holder of plugins has, to let go of its threads when it is loaded anew. */
const loadedPools = new WeakMap<object, readonly ThreadPool[]>()

/**
 * A faulty file is logged, unless that was `told`, and hinders no other. The threads of what the holder had before end once they have
 * done their work.
 */
export async function loadFiles<P>(
  holder: object,
  files: readonly PluginFile[],
  { kind, log, fromScript, fromExecutable }: FileLoading<P>,
  told: Readonly<Record<string, string>> = {},
): Promise<LoadedFiles<P>> {
  const loaded: P[] = []
  const faults: Record<string, string> = {}
  const pools: ThreadPool[] = []
  for (const file of files) {
    try {
      if (file.sidecar !== undefined) loaded.push(await fromExecutable(file))
      else {
        const pool = new ThreadPool(file.path, kind, log)
        pools.push(pool)
        loaded.push(await fromScript(pool, file))
      }
    } catch (error) {
      const { message, where } = asSaltError(error)
      const reason = where === undefined ? message : `${where}: ${message}`
      faults[file.name] = reason
      if (told[file.name] !== reason) log.error(`A user plugin of ${kind} cannot be loaded`, { reason })
    }
  }
  for (const old of loadedPools.get(holder) ?? []) old.retire(pools.find(({ file }) => file === old.file))
  loadedPools.set(holder, pools)
  return { loaded, faults }
}

export interface RegistryLoading<D> extends FileLoading<D> {
  /** Folders of what the files may import. */
  readonly shared: readonly string[]
  /** What stands in for one that cannot be loaded. */
  standIn(name: string, reason: string): D
}

/** What the files of each registry were when they were loaded, and what of them could not be. */
const loadings = new WeakMap<object, { readonly stamp: string; readonly faults: LoadedFiles<unknown>['faults'] }>()

/**
 * Loads them into the registry, but not where nothing has changed: what runs goes on then. Where a file could not be loaded, all are
 * tried again, since it may have been for want of time. Whether it did.
 */
export function loadRegistry<D extends { readonly name: string }>(
  registry: UserRegistry<D>,
  files: readonly PluginFile[],
  loading: RegistryLoading<D>,
): Promise<boolean> {
  return registry.inTurn.run(async () => {
    const stamp = await stampOf(files, loading.shared)
    const before = loadings.get(registry)
    const isSame = before?.stamp === stamp
    if (isSame && Object.keys(before.faults).length === 0) return false
    const { loaded, faults } = await loadFiles(registry, files, loading, isSame ? before.faults : {})
    const broken = Object.entries(faults).map(([name, reason]) => loading.standIn(name, reason))
    registry.replace(loaded, broken)
    loadings.set(registry, { stamp, faults })
    return true
  })
}

/** A text that differs when a file beside these, or one that they share, was written, came or went. */
async function stampOf(files: readonly PluginFile[], shared: readonly string[]): Promise<string> {
  const folders = new Set([...files.map(({ path }) => dirname(path)), ...shared])
  const lines = await Promise.all(
    [...folders].map(async (folder) => {
      const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
      return entries
        .filter((entry) => !entry.isDirectory())
        .map(({ parentPath, name }) => stampOfFile(join(parentPath, name)))
    }),
  )
  return lines.flat().sort().join('\n')
}

/** Of the file itself where a link leads to it. */
function stampOfFile(path: string): string {
  const { ctimeMs = 0, size = 0, ino = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {}
  return `${path} ${ctimeMs} ${size} ${ino}`
}
