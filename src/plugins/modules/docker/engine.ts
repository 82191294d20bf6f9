/** Talks to the Engine of Docker over its socket: requests and answers are JSON (Docker Engine API). */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { SaltError, systemCode } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export type Fields = Readonly<Record<string, unknown>>

/** An answer of the Engine that says no. */
export class EngineError extends SaltError {
  /** HTTP status: 404 where there is no such thing, 409 where it is in use. */
  readonly status: number

  constructor(status: number, message: string) {
    super('execution-failed', message)
    this.status = status
  }
}

export interface EngineRequest {
  /** Values that are undefined are left out; objects go as JSON. */
  readonly query?: Fields
  /** An object goes as JSON, bytes go as a tar archive. */
  readonly body?: Fields | AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
  /** How long to wait for the answer to begin; a minute by default, 0: as long as it takes. */
  readonly timeoutSeconds?: number | undefined
}

export type Method = 'GET' | 'POST' | 'DELETE' | 'HEAD'

/** Answers are held in memory. */
const longestAnswerBytes = 64 * 1024 * 1024

/** Where the Engine listens: `docker.url` or `docker.base_url` of the configuration, DOCKER_HOST, or the usual socket. */
function socketPath(ctx: FunctionContext): string {
  const section = ctx.config.get('docker')
  const configured = [
    ctx.config.get('docker.url'),
    ctx.config.get('docker.base_url'),
    ...(isRecord(section) ? [section.url, section.base_url] : []),
    process.env.DOCKER_HOST,
  ].find((value) => typeof value === 'string' && value !== '')
  if (configured === undefined) return ctx.at('/var/run/docker.sock')
  const [, path] = /^unix:\/\/\/?([^/].*)$/.exec(String(configured)) ?? []
  if (path !== undefined) return `/${path}`
  throw new SaltError(
    'configuration',
    `docker.url must be a socket such as unix:///var/run/docker.sock, not ${String(configured)}`,
  )
}

/** The answer as bytes. Throws EngineError, or `missing-program` where no Engine listens. */
export async function engineBytes(ctx: FunctionContext, method: Method, path: string, more: EngineRequest = {}) {
  const answer = await send(ctx, method, path, more)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > longestAnswerBytes) {
      answer.destroy()
      throw new SaltError('execution-failed', 'The Engine of Docker answers with more than 64 MiB')
    }
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const status = answer.statusCode ?? 0
  if (status >= 400) throw new EngineError(status, complaint(status, bytes.toString()))
  return { status, bytes, type: String(answer.headers['content-type'] ?? '') }
}

/** The answer as JSON; undefined where there is none. */
export async function engineJson(
  ctx: FunctionContext,
  method: Method,
  path: string,
  more: EngineRequest = {},
): Promise<unknown> {
  const { bytes } = await engineBytes(ctx, method, path, more)
  const text = bytes.toString()
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SaltError('execution-failed', 'The Engine of Docker answers with something else than JSON', { cause })
  }
}

export async function engineRecord(
  ctx: FunctionContext,
  method: Method,
  path: string,
  more: EngineRequest = {},
): Promise<Fields> {
  const answer = await engineJson(ctx, method, path, more)
  return isRecord(answer) ? answer : {}
}

export async function engineList(ctx: FunctionContext, path: string, query: Fields = {}): Promise<Fields[]> {
  const answer = await engineJson(ctx, 'GET', path, { query })
  return Array.isArray(answer) ? answer.filter(isRecord) : []
}

/** Values that the Engine sends one after the other. */
export async function engineMessages(
  ctx: FunctionContext,
  method: Method,
  path: string,
  more: EngineRequest,
): Promise<Fields[]> {
  const { bytes } = await engineBytes(ctx, method, path, { timeoutSeconds: 0, ...more })
  const messages = bytes
    .toString()
    .split('\n')
    .flatMap((line) => {
      try {
        const value: unknown = line.trim() === '' ? undefined : JSON.parse(line)
        return isRecord(value) ? [value] : []
      } catch {
        return []
      }
    })
  const fault = messages.find((message) => typeof message.error === 'string')
  if (fault !== undefined) throw new SaltError('execution-failed', String(fault.error))
  return messages
}

/** A name or an id within a path. */
export function part(name: string): string {
  if (name === '' || name.includes('\0')) throw new SaltError('bad-arguments', 'a name must not be empty')
  return encodeURIComponent(name)
}

function target(path: string, query: Fields = {}): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [[key, isRecord(value) ? JSON.stringify(value) : String(value)]],
  )
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`
}

function complaint(status: number, text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value) && typeof value.message === 'string') return `${value.message} (${status})`
  } catch {
    // What is no JSON is shown as it is.
  }
  return `The Engine of Docker answers ${status}: ${text.trim().slice(0, 500)}`
}

function isStream(body: EngineRequest['body']): body is AsyncIterable<Uint8Array> {
  return body !== undefined && Symbol.asyncIterator in body
}

function send(ctx: FunctionContext, method: Method, path: string, more: EngineRequest): Promise<IncomingMessage> {
  const { body, timeoutSeconds = 60 } = more
  const json = body === undefined || isStream(body) ? undefined : JSON.stringify(body)
  const type = json === undefined ? 'application/x-tar' : 'application/json'
  const signals = [ctx.signal, ...(timeoutSeconds === 0 ? [] : [AbortSignal.timeout(timeoutSeconds * 1000)])]
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        socketPath: socketPath(ctx),
        method,
        path: target(path, more.query),
        headers: { host: 'docker', ...(body === undefined ? {} : { 'content-type': type }), ...more.headers },
        signal: AbortSignal.any(signals),
      },
      resolve,
    )
    outgoing.on('error', (error) => reject(ctx.signal.aborted ? ctx.signal.reason : unreachable(ctx, error)))
    if (isStream(body))
      pour(body, outgoing).catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined))
    else outgoing.end(json)
  })
}

async function pour(body: AsyncIterable<Uint8Array>, outgoing: import('node:http').ClientRequest): Promise<void> {
  for await (const chunk of body) {
    if (!outgoing.write(chunk)) await new Promise((resolve) => outgoing.once('drain', resolve))
  }
  outgoing.end()
}

function unreachable(ctx: FunctionContext, error: Error): SaltError {
  const code = systemCode(error)
  if (error.name === 'TimeoutError' || code === 'ABORT_ERR') {
    return new SaltError('timeout', 'The Engine of Docker does not answer in time', { cause: error })
  }
  const place = socketPath(ctx)
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new SaltError('missing-program', `No Engine of Docker listens at ${place}`, { cause: error })
  }
  if (code === 'EACCES')
    return new SaltError('denied', `The Engine of Docker at ${place} must not be used by this user`, { cause: error })
  return new SaltError('execution-failed', `The Engine of Docker at ${place} cannot be reached: ${error.message}`, {
    cause: error,
  })
}
