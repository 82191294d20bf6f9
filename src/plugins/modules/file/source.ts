/** Sources of files as functions and states name them: a path, `file://`, `salt://`, `http(s)://`, `ftp://`. */
import * as fs from 'node:fs'
import { systemCode } from '../../../base/errors.ts'
import { readWhole } from '../../../base/read-whole.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { isOnWeb } from '../cp/web.ts'
import { attempt } from './failure.ts'

export const protocols = ['file', 'ftp', 'http', 'https', 's3', 'salt', 'swift'] as const

/** The protocol of a URL in small letters; empty for a path. */
export function protocolOf(source: string): string {
  return /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(source)?.[1]?.toLowerCase() ?? ''
}

export interface ServedPath {
  readonly path: string
  readonly saltenv: string
}

/**
 * `salt://path?saltenv=dev`; anything else is a path of the environment that is given. Any other question mark belongs to
 * the name of the file, and so does a bar but for one in front, which Salt sets before names like these.
 */
export function parseSaltUrl(url: string, saltenv: string): ServedPath {
  const [, path = '', given = ''] = /^(?:salt:\/\/)?\|?(.*?)(?:\?(?:salt)?env=([^?]*))?$/s.exec(url) ?? []
  return { path, saltenv: given === '' ? saltenv : given }
}

/** The URL of a path as the file server lists it. */
export function saltUrl(path: string, saltenv?: string): string {
  return `salt://${path.startsWith('|') ? '|' : ''}${path}${saltenv === undefined ? '' : `?saltenv=${saltenv}`}`
}

/** Where a `file://` URL or a path leads, or undefined. */
export function localPath(source: string): string | undefined {
  if (source.startsWith('/')) return source
  return /^file:\/\//i.test(source) ? decodeURIComponent(source.slice('file://'.length)) : undefined
}

/** Content of a source, or undefined where there is none. */
export async function readSource(ctx: FunctionContext, source: string, saltenv: string): Promise<Buffer | undefined> {
  const local = localPath(source)
  if (local !== undefined) return readIfExists(local)
  if (protocolOf(source) === 'salt') {
    const served = parseSaltUrl(source, saltenv)
    const content = await fileSourceOf(ctx).read(served.saltenv, served.path)
    return content === undefined ? undefined : Buffer.from(content)
  }
  const cached = await ctx.salt('cp.cache_file', [source, saltenv])
  return typeof cached === 'string' && cached !== '' ? readIfExists(cached) : undefined
}

function readIfExists(path: string): Buffer | undefined {
  return attempt(path, () => {
    try {
      return readWhole(path)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    }
  })
}

/** Whether there is something at a source, a folder too. */
export async function sourceExists(ctx: FunctionContext, source: string, saltenv: string): Promise<boolean> {
  const local = localPath(source)
  if (local !== undefined) return fs.existsSync(local)
  const protocol = protocolOf(source)
  if (protocol === 'http' || protocol === 'https') return isOnWeb(ctx, source)
  if (protocol !== 'salt' && protocol !== '') return false
  const served = parseSaltUrl(source, saltenv)
  const path = served.path.replace(/^\/+|\/+$/g, '')
  const files = fileSourceOf(ctx)
  if ((await files.status(served.saltenv, path)) !== undefined) return true
  return (await files.names(served.saltenv, path)).files.some((file) => file.startsWith(`${path}/`))
}
