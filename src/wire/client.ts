import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError, type ErrorCode, SaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { Backoff, type BackoffOptions } from './backoff.ts'
import type { Certified } from './certificate.ts'
import type { RecordChannel } from './channel.ts'
import { type Attempt, BusyError, shakeHands } from './client-handshake.ts'
import type { Admission } from './handshake-messages.ts'
import type { Identity } from './identity.ts'
import type { Session } from './session.ts'
import type { SessionLimits } from './session-limits.ts'
import type { ClientTransport } from './transport.ts'

export interface WireClientOptions {
  /** Where it connects to, for people. */
  readonly endpoint: string
  readonly identity: Identity
  /** What the client calls itself; the server decides whether the key may. */
  readonly name: string
  readonly role: string
  /** Random text of this process. */
  readonly instance: string
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<SessionLimits>
  /** `false`: one attempt. */
  readonly reconnect: false | BackoffOptions
  readonly handshakeTimeoutMs?: number
  /** A transport for one attempt. */
  transport(): ClientTransport | Promise<ClientTransport>
  /** Throws to refuse a server before it learns who this client is. */
  checkServer(server: Certified): void
  payload(): unknown
  onSession(channel: RecordChannel, welcome: unknown): void
  onState?(state: ClientState): void
}

export type WaitingReason = 'lost' | 'pending' | 'rejected' | 'denied' | 'busy' | 'unreachable' | 'mismatch'

interface Pause {
  readonly reason: WaitingReason
  readonly message: string
  readonly retryMs: number
}

export type ClientState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | ({ readonly kind: 'waiting' } & Pause)
  | { readonly kind: 'stopped' }

const handshakeTimeoutDefaultMs = 10_000
/** A server that is not the trusted one will not become it within seconds. */
const mismatchRetryMs = 30_000
/** A session that ends sooner has not shown that all is well: the back-off goes on where it was. */
const provenMs = 10_000

interface Connection extends Attempt {
  readonly transport: ClientTransport
}

/** Keeps one session with a server, over as many connections as it takes. */
export class WireClient implements AsyncDisposable {
  readonly #options: WireClientOptions
  readonly #backoff: Backoff
  readonly #stop = new AbortController()
  #connection: Connection | undefined
  #running: Promise<void> | undefined

  constructor(options: WireClientOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.reconnect === false ? { minimumMs: 0, maximumMs: 0 } : options.reconnect)
  }

  /** Connects, and connects again whenever the session ends, until it is disposed of. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** One attempt. Rejects with the reason for which there is no session. */
  async connectOnce(signal?: AbortSignal): Promise<{ channel: RecordChannel; welcome: unknown }> {
    const connection = await this.#connect(signal)
    const { session, admission } = connection
    if (admission.kind === 'welcome') return { channel: session, welcome: admission.payload }
    await this.#disconnect(connection, admission.message)
    throw refusalError(admission)
  }

  async drain(): Promise<void> {
    await this.#connection?.session.drain()
    await this.#connection?.transport.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#connection?.session.close()
    if (this.#connection !== undefined) await this.#disconnect(this.#connection, 'the client was stopped')
    await this.#running
    this.#tell({ kind: 'stopped' })
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#tell({ kind: 'connecting' })
      const pause = await this.#live()
      if (this.#stop.signal.aborted || this.#options.reconnect === false) return
      if (pause === undefined) continue
      this.#tell({ kind: 'waiting', ...pause })
      await this.#wait(pause.retryMs)
    }
  }

  /** One connection from its beginning to its end: why it ended, and when to try again; at once when undefined. Never rejects. */
  async #live(): Promise<Pause | undefined> {
    try {
      const connection = await this.#connect()
      try {
        return await this.#serve(connection)
      } finally {
        await this.#disconnect(connection, 'the client has done with it')
      }
    } catch (error) {
      return this.#pauseAfter(asSaltError(error))
    }
  }

  async #serve({ session, admission }: Connection): Promise<Pause | undefined> {
    const { clock, onSession } = this.#options
    if (admission.kind !== 'welcome') return await this.#awaitDecision(session, admission)
    const since = clock.monotonic()
    this.#tell({ kind: 'connected' })
    onSession(session, admission.payload)
    const { message } = await session.closed
    if (clock.monotonic() - since >= provenMs) this.#backoff.reset()
    return { reason: 'lost', message, retryMs: this.#backoff.next() }
  }

  /** Stays connected, so that the server can call as soon as it has decided otherwise. */
  async #awaitDecision(
    session: Session,
    admission: Exclude<Admission, { kind: 'welcome' }>,
  ): Promise<Pause | undefined> {
    const { kind, message, retryAfterMs } = admission
    const retryMs = retryAfterMs * (0.8 + Math.random() * 0.4)
    const { clock } = this.#options
    const until = clock.monotonic() + retryMs
    this.#tell({ kind: 'waiting', reason: kind, message, retryMs })
    await this.#wait(retryMs, session.closed)
    if (session.isOpen) return undefined
    const end = await session.closed
    if (end.code === 'lost') return { reason: 'lost', message: end.message, retryMs: this.#backoff.next() }
    if (end.code !== 'recalled') await this.#wait(until - clock.monotonic())
    return undefined
  }

  #pauseAfter(error: SaltError): Pause {
    const { message } = error
    if (error instanceof BusyError)
      return { reason: 'busy', message, retryMs: error.retryAfterMs * (0.5 + Math.random()) }
    if (error.code === 'master-mismatch') {
      const explained = [message, error.hint ?? ''].join('. ')
      return { reason: 'mismatch', message: explained, retryMs: mismatchRetryMs }
    }
    if (error.code === 'internal') this.#options.log.error('connecting failed with a fault of this program', { error })
    return { reason: 'unreachable', message, retryMs: this.#backoff.next() }
  }

  async #connect(signal?: AbortSignal): Promise<Connection> {
    const signals = signal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, signal])
    const transport = await this.#options.transport()
    try {
      await transport.connect()
      const attempt = await this.#shake(transport, signals)
      // Stopped in the same moment: nobody would end this session.
      if (this.#stop.signal.aborted) {
        attempt.session.close()
        throw new SaltError('cancelled', 'the client was stopped')
      }
      this.#connection = { transport, ...attempt }
      return this.#connection
    } catch (error) {
      await transport[Symbol.asyncDispose]()
      throw error
    }
  }

  #shake(transport: ClientTransport, signal: AbortSignal): Promise<Attempt> {
    const { limits, handshakeTimeoutMs = handshakeTimeoutDefaultMs } = this.#options
    return shakeHands({
      transport,
      identity: this.#options.identity,
      name: this.#options.name,
      role: this.#options.role,
      instance: this.#options.instance,
      clock: this.#options.clock,
      timeoutMs: handshakeTimeoutMs,
      signal,
      ...(limits === undefined ? {} : { limits }),
      checkServer: (server) => this.#options.checkServer(server),
      payload: () => this.#options.payload(),
      onFault: (error) => this.#options.log.error('a message was received and could not be dealt with', { error }),
    })
  }

  async #disconnect(connection: Connection, message: string): Promise<void> {
    if (this.#connection !== connection) return
    this.#connection = undefined
    connection.session.abandon({ code: 'closed', message })
    await connection.transport[Symbol.asyncDispose]()
  }

  /** Resolves after this time, or earlier with `event`, or when the client is stopped. */
  #wait(ms: number, event?: Promise<unknown>): Promise<void> {
    const { signal } = this.#stop
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      let timer: Timer | undefined
      const done = (): void => {
        timer?.cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      timer = this.#options.clock.after(ms, done)
      signal.addEventListener('abort', done, { once: true })
      void event?.then(done)
    })
  }

  #tell(state: ClientState): void {
    this.#options.onState?.(state)
  }
}

const refusalCodes: Readonly<Record<Exclude<Admission['kind'], 'welcome'>, ErrorCode>> = {
  pending: 'key-pending',
  rejected: 'key-rejected',
  denied: 'key-rejected',
  busy: 'overloaded',
}

function refusalError(admission: Exclude<Admission, { kind: 'welcome' }>): SaltError {
  return new SaltError(refusalCodes[admission.kind], `not admitted: ${admission.message}`)
}
