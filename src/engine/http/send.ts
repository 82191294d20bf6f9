/** Sends a request and follows where the answer leads, within limits. */
import * as http from 'node:http'
import * as https from 'node:https'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { TlsFiles } from './tls-files.ts'

/** What remembers cookies from one request to the next. */
export interface CookieMemory {
  /** Takes what an answer sets. */
  take(headers: readonly string[], url: URL): void
  /** Value of the header `Cookie` for a request; undefined where there is none for it. */
  headerFor(url: URL): string | undefined
}

export interface HttpLimits {
  readonly connectMs: number
  readonly requestMs: number
  /** Bytes, also of what it unpacks to. */
  readonly maximumBody: number
}

export interface HttpRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
  readonly auth: string | undefined
  readonly tls: TlsFiles & { readonly rejectUnauthorized: boolean }
  /** URL of a proxy; none by default. */
  readonly proxy: string | undefined
  readonly jar: CookieMemory | undefined
  readonly limits: HttpLimits
  readonly signal: AbortSignal
  /** Keeps connections for the next request, and has TLS and proxy set for itself; by default each request has a connection of its own. */
  readonly agent?: http.Agent
  /** How often it goes where the answer says; 5 by default. */
  readonly redirects?: number
}

export interface HttpResponse {
  readonly status: number
  readonly reason: string
  /** `Content-Type` and so on; values of one name with commas between them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** The connection was made too late, the answer took too long, or it is too large. */
export class HttpLimitError extends Error {}

const maximumRedirects = 5

/** An answer of any status. Throws HttpLimitError, or what Node throws where there is none. */
export async function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  const time = AbortSignal.timeout(Math.min(request.limits.requestMs, 2 ** 31 - 1))
  const signal = AbortSignal.any([request.signal, time])
  try {
    return await follow({ ...request, signal }, request.redirects ?? maximumRedirects)
  } catch (error) {
    request.signal.throwIfAborted()
    throw time.aborted ? new HttpLimitError('Timeout during request') : error
  }
}

async function follow(request: HttpRequest, redirectsLeft: number): Promise<HttpResponse> {
  const message = await sendOnce(request)
  const { url, jar } = request
  jar?.take(message.headers['set-cookie'] ?? [], url)
  const status = message.statusCode ?? 0
  const target = [301, 302, 303, 307, 308].includes(status) ? message.headers.location : undefined
  const next = target !== undefined && redirectsLeft > 0 ? URL.parse(target, url) : null
  if (next !== null && /^https?:$/.test(next.protocol)) {
    message.destroy()
    return follow(redirected(request, next, status), redirectsLeft - 1)
  }
  const body = await readBody(message, request.limits.maximumBody)
  const headers = headersOf(message)
  const coding = message.headers['content-encoding']?.toLowerCase() ?? 'identity'
  return {
    status,
    reason: message.statusMessage ?? '',
    headers,
    body: await unpack(body, coding, request.limits.maximumBody),
  }
}

/** What only the first host may know stays behind; other methods than GET become GET as browsers have it. */
function redirected(request: HttpRequest, url: URL, status: number): HttpRequest {
  const isOther = url.origin !== request.url.origin
  const secret = /^(?:authorization|cookie)$/i
  const headers = Object.entries(request.headers).filter(([name]) => !(isOther && secret.test(name)))
  const becomesGet = status === 303 ? request.method !== 'HEAD' : status < 303 && request.method === 'POST'
  const withBody = headers.filter(([name]) => !(becomesGet && /^content-/i.test(name)))
  return {
    ...request,
    url,
    headers: Object.fromEntries(withBody),
    auth: isOther ? undefined : request.auth,
    ...(becomesGet ? { method: 'GET', body: undefined } : {}),
  }
}

async function sendOnce(request: HttpRequest): Promise<http.IncomingMessage> {
  const { url, method, body, auth, jar, tls, proxy, signal, limits } = request
  const isHttps = url.protocol === 'https:'
  const proxyEnv = proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }
  const agent = request.agent ?? (isHttps ? new https.Agent({ ...tls, ...proxyEnv }) : new http.Agent(proxyEnv))
  const cookie = jar?.headerFor(url)
  const headers = { ...request.headers, ...(cookie === undefined ? {} : { Cookie: cookie }) }
  const options = { method, headers, agent, signal, ...(auth === undefined ? {} : { auth }) }
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  const sent = isHttps ? https.request(url, options, resolve) : http.request(url, options, resolve)
  const timer = setTimeout(() => sent.destroy(new HttpLimitError('Timeout while connecting')), limits.connectMs)
  const connected = (): void => clearTimeout(timer)
  sent.on('socket', (socket) => {
    if (socket.connecting) socket.once(isHttps ? 'secureConnect' : 'connect', connected)
    else connected()
  })
  sent.on('error', reject)
  sent.end(body)
  try {
    return await promise
  } finally {
    connected()
  }
}

async function readBody(message: http.IncomingMessage, maximum: number): Promise<Buffer> {
  const length = Number(message.headers['content-length'] ?? 0)
  const chunks: Buffer[] = []
  let size = 0
  try {
    if (length > maximum) throw new HttpLimitError('Content-Length too long')
    for await (const chunk of message) {
      size += chunk.length
      if (size > maximum) throw new HttpLimitError('Content too long')
      chunks.push(chunk)
    }
  } finally {
    message.destroy()
  }
  return Buffer.concat(chunks)
}

const unpackers: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}

/** What is packed in another way stays as it is. */
async function unpack(body: Buffer, coding: string, maximum: number): Promise<Buffer> {
  const unpacker = unpackers[coding]
  if (unpacker === undefined || body.length === 0) return body
  try {
    return await unpacker(body, { maxOutputLength: maximum })
  } catch (error) {
    const tooLong = error instanceof RangeError
    throw tooLong ? new HttpLimitError('Content too long') : error
  }
}

function headersOf(message: http.IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    const shown = name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
    headers[shown] = values.join(',')
  }
  return headers
}
