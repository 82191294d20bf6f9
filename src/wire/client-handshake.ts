import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import { pack } from '../base/msgpack.ts'
import { maximumWrappedDepth } from '../base/msgpack-limits.ts'
import { type Certified, checkServerCertificate, clientCertificate } from './certificate.ts'
import { type DiffieHellmanPair, generatePair } from './crypto.ts'
import { decodeFrame, encodeFrame, type Frame, frameTypes, largestOpenFrame } from './frame.ts'
import { type Admission, offer, prologue, readAdmission, readRefusal } from './handshake-messages.ts'
import type { Identity } from './identity.ts'
import { Handshake } from './noise.ts'
import { Session } from './session.ts'
import { sessionKeys } from './session-keys.ts'
import type { SessionLimits } from './session-limits.ts'
import type { ClientTransport } from './transport.ts'

export interface ClientHandshakeOptions {
  readonly transport: ClientTransport
  readonly identity: Identity
  readonly name: string
  readonly role: string
  readonly instance: string
  readonly clock: Clock
  readonly timeoutMs: number
  /** Ends the attempt. */
  readonly signal: AbortSignal
  readonly limits?: Partial<SessionLimits>
  /** Throws to refuse a server before it learns who this client is. */
  checkServer(server: Certified): void
  payload(): unknown
  /** The receiver of the session's records has thrown. */
  onFault(error: unknown): void
}

export interface Attempt {
  readonly session: Session
  readonly admission: Admission
}

/** A server that said it is busy. */
export class BusyError extends SaltError {
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('overloaded', 'the server is busy')
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * One handshake over a connected transport, up to the server's decision. Afterwards the transport's frames go to the session.
 * Rejects with `cancelled`, `timeout`, `session-closed`, `bad-frame`, `overloaded` (BusyError), or what `checkServer` throws.
 */
export function shakeHands(options: ClientHandshakeOptions): Promise<Attempt> {
  if (options.signal.aborted) return Promise.reject(cancelled(options.signal))
  return new Promise((resolve, reject) => new Shake(options, resolve, reject))
}

class Shake {
  readonly #options: ClientHandshakeOptions
  readonly #resolve: (attempt: Attempt) => void
  readonly #reject: (error: SaltError) => void
  readonly #timer: Timer
  readonly #pair: DiffieHellmanPair = generatePair()
  readonly #handshake: Handshake
  readonly #onAbort = (): void => this.#fail(cancelled(this.#options.signal))
  #session: Session | undefined

  constructor(
    options: ClientHandshakeOptions,
    resolve: (attempt: Attempt) => void,
    reject: (error: SaltError) => void,
  ) {
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
    this.#handshake = new Handshake({ pattern: 'XX', initiator: true, prologue, static: this.#pair })
    this.#timer = options.clock.after(options.timeoutMs, () =>
      this.#fail(new SaltError('timeout', 'the server does not answer')),
    )
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
    options.transport.onFrame((bytes) => this.#receive(bytes))
    options.transport.onGone(() => {
      this.#session?.abandon({ code: 'lost', message: 'the connection ended' })
      this.#fail(new SaltError('session-closed', 'nobody listens at the address, or the connection ended'))
    })
    options.transport.send(encodeFrame(frameTypes.handshake1, 0n, 0n, this.#handshake.write(pack(offer))))
  }

  #receive(bytes: Buffer): void {
    try {
      this.#take(decodeFrame(bytes))
    } catch (error) {
      // Whoever can put bytes on the line must not be able to end a session with them.
      if (this.#session === undefined) this.#fail(asSaltError(error))
    }
  }

  #take(frame: Frame): void {
    if (frame.type === frameTypes.refusal) return this.#refused(frame)
    if (frame.type === frameTypes.handshake2) {
      if (this.#session === undefined) this.#answer(frame)
      return
    }
    if (this.#session === undefined || frame.session !== this.#session.id) return
    // What does not open is not the server's; what comes in the wrong order has ended the session by now.
    this.#session.receive(frame)
  }

  #answer(frame: Frame): void {
    const { identity, name, role, instance, clock, checkServer, payload, transport, limits } = this.#options
    const server = checkServerCertificate(this.#handshake.read(frame.body), this.#handshake.remoteStatic, clock)
    checkServer(server)
    const certificate = clientCertificate(identity, this.#pair.publicKey, name, role)
    const claim = this.#handshake.write(pack({ certificate, instance, payload: payload() }))
    const claimFrame = encodeFrame(frameTypes.handshake3, frame.session, 0n, claim)
    if (claimFrame.byteLength > largestOpenFrame) {
      throw new SaltError(
        'bad-arguments',
        `what this client says of itself takes ${claimFrame.byteLength} bytes; the limit is ${largestOpenFrame}`,
      )
    }
    const { keys, hash } = this.#handshake.finish()
    const session = new Session({
      id: frame.session,
      peer: { name: '', role: 'server', fingerprint: server.fingerprint },
      keys: sessionKeys(keys, hash, true),
      clock,
      limits: { receiveDepth: maximumWrappedDepth, ...limits },
      transmit: (bytes) => transport.send(bytes),
      onFault: (error) => this.#options.onFault(error),
    })
    this.#session = session
    session.onRecord((record) => this.#decided(session, record))
    void session.closed.then((reason) => this.#fail(new SaltError('session-closed', reason.message)))
    transport.send(claimFrame)
  }

  #decided(session: Session, record: unknown): void {
    try {
      const admission = readAdmission(record)
      session.holdRecords()
      this.#cease()
      this.#resolve({ session, admission })
    } catch (error) {
      this.#fail(asSaltError(error))
    }
  }

  #refused(frame: Frame): void {
    const refusal = readRefusal(frame.body)
    if (refusal.reason === 'unknown-session') {
      if (this.#session?.id === frame.session)
        this.#session.abandon({ code: 'lost', message: 'the server does not know the session' })
      return
    }
    if (this.#session !== undefined) return
    if (refusal.reason === 'busy') this.#fail(new BusyError(refusal.retryAfterMs))
    else this.#fail(new SaltError('bad-frame', 'the server speaks another version of the protocol'))
  }

  #cease(): void {
    this.#timer.cancel()
    this.#options.signal.removeEventListener('abort', this.#onAbort)
  }

  #fail(error: SaltError): void {
    this.#cease()
    this.#session?.abandon({ code: 'refused', message: error.message })
    this.#reject(error)
  }
}

function cancelled(signal: AbortSignal): SaltError {
  const isTimeout = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
  return isTimeout
    ? new SaltError('timeout', 'the server does not answer in time')
    : new SaltError('cancelled', 'connecting was given up', { cause: signal.reason })
}
