/** Sources of files as functions and states name them: a path, `file://`, `salt://`, `http(s)://`, `ftp://`. */
import * as fs from 'node:fs'
import { systemCode } from '../../../base/errors.ts'
import { readWhole } from '../../../base/read-whole.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
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

/** `salt://path?saltenv=dev`; anything else is a path of the environment that is given. */
export function parseSaltUrl(url: string, saltenv: string): ServedPath {
  const [path = '', query = ''] = url.replace(/^salt:\/\//, '').split('?', 2)
  return { path, saltenv: new URLSearchParams(query).get('saltenv') ?? saltenv }
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
  if (protocol === 'http' || protocol === 'https') return answers(ctx, source)
  if (protocol !== 'salt' && protocol !== '') return false
  const served = parseSaltUrl(source, saltenv)
  const folder = served.path.includes('/') ? served.path.slice(0, served.path.lastIndexOf('/')) : ''
  const files = await fileSourceOf(ctx).list(served.saltenv, folder)
  return files.some(({ path }) => path === served.path || path.startsWith(`${served.path.replace(/\/$/, '')}/`))
}

async function answers(ctx: FunctionContext, url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'HEAD',
      signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(30_000)]),
    })
    return response.ok
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log.debug('A source does not answer', { url, error })
    return false
  }
}
