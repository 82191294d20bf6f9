/** Files of web servers, cached on this machine. */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { resolveInside, writeFileAtomic } from '../../../base/files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

const longestMs = 600_000
const largest = 1024 * 1024 * 1024

/** Below `extrn_files`, as in Salt; what stands behind `?` becomes part of the name. */
export function webCachePath(ctx: FunctionContext, url: string, saltenv: string): string {
  const { host, pathname, search } = new URL(url)
  const name = decodeURIComponent(pathname).replace(/^\/+/, '') || 'index'
  const query = search === '' ? '' : `-${createHash('sha256').update(search).digest('hex').slice(0, 16)}`
  const folder = join(String(ctx.config.get('cachedir')), 'extrn_files', saltenv)
  return resolveInside(folder, join(host.replace(':', '_'), `${name}${query}`))
}

/** Undefined where the server does not have the file. */
export async function fetchFromWeb(ctx: FunctionContext, url: string): Promise<Buffer | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(longestMs)]) })
    if (!response.ok) {
      ctx.log.error('The server did not give the file', { url, status: response.status })
      await response.body?.cancel()
      return undefined
    }
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of response.body ?? []) {
      size += part.byteLength
      if (size > largest) throw new SaltError('overloaded', `the file is larger than ${largest} bytes`, { where: url })
      parts.push(part)
    }
    return Buffer.concat(parts)
  } catch (cause) {
    ctx.signal.throwIfAborted()
    if (cause instanceof SaltError) throw cause
    throw new SaltError('execution-failed', `cannot fetch ${url}`, { cause })
  }
}

export async function cacheFromWeb(ctx: FunctionContext, url: string, saltenv: string): Promise<string | undefined> {
  const content = await fetchFromWeb(ctx, url)
  if (content === undefined) return undefined
  const path = webCachePath(ctx, url, saltenv)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFileAtomic(path, content, 0o600)
  return path
}
