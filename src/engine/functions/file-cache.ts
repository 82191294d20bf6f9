/** Files of the file server on this machine: fetched once, in parts, gone on with after a break, and checked by their hash. */
import { chmod, lstat, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { resolveInside } from '../../base/files.ts'
import type { ServedStatus } from '../../client/master-link.ts'
import { DamagedFile, hashOf, PartialFile } from '../files/partial-file.ts'
import type { FunctionContext } from '../plugin.ts'
import { type FileSource, fileSourceOf } from './file-source.ts'

/** Folder of what comes from an environment. */
export function cacheFolder(ctx: FunctionContext, saltenv: string): string {
  return resolveInside(join(String(ctx.config.get('cachedir')), 'files'), saltenv)
}

/** Folder of copies of files of this machine. */
export function localFilesFolder(ctx: FunctionContext): string {
  return join(String(ctx.config.get('cachedir')), 'localfiles')
}

/** Where the file of an environment lies once it is fetched. Throws `bad-path`. */
export function cachePath(ctx: FunctionContext, saltenv: string, path: string): string {
  return resolveInside(cacheFolder(ctx, saltenv), path)
}

/** Brings a file into the cache, if it is not there as the server has it. Undefined where the server has no such file. */
export async function cacheServedFile(
  ctx: FunctionContext,
  saltenv: string,
  path: string,
): Promise<string | undefined> {
  return await withStatus(fileSourceOf(ctx), { saltenv, path }, (status) => cacheKnownFile(ctx, saltenv, path, status))
}

/** A file that somebody writes on the server just then may change so often. */
const attempts = 3

/** Fetches a file as the server has it at last. Undefined where the server has no such file. */
export async function withStatus<Result>(
  source: Pick<FileSource, 'status'>,
  { saltenv, path }: { readonly saltenv: string; readonly path: string },
  fetch: (status: ServedStatus) => Promise<Result>,
): Promise<Result | undefined> {
  for (let attempt = 1; ; attempt++) {
    const status = await source.status(saltenv, path)
    if (status === undefined) return undefined
    try {
      return await fetch(status)
    } catch (error) {
      if (!(error instanceof DamagedFile) || attempt === attempts) throw error
    }
  }
}

/** As `cacheServedFile`, for a file whose status was asked for already. */
export async function cacheKnownFile(
  ctx: FunctionContext,
  saltenv: string,
  path: string,
  status: ServedStatus,
): Promise<string> {
  const target = cachePath(ctx, saltenv, path)
  const fetch = { saltenv, path, status, target, mode: 0o600, folderMode: 0o700, owner: ctx.id }
  await fetchServedFile(fileSourceOf(ctx), fetch)
  return target
}

/** Folders below `cachedir` that hold copies of files and nothing else: `cp.*` brings them anew. */
const copies = ['files', 'localfiles', 'extrn_files']

/** Removes what `cp.*` has cached. Answers the paths that could not be removed. */
export async function clearCopies(cachedir: string, isOld: (modifiedMs: number) => boolean): Promise<string[]> {
  const kept: string[] = []
  for (const folder of copies) {
    const entries = await readdir(join(cachedir, folder), { withFileTypes: true, recursive: true }).catch(() => [])
    for (const entry of entries) {
      if (entry.isDirectory()) continue
      const path = join(entry.parentPath, entry.name)
      try {
        if (isOld((await lstat(path)).mtimeMs)) await rm(path)
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') kept.push(path)
      }
    }
  }
  return kept.sort()
}

export interface Fetch {
  readonly saltenv: string
  readonly path: string
  readonly status: ServedStatus
  readonly target: string
  readonly mode: number
  readonly folderMode: number
  /** Id of the minion. */
  readonly owner: string
}

/** Places that a job of this process writes just now: another one waits, and finds the file there. */
const busy = new Map<string, Promise<unknown>>()

/** False when it was there already. */
export async function fetchServedFile(source: Pick<FileSource, 'part'>, fetch: Fetch): Promise<boolean> {
  const { target } = fetch
  const before = busy.get(target)
  const work = (before ?? Promise.resolve()).catch(() => {}).then(() => fetchInParts(source, fetch))
  busy.set(target, work)
  try {
    return await work
  } finally {
    if (busy.get(target) === work) busy.delete(target)
  }
}

async function fetchInParts(
  source: Pick<FileSource, 'part'>,
  { saltenv, path, status, target, mode, folderMode, owner }: Fetch,
): Promise<boolean> {
  if ((await hashOf(target)) === status.sha256) {
    if (((await stat(target)).mode & 0o7777) !== mode) await chmod(target, mode)
    return false
  }
  const partial = new PartialFile(target, status, owner)
  const fetchFrom = async (begin: number): Promise<void> => {
    let offset = begin
    if (status.size === 0) await partial.write(0, new Uint8Array(), { folderMode })
    while (offset < status.size) {
      const bytes = await source.part(saltenv, path, offset)
      if (bytes.byteLength === 0) break
      await partial.write(offset, bytes, { folderMode })
      offset += bytes.byteLength
    }
    await partial.finish(mode)
  }
  const there = await partial.length()
  try {
    await fetchFrom(there)
  } catch (error) {
    // What was kept of an earlier attempt may be what is wrong: after a power failure it may hold anything.
    if (there === 0 || !(error instanceof DamagedFile)) throw error
    await fetchFrom(0)
  }
  return true
}

/** Paths below a folder of the cache, sorted; what has not come whole is not among them. */
export async function cachedFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true })
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.part'))
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Refuses a place outside of `cp_allowed_roots`, links included. Throws `denied`; `bad-arguments` for a path that is not absolute. */
export function assertMayWrite(ctx: FunctionContext, path: string): void {
  if (!path.startsWith('/') && resolve(path) !== path)
    throw new SaltError('bad-arguments', `the destination ${path} is not absolute`)
  const roots = ctx.config.get('cp_allowed_roots')
  const allowed = Array.isArray(roots) ? roots.map(String) : []
  if (allowed.length === 0) return
  const target = resolve(path)
  for (const root of allowed.map((folder) => resolve(folder))) {
    if (target !== root && !target.startsWith(root === sep ? sep : `${root}${sep}`)) continue
    resolveInside(root, target.slice(root.length).replace(/^[/\\]+/, ''))
    return
  }
  throw new SaltError('denied', `${path} is outside of the folders that files may be copied to`, {
    hint: `cp_allowed_roots of this minion: ${allowed.join(', ')}`,
  })
}

/** Throws `execution-failed` when the folder is missing and must not be made. */
export async function prepareFolder(path: string, mayMake: boolean): Promise<void> {
  const folder = dirname(path)
  try {
    if (mayMake) await mkdir(folder, { recursive: true })
    else await readdir(folder)
  } catch (cause) {
    throw new SaltError('execution-failed', `there is no folder ${folder}`, { hint: 'makedirs=True makes it.', cause })
  }
}
