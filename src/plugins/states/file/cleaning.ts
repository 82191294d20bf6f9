/** `clean` of folders: what is in them and belongs to no state that they require. */
import { posix } from 'node:path'
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import type { LowChunk } from '../../../engine/state/low-chunk.ts'
import { isFolder } from '../../modules/file/status.ts'
import { walkFolder } from './folder-walk.ts'
import { pathTest } from './patterns.ts'
import { recursedPaths } from './recurse-files.ts'

/** Paths that the states of files that this one requires manage, at or below a folder. */
export async function keptPaths(ctx: StateContext, folder: string): Promise<Set<string>> {
  const kept = new Set<string>()
  for (const chunk of requiredFiles(ctx)) {
    const path = posix.normalize(chunk.name)
    if (!isFolder(path)) kept.add(path)
    else if (isWithin(folder, path)) for (const one of await pathsOf(ctx, chunk, path)) kept.add(one)
  }
  return kept
}

function requiredFiles({ chunk, run }: StateContext): LowChunk[] {
  const ids = chunk.requisites
    .filter(({ kind, state }) => kind === 'require' && (state === 'file' || state === undefined))
    .map(({ id }) => id)
  return run.chunks.filter((other) => other.state === 'file' && (ids.includes(other.id) || ids.includes(other.name)))
}

async function pathsOf(ctx: StateContext, chunk: LowChunk, path: string): Promise<string[]> {
  if (chunk.fun === 'recurse') return await recursedPaths(ctx, path, isRecord(chunk.args) ? chunk.args : {}, chunk.env)
  return [path, ...Array.from(walkFolder(path)).flatMap(({ folders, files }) => [...folders, ...files])]
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

/** What is to go: files and folders below the folder; of a folder that goes, all that is in it. */
export function pathsToClean(folder: string, kept: ReadonlySet<string>, exclude: unknown): string[] {
  const isMeant = pathTest(undefined, exclude)
  const parents = new Set<string>()
  for (const path of kept)
    for (let at = posix.dirname(path); at !== posix.dirname(at); at = posix.dirname(at)) parents.add(at)
  const isKept = (path: string): boolean => kept.has(path) || parents.has(path)
  const below = Array.from(walkFolder(folder)).flatMap(({ folders, files }) => [...files, ...folders])
  const excluded = below.filter((path) => !isMeant(posix.relative(folder, path)))
  // A folder with something that stays in it stays.
  for (const path of excluded)
    for (let at = posix.dirname(path); at !== folder && at !== posix.dirname(at); at = posix.dirname(at))
      parents.add(at)
  const staying = new Set(excluded)
  return below.filter((path) => !isKept(path) && !staying.has(path))
}

/** Of those, the ones that are in no other: removing them removes all. */
export function topmost(paths: readonly string[]): string[] {
  const all = new Set(paths)
  return paths.filter((path) => {
    for (let at = posix.dirname(path); at !== posix.dirname(at); at = posix.dirname(at)) if (all.has(at)) return false
    return true
  })
}

/** Removes them. Throws `execution-failed` for the first that cannot be. */
export async function removeAll(ctx: StateContext, paths: readonly string[]): Promise<void> {
  for (const path of paths) await ctx.salt('file.remove', [path])
}
