/** A web server that keeps what it is sent, and answers as a test says. */
import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import type { SelfMadeCertificate } from './self-made-certificate.ts'
import { Changes } from './waiting.ts'

export interface TakenRequest {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** `silence`: nothing is ever answered; `hang up`: the connection ends without an answer. */
export type Answering = (request: TakenRequest) => Answer | 'silence' | 'hang up'

export class WebServer implements AsyncDisposable {
  readonly requests: TakenRequest[] = []
  answering: Answering
  /** How many connections were made to it. */
  connections = 0
  port = 0
  readonly #certificate: SelfMadeCertificate | undefined
  readonly #changes = new Changes()
  #server: http.Server | undefined

  constructor(answering: Answering = () => ({ status: 200 }), certificate?: SelfMadeCertificate) {
    this.answering = answering
    this.#certificate = certificate
  }

  get url(): string {
    return `http${this.#certificate === undefined ? '' : 's'}://127.0.0.1:${this.port}`
  }

  get isRunning(): boolean {
    return this.#server !== undefined
  }

  /** On the same port as before, where it was started before. */
  async start(): Promise<this> {
    const listener: http.RequestListener = (request, response) => void this.#take(request, response)
    const certificate = this.#certificate
    const server =
      certificate === undefined
        ? http.createServer(listener)
        : https.createServer({ key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) }, listener)
    server.on('connection', () => {
      this.connections += 1
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen(this.port, '127.0.0.1', resolve)
    await promise
    const address = server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : 0
    this.#server = server
    return this
  }

  /** Ends with all its connections, at once. */
  async kill(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  untilRequests(count: number): Promise<readonly TakenRequest[]> {
    return this.#changes.until(
      () => (this.requests.length >= count ? this.requests : undefined),
      () => `${this.requests.length} requests came, not ${count}`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { method = '', url: path = '', headers } = request
    const taken = { method, path, headers, body }
    this.requests.push(taken)
    const answer = this.answering(taken)
    this.#changes.happened()
    if (answer === 'silence') return
    if (answer === 'hang up') return void request.socket.destroy()
    response.writeHead(answer.status, answer.headers).end(answer.body)
  }
}
