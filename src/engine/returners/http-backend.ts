/** A server that takes deliveries over HTTP: connections that are kept, limits of time, and what the answers mean. */
import * as http from 'node:http'
import * as https from 'node:https'
import { version } from '../../base/build-info.ts'
import { SaltError, systemCode } from '../../base/errors.ts'
import { HttpLimitError, type HttpResponse, sendRequest } from '../http/send.ts'
import type { TlsFiles } from '../http/tls-files.ts'
import type { ReturnerContext } from '../returner.ts'
import { networkReason } from './connection-options.ts'
import { remembered } from './outlet-memory.ts'

export interface HttpBackendPlan {
  /** Of the returner. */
  readonly name: string
  /** At least one, without credentials. */
  readonly urls: readonly URL[]
  readonly headers: Readonly<Record<string, string>>
  /** `user:password` */
  readonly auth: string | undefined
  readonly proxy: string | undefined
  readonly tls: () => TlsFiles & { readonly rejectUnauthorized: boolean }
  readonly connectTimeoutMs: number
  readonly timeoutMs: number
}

export interface HttpMessage {
  readonly method: string
  /** Behind the path of the URL. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const maximumAnswerBytes = 64 * 1024 * 1024
const longestWaitMs = 3_600_000

export class HttpBackend implements AsyncDisposable {
  readonly #plan: HttpBackendPlan
  readonly #context: Pick<ReturnerContext, 'clock' | 'signal'>
  /** The server that answered last, by its place. */
  #current = 0
  #agent: http.Agent | undefined
  /** By the monotonic clock: until then a server has asked to be left alone. */
  readonly #wait: { untilMs: number }

  constructor(plan: HttpBackendPlan, context: Pick<ReturnerContext, 'clock' | 'signal'>) {
    this.#plan = plan
    this.#context = context
    this.#wait = remembered(context.signal, 'wait', () => ({ untilMs: Number.NEGATIVE_INFINITY }))
  }

  /** As people know it: neither path nor query are shown, which often have a token in them. */
  get server(): string {
    return `the server of the returner ${this.#plan.name} at ${this.#url.origin}`
  }

  /** The answer where it is good; throws `bad-arguments` where the data is at fault, and another code where it may be taken later. */
  async send(message: HttpMessage): Promise<HttpResponse> {
    const response = await this.exchange(message)
    if (response.status >= 200 && response.status < 300) return response
    throw this.#refusal(response)
  }

  /** Any answer. Where there is none, the other servers are tried, each once. */
  async exchange(message: HttpMessage): Promise<HttpResponse> {
    this.#assertWelcome()
    for (let left = this.#plan.urls.length - 1; ; left--) {
      try {
        const response = await this.#exchangeOnce(message)
        if (left === 0 || ![502, 503, 504].includes(response.status)) return response
      } catch (error) {
        if (left === 0 || this.#context.signal.aborted) throw this.#explained(error)
      }
      this.#current = (this.#current + 1) % this.#plan.urls.length
      this.#forgetConnections()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forgetConnections()
  }

  get #url(): URL {
    return this.#plan.urls[this.#current] ?? new URL('http://localhost')
  }

  async #exchangeOnce(message: HttpMessage): Promise<HttpResponse> {
    const isFirst = this.#agent === undefined
    try {
      return await this.#request(message)
    } catch (error) {
      this.#forgetConnections()
      // A kept connection may end in the very moment that it is used again.
      const isStale = !isFirst && /^(?:ECONNRESET|EPIPE)$/.test(systemCode(error) ?? '')
      if (!isStale || this.#context.signal.aborted) throw error
      return await this.#request(message)
    }
  }

  async #request({ method, path = '', headers, body }: HttpMessage): Promise<HttpResponse> {
    const { headers: fixed, auth, proxy, connectTimeoutMs, timeoutMs } = this.#plan
    this.#agent ??= this.#makeAgent()
    const url = new URL(this.#url)
    if (path !== '') url.pathname = url.pathname.replace(/\/$/, '') + path
    return await sendRequest({
      url,
      method,
      headers: { 'User-Agent': `salt/${version}`, ...headers, ...fixed },
      body: body === undefined ? undefined : Buffer.from(body),
      auth,
      tls: { rejectUnauthorized: true },
      proxy,
      jar: undefined,
      limits: { connectMs: connectTimeoutMs, requestMs: timeoutMs, maximumBody: maximumAnswerBytes },
      signal: this.#context.signal,
      agent: this.#agent,
      redirects: 0,
    })
  }

  #makeAgent(): http.Agent {
    const { tls, proxy } = this.#plan
    const proxyEnv = proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }
    const kept = { keepAlive: true, maxSockets: 1, ...proxyEnv }
    return this.#url.protocol === 'https:' ? new https.Agent({ ...kept, ...tls() }) : new http.Agent(kept)
  }

  /** The next ones are made with the certificates as they are then. */
  #forgetConnections(): void {
    this.#agent?.destroy()
    this.#agent = undefined
  }

  #assertWelcome(): void {
    const leftMs = this.#wait.untilMs - this.#context.clock.monotonic()
    if (leftMs <= 0) return
    throw new SaltError('overloaded', `${this.server} asks to come back in ${Math.ceil(leftMs / 1000)} seconds`)
  }

  #explained(error: unknown): SaltError {
    if (error instanceof SaltError) return error
    if (this.#context.signal.aborted) return new SaltError('cancelled', `the work with ${this.server} was cancelled`)
    if (error instanceof HttpLimitError) return new SaltError('timeout', `${this.server} fails: ${error.message}`)
    const message = error instanceof Error ? error.message : String(error)
    return new SaltError(
      'storage',
      `${this.server} cannot be used: ${networkReason(error) ?? this.#withoutSecrets(message)}`,
    )
  }

  #refusal(response: HttpResponse): SaltError {
    const { status } = response
    const said = this.#excerpt(response)
    const { name } = this.#plan
    const text = `${this.server} answers ${status}${said === '' ? '' : `: ${said}`}`
    if (status === 429 || status === 503) this.#noteWait(response.headers['Retry-After'])
    if (status === 429) return new SaltError('overloaded', text)
    if (status === 401 || status === 403 || status === 407) {
      return new SaltError('denied', text, { hint: `Look at the user, password, token and headers of ${name}.` })
    }
    if ((status >= 300 && status < 400) || [404, 405, 410, 421].includes(status)) {
      return new SaltError('configuration', text, { hint: `Look whether the URL of ${name} is right.` })
    }
    return new SaltError(isDataFault(status) ? 'bad-arguments' : 'storage', text)
  }

  /** Seconds, or a date. */
  #noteWait(header: string | undefined): void {
    if (header === undefined) return
    const { clock } = this.#context
    const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - clock.now()
    if (waitMs > 0) this.#wait.untilMs = clock.monotonic() + Math.min(waitMs, longestWaitMs)
  }

  /** The first line of what it says, without what only it may know. */
  #excerpt({ body, headers }: HttpResponse): string {
    if (!/^(?:text\/plain|application\/(?:[\w.-]+\+)?json)/i.test(headers['Content-Type'] ?? '')) return ''
    const [line = ''] = body
      .subarray(0, 4096)
      .toString('utf8')
      .trim()
      .split(/[\r\n]/)
    return this.#withoutSecrets(line).slice(0, 200)
  }

  #withoutSecrets(text: string): string {
    const { headers, auth = '', proxy = '', urls } = this.#plan
    const places = urls.flatMap(({ href, pathname, search }) => [href, pathname, search])
    const parts = [...Object.values(headers), auth, auth.slice(auth.indexOf(':') + 1), proxy, ...places]
    const words = parts.flatMap((part) => [part, part.replace(/^\w+ /, '')]).filter((part) => part.length > 3)
    return words.sort((a, b) => b.length - a.length).reduce((shown, word) => shown.replaceAll(word, '•••'), text)
  }
}

/** Whether it is what was sent that is wrong, rather than who sent it, where to, or when. */
export function isDataFault(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 404, 405, 407, 408, 410, 421, 425, 429].includes(status)
}
