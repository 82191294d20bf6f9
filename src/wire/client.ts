import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError, type ErrorCode, SaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { Backoff, type BackoffOptions } from './backoff.ts'
import type { Certified } from './certificate.ts'
import type { RecordChannel } from './channel.ts'
import { type Attempt, BusyError, shakeHands } from './client-handshake.ts'
import type { Admission } from './handshake-messages.ts'
import type { Identity } from './identity.ts'
import type { Session, SessionLimits } from './session.ts'
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

export type ClientState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'waiting'; readonly reason: WaitingReason; readonly message: string; readonly retryMs: number }
  | { readonly kind: 'stopped' }

const handshakeTimeoutDefaultMs = 10_000
/** A master that is not the trusted one will not become it within seconds. */
const mismatchRetryMs = 30_000

/** Keeps one session with a server, over as many connections as it takes. */
export class WireClient implements AsyncDisposable {
  readonly #options: WireClientOptions
  readonly #backoff: Backoff
  #transport: ClientTransport | undefined
  #session: Session | undefined
  #retry: Timer | undefined
  #isStopped = false

  constructor(options: WireClientOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.reconnect === false ? { minimumMs: 0, maximumMs: 0 } : options.reconnect)
  }

  /** Connects, and connects again whenever the session ends, until it is disposed of. */
  start(): void {
    void this.#cycle()
  }

  /** One attempt. Rejects with the reason for which there is no session. */
  async connectOnce(signal?: AbortSignal): Promise<{ channel: RecordChannel; welcome: unknown }> {
    try {
      const { session, admission } = await this.#attempt(signal)
      if (admission.kind === 'welcome') return { channel: session, welcome: admission.payload }
      session.abandon({ code: 'refused', message: admission.message })
      throw refusalError(admission)
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
  }

  async drain(): Promise<void> {
    this.#session?.flush()
    await this.#transport?.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#retry?.cancel()
    this.#session?.close()
    await this.#transport?.[Symbol.asyncDispose]()
    this.#transport = undefined
    this.#options.onState?.({ kind: 'stopped' })
  }

  async #cycle(): Promise<void> {
    if (this.#isStopped) return
    this.#options.onState?.({ kind: 'connecting' })
    try {
      const { session, admission } = await this.#attempt()
      if (admission.kind === 'welcome') return this.#connected(session, admission.payload)
      session.abandon({ code: 'refused', message: admission.message })
      await this.#wait(admission.kind, admission.message, admission.retryAfterMs * (0.8 + Math.random() * 0.4))
    } catch (error) {
      await this.#failed(asSaltError(error))
    }
  }

  #connected(session: Session, welcome: unknown): void {
    if (this.#isStopped) return session.close()
    this.#backoff.reset()
    void session.closed.then((reason) => this.#wait('lost', reason.message, this.#backoff.next()))
    this.#options.onState?.({ kind: 'connected' })
    this.#options.onSession(session, welcome)
  }

  async #failed(error: SaltError): Promise<void> {
    if (error instanceof BusyError) return this.#wait('busy', error.message, error.retryAfterMs * (0.5 + Math.random()))
    if (error.code === 'master-mismatch') {
      return this.#wait('mismatch', [error.message, error.hint ?? ''].join('. '), mismatchRetryMs)
    }
    if (error.code === 'internal') this.#options.log.error('connecting failed with a fault of this program', { error })
    return this.#wait('unreachable', error.message, this.#backoff.next())
  }

  async #wait(reason: WaitingReason, message: string, retryMs: number): Promise<void> {
    this.#session = undefined
    const transport = this.#transport
    this.#transport = undefined
    await transport?.[Symbol.asyncDispose]()
    if (this.#isStopped || this.#options.reconnect === false) return
    this.#options.onState?.({ kind: 'waiting', reason, message, retryMs })
    this.#retry = this.#options.clock.after(retryMs, () => void this.#cycle())
  }

  async #attempt(signal?: AbortSignal): Promise<Attempt> {
    const transport = await this.#options.transport()
    this.#transport = transport
    await transport.connect()
    if (this.#isStopped) throw new SaltError('cancelled', 'the client was stopped')
    const { limits, handshakeTimeoutMs = handshakeTimeoutDefaultMs } = this.#options
    const shaking = shakeHands({
      transport,
      identity: this.#options.identity,
      name: this.#options.name,
      role: this.#options.role,
      instance: this.#options.instance,
      clock: this.#options.clock,
      timeoutMs: handshakeTimeoutMs,
      ...(limits === undefined ? {} : { limits }),
      checkServer: (server) => this.#options.checkServer(server),
      payload: () => this.#options.payload(),
    })
    const attempt = await (signal === undefined ? shaking : Promise.race([shaking, rejectOnAbort(signal)]))
    this.#session = attempt.session
    return attempt
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void =>
      reject(new SaltError('timeout', 'the server does not answer in time', { cause: signal.reason }))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}

const refusalCodes: Readonly<Record<Exclude<Admission['kind'], 'welcome'>, ErrorCode>> = {
  pending: 'key-pending',
  rejected: 'key-rejected',
  denied: 'key-rejected',
  busy: 'overloaded',
}

function refusalError(admission: Exclude<Admission, { kind: 'welcome' }>): SaltError {
  return new SaltError(refusalCodes[admission.kind], `the master does not admit this minion: ${admission.message}`)
}
