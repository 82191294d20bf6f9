/** A mail server that keeps what it is sent (SMTP with STARTTLS and AUTH), and answers as a test says. */
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SelfMadeCertificate } from './self-made-certificate.ts'

export interface TakenMail {
  readonly from: string
  readonly to: readonly string[]
  /** As it came, with LF as line end. */
  readonly text: string
  readonly isSealed: boolean
  readonly user: string | undefined
}

export interface MailServerOptions {
  /** It offers STARTTLS, or expects TLS from the first byte. */
  readonly certificate?: SelfMadeCertificate
  readonly isImplicit?: boolean
  /** It wants this user, with this password. */
  readonly login?: { readonly user: string; readonly password: string }
}

export class MailServer implements AsyncDisposable {
  readonly mails: TakenMail[] = []
  /** Commands as they came, passwords included. */
  readonly commands: string[] = []
  /** The answer to a command (`DATA` for its end), in place of the usual one; `silence` and `hang up` are others. */
  answering: (command: string) => string | undefined = () => undefined
  port = 0
  connections = 0
  readonly #options: MailServerOptions
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  constructor(options: MailServerOptions = {}) {
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#server !== undefined
  }

  async start(): Promise<this> {
    const server = createServer((socket) => {
      this.connections += 1
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
      new Conversation(this, this.#options, socket).begin()
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
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

class Conversation {
  readonly #server: MailServer
  readonly #options: MailServerOptions
  #socket: Socket
  #rest = ''
  #isInText = false
  #isSealed = false
  #user: string | undefined
  #from = ''
  #to: string[] = []
  /** Takes the next line in place of a command. */
  #next: ((line: string) => void) | undefined

  constructor(server: MailServer, options: MailServerOptions, socket: Socket) {
    this.#server = server
    this.#options = options
    this.#socket = socket
  }

  begin(): void {
    if (this.#options.isImplicit) this.#seal()
    else this.#listen()
    this.#answer('CONNECT', '220 mail.test ESMTP')
  }

  #listen(): void {
    this.#socket.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    this.#socket.on('error', () => {})
  }

  #seal(): void {
    const { certificate } = this.#options
    if (certificate === undefined) throw new Error('no certificate')
    this.#socket.removeAllListeners('data')
    const files = { key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) }
    this.#socket = new TLSSocket(this.#socket, { isServer: true, ...files })
    this.#isSealed = true
    this.#rest = ''
    this.#listen()
  }

  #take(text: string): void {
    this.#rest += text
    for (;;) {
      const ending = this.#isInText ? '\r\n.\r\n' : '\r\n'
      const end = this.#rest.indexOf(ending)
      if (end < 0) return
      const line = this.#rest.slice(0, end)
      this.#rest = this.#rest.slice(end + ending.length)
      if (this.#isInText) this.#takeText(line)
      else this.#takeLine(line)
    }
  }

  #takeText(content: string): void {
    this.#isInText = false
    const text = content.replace(/^\./gm, '').replaceAll('\r\n', '\n')
    const usual = '250 2.0.0 taken'
    if ((this.#server.answering('DATA') ?? usual) === usual) {
      this.#server.mails.push({
        ...{ from: this.#from, to: this.#to, text, isSealed: this.#isSealed, user: this.#user },
      })
    }
    this.#answer('DATA', usual)
  }

  #takeLine(line: string): void {
    this.#server.commands.push(line)
    const next = this.#next
    this.#next = undefined
    if (next !== undefined) return next(line)
    const [word = ''] = line.split(' ')
    switch (word.toUpperCase()) {
      case 'EHLO':
        return this.#answer(line, this.#greeting())
      case 'STARTTLS':
        if (this.#options.certificate === undefined) return this.#answer(line, '502 no STARTTLS here')
        this.#answer(line, '220 go ahead')
        return this.#seal()
      case 'AUTH':
        return this.#authenticate(line)
      case 'MAIL':
        this.#from = /<(.*?)>/.exec(line)?.[1] ?? ''
        this.#to = []
        return this.#answer(line, this.#options.login && this.#user === undefined ? '530 log in first' : '250 ok')
      case 'RCPT':
        if (this.#server.answering(line) === undefined) this.#to.push(/<(.*?)>/.exec(line)?.[1] ?? '')
        return this.#answer(line, '250 ok')
      case 'DATA':
        this.#isInText = true
        return this.#answer(line.toLowerCase(), '354 go on')
      case 'RSET':
        return this.#answer(line, '250 ok')
      case 'QUIT':
        this.#answer(line, '221 bye')
        this.#socket.end()
        return
      default:
        return this.#answer(line, '500 what')
    }
  }

  #greeting(): string {
    const { certificate, login } = this.#options
    const offers = [
      'mail.test',
      '8BITMIME',
      ...(certificate !== undefined && !this.#isSealed ? ['STARTTLS'] : []),
      ...(login === undefined ? [] : ['AUTH PLAIN']),
      'SIZE 100000',
    ]
    return offers.map((offer, index) => `250${index === offers.length - 1 ? ' ' : '-'}${offer}`).join('\r\n')
  }

  #authenticate(line: string): void {
    const check = (text: string): void => {
      const [, user, password] = Buffer.from(text, 'base64').toString().split('\0')
      const { login } = this.#options
      const isRight = user === login?.user && password === login?.password
      if (isRight) this.#user = user
      this.#answer('AUTH', isRight ? '235 welcome' : '535 5.7.8 not you')
    }
    const [, , text] = line.split(' ')
    if (text !== undefined) return check(text)
    this.#next = check
    this.#answer(line, '334 ')
  }

  #answer(command: string, usual: string): void {
    const answer = this.#server.answering(command) ?? usual
    if (answer === 'silence') return
    if (answer === 'hang up') return void this.#socket.destroy()
    this.#socket.write(`${answer}\r\n`)
  }
}
