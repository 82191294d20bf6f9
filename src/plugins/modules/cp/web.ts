/** Files of web servers, cached on this machine. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { resolveInside, systemReason } from '../../../base/files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

const longestMs = 600_000
const longestQuestionMs = 30_000
/** Bytes. */
const largest = 16 * 1024 * 1024 * 1024
const mostRedirects = 5

export interface WebOptions {
  /** Ask the server first whether its file has another ETag than the cached one. */
  readonly useEtag?: boolean
  /** Whether to make sure who answers; true when left out. */
  readonly verifySsl?: boolean
}

/** Below `extrn_files`, as in Salt; what stands behind `?` becomes part of the name. */
export function webCachePath(ctx: FunctionContext, url: string, saltenv: string): string {
  const { host, pathname, search } = new URL(url)
  const name = decodeURIComponent(pathname).replace(/^\/+/, '') || 'index'
  const query = search === '' ? '' : `-${createHash('sha256').update(search).digest('hex').slice(0, 16)}`
  const folder = join(String(ctx.config.get('cachedir')), 'extrn_files', saltenv)
  return resolveInside(folder, join(host.replace(':', '_'), `${name}${query}`))
}

/** For messages: without name and password. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1<redacted>@')
}

/** Where the file lies now; undefined where the server does not have it. */
export async function cacheFromWeb(
  ctx: FunctionContext,
  url: string,
  saltenv: string,
  options: WebOptions = {},
): Promise<string | undefined> {
  const path = webCachePath(ctx, url, saltenv)
  const etag = options.useEtag === true && existsSync(path) ? await etagOf(path) : undefined
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(longestMs)])
  try {
    const answer = await requestFile(new URL(url), { signal, etag, verifySsl: options.verifySsl !== false })
    if (answer.status === 304 && etag !== undefined) {
      await answer.discard()
      return path
    }
    if (answer.status >= 200 && answer.status < 300) {
      await writeWhole(path, answer.body)
      await keepEtag(path, options.useEtag === true ? answer.etag : undefined)
      return path
    }
    ctx.log.error('The server did not give the file', { url: withoutCredentials(url), status: answer.status })
    await answer.discard()
    return undefined
  } catch (cause) {
    ctx.signal.throwIfAborted()
    if (cause instanceof SaltError) throw cause
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
    throw new SaltError('execution-failed', `cannot fetch ${withoutCredentials(url)}: ${systemReason(reason)}`, {
      cause,
    })
  }
}

/** Whether a server has such a file. */
export async function isOnWeb(ctx: FunctionContext, url: string): Promise<boolean> {
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(longestQuestionMs)])
  try {
    const answer = await requestFile(new URL(url), { method: 'HEAD', signal, etag: undefined, verifySsl: true })
    await answer.discard()
    return answer.status >= 200 && answer.status < 300
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log.debug('A source does not answer', { url: withoutCredentials(url), error })
    return false
  }
}

interface Wanted {
  readonly method?: 'GET' | 'HEAD'
  readonly signal: AbortSignal
  readonly etag: string | undefined
  readonly verifySsl: boolean
}

interface Answer {
  readonly status: number
  readonly etag: string | undefined
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  discard(): Promise<void>
}

async function requestFile(url: URL, wanted: Wanted): Promise<Answer> {
  const headers: Record<string, string> = {}
  if (wanted.etag !== undefined) headers['If-None-Match'] = wanted.etag
  const bare = new URL(url)
  if (url.username !== '' || url.password !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.Authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
    bare.username = ''
    bare.password = ''
  }
  return await request(bare, headers, wanted, mostRedirects)
}

/** Not by `fetch`, which takes only certificates that it can verify, refuses some ports, and unpacks files that servers call compressed. */
async function request(
  url: URL,
  headers: Readonly<Record<string, string>>,
  wanted: Wanted,
  redirects: number,
): Promise<Answer> {
  const { method = 'GET', signal, verifySsl } = wanted
  const { request: send } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    send(url, { method, headers, signal, ...(verifySsl ? {} : { rejectUnauthorized: false }) }, resolve)
      .on('error', reject)
      .end()
  })
  const { statusCode = 0, headers: given } = response
  if (statusCode >= 300 && statusCode < 400 && given.location !== undefined && redirects > 0) {
    response.destroy()
    const next = new URL(given.location, url)
    const { Authorization: _secret, ...others } = headers
    return await request(next, next.host === url.host ? headers : others, wanted, redirects - 1)
  }
  return { status: statusCode, etag: given.etag, body: response, discard: async () => void response.destroy() }
}

const etagPath = (path: string): string => `${path}.etag`

async function etagOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(etagPath(path), 'utf8')
  } catch {
    return undefined
  }
}

async function keepEtag(path: string, etag: string | undefined): Promise<void> {
  if (etag === undefined) await rm(etagPath(path), { force: true })
  else await writeFile(etagPath(path), etag, { mode: 0o600 })
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
