/** What a query is told becomes a request. */
import { readFile } from 'node:fs/promises'
import { version } from '../../../base/build-info.ts'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { fileText } from '../../../engine/files/file-text.ts'
import type { HttpRequest } from '../../../engine/http/send.ts'
import { readTlsFiles } from '../../../engine/http/tls-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { renderText } from '../../../engine/render/text-template.ts'
import { attemptAsync } from '../file/failure.ts'
import type { CookieJar } from './cookies.ts'
import { formBody } from './form.ts'
import { findBundle } from './trust.ts'

export interface QueryOptions {
  readonly method: string
  readonly params?: unknown
  readonly data?: unknown
  readonly data_file?: string | undefined
  readonly header_dict?: Record<string, unknown> | undefined
  readonly header_list?: string[] | undefined
  readonly header_file?: string | undefined
  readonly data_render: boolean
  readonly data_renderer?: string | undefined
  readonly header_render: boolean
  readonly header_renderer?: string | undefined
  readonly template_dict?: Record<string, unknown> | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly auth?: string[] | undefined
  readonly decode: boolean
  readonly decode_type: string
  readonly status: boolean
  readonly headers: boolean
  readonly text: boolean
  readonly cookies?: unknown
  readonly cookie_jar?: string | undefined
  readonly cookie_format: string
  readonly persist_session: boolean
  readonly session_cookie_jar?: string | undefined
  readonly test: boolean
  readonly test_url?: string | undefined
  readonly opts?: Record<string, unknown> | undefined
  readonly ca_bundle?: string | undefined
  readonly verify_ssl?: boolean | undefined
  readonly cert?: string | string[] | undefined
  readonly text_out?: string | undefined
  readonly headers_out?: string | undefined
  readonly decode_out?: string | undefined
  readonly agent?: string | undefined
  readonly hide_fields?: string[] | undefined
  readonly raise_error: boolean
  readonly formdata: boolean
  readonly formdata_fieldname?: string | undefined
  readonly formdata_filename?: string | undefined
  readonly decode_body: boolean
}

export type Setting = (name: string) => unknown

/** What one answer may hold in memory, whatever the configuration allows. */
const largestBody = 256 * 1024 * 1024

/** Throws `bad-arguments` for what is no URL of HTTP. */
export function urlOf(text: string, params: unknown): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SaltError('bad-arguments', `${JSON.stringify(text)} is no URL of HTTP`, {
      hint: 'Give one that starts with http:// or https://.',
    })
  }
  if (typeof params === 'string') url.search += `${url.search === '' ? '?' : '&'}${params.replace(/^\?/, '')}`
  if (isRecord(params)) for (const [name, value] of pairsOf(params)) url.searchParams.append(name, value)
  return url
}

/** Each name with each of its values. */
function pairsOf(values: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(values).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, pythonString(one)]),
  )
}

export async function requestOf(
  ctx: FunctionContext,
  url: URL,
  options: QueryOptions,
  setting: Setting,
  jar: CookieJar | undefined,
): Promise<HttpRequest> {
  const headers = await headersOf(ctx, options)
  const body = await bodyOf(ctx, options, headers)
  const [user = options.username, password = options.password] = options.auth ?? []
  const isHttps = url.protocol === 'https:'
  const verify = options.verify_ssl ?? setting('verify_ssl') !== false
  const cert = options.cert ?? certOf(setting('cert'))
  const bundle = isHttps && verify ? (options.ca_bundle ?? findBundle(ctx, setting)) : undefined
  return {
    url,
    method: options.method,
    headers,
    body,
    auth: user === undefined || password === undefined ? undefined : `${user}:${password}`,
    tls: { ...(isHttps ? readTlsFiles(bundle, cert) : {}), rejectUnauthorized: verify },
    proxy: proxyOf(setting, url),
    jar,
    limits: {
      connectMs: positive(setting('http_connect_timeout'), 20) * 1000,
      requestMs: positive(setting('http_request_timeout'), 3600) * 1000,
      maximumBody: Math.min(positive(setting('http_max_body'), largestBody), largestBody),
    },
    signal: ctx.signal,
  }
}

function positive(value: unknown, fallback: number): number {
  return typeof value === 'number' && value > 0 ? value : fallback
}

function certOf(value: unknown): string | string[] | undefined {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.map(String) : undefined
}

function proxyOf(setting: Setting, url: URL): string | undefined {
  const host = setting('proxy_host')
  const port = setting('proxy_port')
  const none = setting('no_proxy')
  if (typeof host !== 'string' || host === '' || !port) return undefined
  if (Array.isArray(none) && none.includes(url.hostname)) return undefined
  const proxy = new URL(`http://${host}:${String(port)}`)
  proxy.username = String(setting('proxy_username') ?? '')
  proxy.password = String(setting('proxy_password') ?? '')
  return proxy.href
}

async function headersOf(ctx: FunctionContext, options: QueryOptions): Promise<Record<string, string>> {
  const { header_file: file } = options
  const { header_render: isTemplate, header_renderer: engine } = options
  const fileText = file === undefined ? '' : (await contentOf(ctx, file, options, isTemplate, engine)).toString('utf8')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.header_dict ?? {})) headers[name] = pythonString(value)
  for (const line of [...(options.header_list ?? []), ...fileText.split('\n')]) {
    const [, name, value] = /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) headers[name] = value
  }
  headers['User-Agent'] = options.agent ?? `Salt/${version} http.query()`
  return headers
}

/** A file, rendered where it is a template. */
async function contentOf(
  ctx: FunctionContext,
  file: string,
  { template_dict: variables = {} }: QueryOptions,
  isTemplate: boolean,
  engine = 'jinja',
): Promise<Buffer> {
  const bytes = await attemptAsync(file, () => readFile(file))
  if (!isTemplate) return bytes
  return Buffer.from(await renderText(ctx, { text: fileText(bytes, file), file, saltenv: 'base', engine, variables }))
}

/** Also tells in `headers` what kind of data it is, where nobody did. */
async function bodyOf(
  ctx: FunctionContext,
  options: QueryOptions,
  headers: Record<string, string>,
): Promise<Buffer | undefined> {
  const { data_file: file, data } = options
  const { data_render: isTemplate, data_renderer: engine } = options
  const content = file === undefined ? data : await contentOf(ctx, file, options, isTemplate, engine)
  if (options.formdata) {
    const form = await formBody(content, options.formdata_fieldname, options.formdata_filename)
    headers['Content-Type'] = form.type
    return form.body
  }
  if (content === undefined || content === null) return undefined
  const kind = Object.keys(headers).find((name) => name.toLowerCase() === 'content-type')
  const isJson = kind !== undefined && /\bjson\b/.test(headers[kind] ?? '')
  if (kind === undefined) headers['Content-Type'] = 'application/x-www-form-urlencoded'
  if (Buffer.isBuffer(content)) return content
  // On a command line, JSON is read as a mapping; what is to be JSON must become so again.
  if (typeof content === 'object' && isJson) return Buffer.from(JSON.stringify(content))
  if (isRecord(content)) return Buffer.from(new URLSearchParams(pairsOf(content)).toString())
  return Buffer.from(pythonString(content))
}
