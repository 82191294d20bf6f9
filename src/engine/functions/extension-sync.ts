/** Brings the user's own plugins from the file server into the folder of their kind. */

import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { resolveInside, writeFileAtomic } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import { splitWords } from '../arguments/comma-list.ts'
import type { ConfigView, FunctionContext } from '../plugin.ts'
import { syncedFolder } from './extension-folders.ts'
import { type FileSource, type FileSourceHost, fileSourceOf, type ServedFile } from './file-source.ts'
import { isExecutable, pluginName, pluginNames } from './plugin-files.ts'

/** What a minion syncs, from the folder `_<kind>`. */
export const syncKinds = ['modules', 'grains', 'states', 'returners', 'beacons', 'output', 'utils'] as const
/** What a master does. */
export const masterSyncKinds = ['runners', 'wheel', 'modules', 'returners', 'utils'] as const
export type SyncKind = (typeof syncKinds)[number] | (typeof masterSyncKinds)[number]

/** What is synced to: a minion, or the host of a master. */
export type SyncHost = FileSourceHost

export interface SyncOptions {
  readonly saltenv?: unknown
  readonly extmod_whitelist?: unknown
  readonly extmod_blacklist?: unknown
}

/**
 * Brings the user's plugins of some kinds here, and loads them where anything has changed or vanished: kind → names of what is new or has
 * changed. Costs one question to the file server for each kind.
 */
export async function syncPlugins(
  ctx: FunctionContext,
  kinds: readonly SyncKind[],
  options: SyncOptions = {},
): Promise<Record<string, string[]>> {
  const synced = await Promise.all(kinds.map(async (kind) => ({ kind, ...(await syncKind(ctx, kind, options)) })))
  const moved = synced.filter(({ changed, hasRemoved }) => changed.length > 0 || hasRemoved)
  await refreshPlugins(
    ctx,
    moved.map(({ kind }) => kind),
  )
  return Object.fromEntries(synced.map(({ kind, changed }) => [kind, changed]))
}

/** Lets the daemon take up what was synced. */
export async function refreshPlugins(ctx: FunctionContext, kinds: readonly SyncKind[]): Promise<void> {
  const changed = new Set(kinds)
  const isShared = changed.has('utils')
  const loaded = ['modules', 'states', 'returners', 'beacons'] as const
  if (isShared || loaded.some((kind) => changed.has(kind))) await ctx.services.refreshModules?.()
  if (isShared || changed.has('grains')) await ctx.services.refreshGrains?.()
}

/** Names of what is new or has changed (`modules.disk`), in order. What has vanished from the server is removed, unless `clean_dynamic_modules` is off. */
export async function syncExtensions(ctx: SyncHost, kind: SyncKind, options: SyncOptions): Promise<string[]> {
  return (await syncKind(ctx, kind, options)).changed
}

interface SyncedKind {
  readonly changed: string[]
  readonly hasRemoved: boolean
}

async function syncKind(ctx: SyncHost, kind: SyncKind, options: SyncOptions): Promise<SyncedKind> {
  const folder = syncedFolder(ctx.config, kind)
  const source = fileSourceOf(ctx)
  const wanted = await wantedFiles(ctx, source, kind, options)
  // An empty folder would have every command look for plugins.
  if (wanted.size > 0) await mkdir(folder, { recursive: true, mode: 0o700 })
  const present = await hashesBelow(folder)
  const names = [...wanted.keys()]
  const changed = new Set<string>()
  for (const [name, { saltenv, file }] of wanted) {
    if (present.get(name) === file.sha256) continue
    const content = await source.read(saltenv, file.path)
    if (content === undefined) continue
    const path = resolveInside(folder, name)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFileAtomic(path, content, isExecutable(name, names) ? 0o700 : 0o600)
    changed.add(`${kind}.${pluginName(name)}`)
  }
  const isKept = ctx.config.get('clean_dynamic_modules') === false
  const removed = isKept ? [] : [...present.keys()].filter((name) => !wanted.has(name))
  for (const name of removed) await rm(resolveInside(folder, name), { force: true })
  return { changed: [...changed].sort(), hasRemoved: removed.length > 0 }
}

/** Kind → names of what has been fetched. */
export async function listExtensions(config: ConfigView): Promise<Record<string, string[]>> {
  const result: Record<string, string[]> = {}
  for (const kind of syncKinds) {
    const names = new Set(Array.from((await hashesBelow(syncedFolder(config, kind))).keys(), pluginName))
    if (names.size > 0) result[kind] = [...names].sort()
  }
  return result
}

interface WantedFile {
  readonly saltenv: string
  readonly file: ServedFile
}

async function wantedFiles(
  ctx: SyncHost,
  source: FileSource,
  kind: SyncKind,
  options: SyncOptions,
): Promise<ReadonlyMap<string, WantedFile>> {
  const allowed = namesFor(options.extmod_whitelist ?? ctx.config.get('extmod_whitelist'), kind)
  const refused = namesFor(options.extmod_blacklist ?? ctx.config.get('extmod_blacklist'), kind)
  const prefix = `_${kind}/`
  const wanted = new Map<string, WantedFile>()
  for (const saltenv of environments(options.saltenv ?? ctx.config.get('saltenv'))) {
    const served = new Map(
      (await source.list(saltenv, `_${kind}`)).map((file) => [withoutPrefix(file.path, prefix), file]),
    )
    for (const name of pluginNames([...served.keys()])) {
      const file = served.get(name)
      const plugin = pluginName(name)
      if (file === undefined || wanted.has(name)) continue
      if ((allowed.length > 0 && !allowed.includes(plugin)) || refused.includes(plugin)) continue
      wanted.set(name, { saltenv, file })
    }
  }
  return wanted
}

function environments(saltenv: unknown): readonly string[] {
  const names = words(saltenv)
  return names.length === 0 ? ['base'] : names
}

/** A list, a text with commas, or a mapping from kind to either. */
function namesFor(option: unknown, kind: SyncKind): readonly string[] {
  return words(isRecord(option) ? option[kind] : option)
}

function words(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  return splitWords(list.map(String))
}

function withoutPrefix(path: string, prefix: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}

/** Relative path → SHA-256 of every file; empty where there is no such folder. */
async function hashesBelow(folder: string): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>()
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const content = await readFile(path)
    hashes.set(path.slice(folder.length + 1).replaceAll('\\', '/'), createHash('sha256').update(content).digest('hex'))
  }
  return hashes
}
