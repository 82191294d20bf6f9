/** Files of web servers, cached on this machine. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { resolveInside, systemReason } from '../../../base/files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

const longestMs = 600_000
/** Bytes. */
const largest = 16 * 1024 * 1024 * 1024

/** Below `extrn_files`, as in Salt; what stands behind `?` becomes part of the name. */
export function webCachePath(ctx: FunctionContext, url: string, saltenv: string): string {
  const { host, pathname, search } = new URL(url)
  const name = decodeURIComponent(pathname).replace(/^\/+/, '') || 'index'
  const query = search === '' ? '' : `-${createHash('sha256').update(search).digest('hex').slice(0, 16)}`
  const folder = join(String(ctx.config.get('cachedir')), 'extrn_files', saltenv)
  return resolveInside(folder, join(host.replace(':', '_'), `${name}${query}`))
}

/** Where the file lies now; undefined where the server does not have it. */
export async function cacheFromWeb(ctx: FunctionContext, url: string, saltenv: string): Promise<string | undefined> {
  const path = webCachePath(ctx, url, saltenv)
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(longestMs)])
  try {
    const response = await fetch(url, { signal })
    if (response.ok) {
      await writeWhole(path, response.body ?? [])
      return path
    }
    ctx.log.error('The server did not give the file', { url, status: response.status })
    await response.body?.cancel()
    return undefined
  } catch (cause) {
    ctx.signal.throwIfAborted()
    if (cause instanceof SaltError) throw cause
    throw new SaltError('execution-failed', `cannot fetch ${url}: ${systemReason(cause)}`, { cause })
  }
}

/** It takes its place when it is whole. */
async function writeWhole(path: string, parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.part`)
  const file = await open(temporary, 'wx', 0o600)
  try {
    let size = 0
    for await (const part of parts) {
      size += part.byteLength
      if (size > largest) throw new SaltError('overloaded', `the file is larger than ${largest} bytes`, { where: path })
      await file.writeFile(part)
    }
    await file.close()
    await rename(temporary, path)
  } catch (error) {
    await file.close()
    await rm(temporary, { force: true })
    throw error
  }
}
