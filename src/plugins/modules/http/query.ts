/** A query as `http.query` makes it: what it is told becomes a request, and the answer what people asked for. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HttpLimitError, type HttpResponse, sendRequest } from '../../../engine/http/send.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { attemptAsync, systemWords } from '../file/failure.ts'
import { type CookieFormat, CookieJar } from './cookies.ts'
import { decode, textOf } from './decode.ts'
import { type QueryOptions, requestOf, type Setting, urlOf } from './request.ts'

export type QueryResult = Record<string, unknown>
export async function query(ctx: FunctionContext, url: string, options: QueryOptions): Promise<QueryResult> {
  if (options.test && options.test_url === undefined) return {}
  const setting: Setting = (name) => options.opts?.[name] ?? ctx.config.get(name)
  const target = urlOf(options.test && options.test_url !== undefined ? options.test_url : url, options.params)
  const jar = jarOf(ctx, options)
  const request = await requestOf(ctx, target, options, setting, jar?.cookies)
  ctx.log.debug('Sending a request', { method: options.method, url: shownUrl(target, options.hide_fields) })
  const base: QueryResult = options.test ? { test: true } : {}
  let response: HttpResponse
  try {
    response = await sendRequest(request)
  } catch (error) {
    ctx.signal.throwIfAborted()
    return { ...base, ...failure(error, options) }
  }
  jar?.save()
  return { ...base, ...(await resultOf(response, options)) }
}

/** For the log: without a password, and without the values that are to be hidden. */
function shownUrl(url: URL, hidden: readonly string[] = []): string {
  const shown = new URL(url)
  if (shown.password !== '') shown.password = 'XXXXXXXXXX'
  for (const name of hidden) if (shown.searchParams.has(name)) shown.searchParams.set(name, 'XXXXXXXXXX')
  return shown.href
}

interface Jar {
  readonly cookies: CookieJar
  readonly save: () => void
}

function jarOf(ctx: FunctionContext, options: QueryOptions): Jar | undefined {
  const keepsCookies = options.cookies !== undefined && options.cookies !== null && options.cookies !== false
  if (!keepsCookies && !options.persist_session) return undefined
  const format: CookieFormat = options.cookie_format === 'mozilla' ? 'mozilla' : 'lwp'
  const folder = String(ctx.config.get('cachedir') ?? '.')
  const file = keepsCookies
    ? (options.cookie_jar ?? join(folder, 'cookies.txt'))
    : (options.session_cookie_jar ?? join(folder, 'cookies.session'))
  const cookies = new CookieJar()
  cookies.load(file, format)
  return { cookies, save: () => cookies.save(file, format, options.persist_session) }
}

/** Salt's answer where there is none: the status 599 where a limit was reached. */
function failure(error: unknown, options: QueryOptions): QueryResult {
  if (!options.raise_error) return { body: null, ...(options.status ? { status: 599 } : {}) }
  if (error instanceof HttpLimitError) return { status: 599, error: `HTTP 599: ${error.message}` }
  return { ...(options.status ? { status: 0 } : {}), error: reasonOf(error) }
}

function reasonOf(error: unknown): string {
  // One error for each address of a name.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const number = first instanceof Error && 'errno' in first && typeof first.errno === 'number' ? first.errno : undefined
  return number === undefined ? systemWords(first) : `[Errno ${Math.abs(number)}] ${systemWords(first)}`
}

async function resultOf(response: HttpResponse, options: QueryOptions): Promise<QueryResult> {
  const body = options.decode_body
    ? textOf(response.body, response.headers['Content-Type'])
    : new Uint8Array(response.body)
  const isError = response.status >= 300 || response.status < 200
  if (isError && options.raise_error) {
    return { status: response.status, error: `HTTP ${response.status}: ${response.reason}`, body }
  }
  await writeIfAsked(options.text_out, response.body)
  const headerLines = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\n`)
  await writeIfAsked(options.headers_out, headerLines.join(''))
  const result: QueryResult = {
    body,
    ...(options.status ? { status: response.status } : {}),
    ...(options.headers ? { headers: { ...response.headers } } : {}),
  }
  const text = textOf(response.body, response.headers['Content-Type'])
  const decoded = options.decode ? decode(text, options.decode_type, response.headers['Content-Type']) : {}
  if (options.decode) await writeIfAsked(options.decode_out, response.body)
  return { ...result, ...decoded, ...(options.text ? { text: body } : {}) }
}

async function writeIfAsked(file: string | undefined, content: string | Buffer): Promise<void> {
  if (file !== undefined) await attemptAsync(file, () => writeFile(file, content))
}
