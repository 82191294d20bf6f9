/** Files of the file server: from the master, or from the folders of `file_roots` where there is none. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { resolveInside } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import type { MasterCalls } from '../../client/api.ts'
import type { FunctionContext } from '../plugin.ts'

export interface ServedFile {
  /** Relative to the root, with `/`. */
  readonly path: string
  readonly size: number
  readonly sha256: string
}

export interface FileSource {
  /** Files below one folder of an environment. */
  list(saltenv: string, under: string): Promise<readonly ServedFile[]>
  /** Content, or undefined where there is no such file. */
  read(saltenv: string, path: string): Promise<Uint8Array | undefined>
}

export function fileSourceOf(ctx: FunctionContext): FileSource {
  const master = ctx.services.masters?.[0]
  return master === undefined ? localSource(ctx) : masterSource(ctx, master)
}

function masterSource(ctx: FunctionContext, master: MasterCalls): FileSource {
  const { signal, log } = ctx
  return {
    list: (saltenv, under) => master.call('file.list', { saltenv, under }, { signal }),
    async read(saltenv, path) {
      try {
        return await master.call('file.read', { saltenv, path }, { signal })
      } catch (error) {
        signal.throwIfAborted()
        log.error('The master did not give the file', { path, saltenv, error })
        return undefined
      }
    },
  }
}

function localSource(ctx: FunctionContext): FileSource {
  return {
    async list(saltenv, under) {
      const found = new Map<string, ServedFile>()
      for (const root of rootsOf(ctx, saltenv)) {
        for (const path of await filesBelow(resolveInside(root, under))) {
          const name = relative(root, path).replaceAll('\\', '/')
          if (found.has(name)) continue
          const content = await readFile(path)
          const sha256 = createHash('sha256').update(content).digest('hex')
          found.set(name, { path: name, size: content.length, sha256 })
        }
      }
      return [...found.values()]
    },
    async read(saltenv, path) {
      for (const root of rootsOf(ctx, saltenv)) {
        const content = await readIfExists(resolveInside(root, path))
        if (content !== undefined) return content
      }
      return undefined
    },
  }
}

function rootsOf(ctx: FunctionContext, saltenv: string): readonly string[] {
  const roots = ctx.config.get('file_roots')
  const folders = isRecord(roots) ? roots[saltenv] : undefined
  return Array.isArray(folders) ? folders.filter((folder) => typeof folder === 'string') : []
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return []
    throw new SaltError('storage', `cannot list ${folder}`, { where: folder, cause: error })
  }
}

async function readIfExists(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'EISDIR') return undefined
    throw error
  }
}
