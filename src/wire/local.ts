/**
 * Sessions on one host, sealed with a key that both sides read from a file. Each side sends 32 random bytes in the open; the
 * keys of the session come from the bus key and both of them (docs/wire-protocol.md). The daemon then pings: a client that
 * can open the ping knows that the daemon holds the key, and its pong proves the same to the daemon.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock, Timer } from '../base/clock.ts'
import { SaltError } from '../base/errors.ts'
import { assertPrivateFile, createFileSync, ensurePrivateFolder, readFileIfExists } from '../base/files.ts'
import type { Log } from '../base/log.ts'
import { maximumWrappedDepth } from '../base/msgpack-limits.ts'
import type { RecordChannel } from './channel.ts'
import { deriveKey, sha256 } from './crypto.ts'
import { decodeFrame, encodeFrame, type Frame, frameTypes } from './frame.ts'
import { type Incident, Incidents } from './incidents.ts'
import { Session } from './session.ts'
import { type SessionKeys, sessionKeys } from './session-keys.ts'
import type { SessionLimits } from './session-limits.ts'
import type { ClientTransport, PeerAddress, ServerTransport } from './transport.ts'
import { zeromqClient } from './zeromq-transport.ts'

const randomLength = 32
const keyLength = 32
const localPeer = { name: '', role: 'local', fingerprint: '' }
const mostSessions = 4096
/** What came from elsewhere is passed on with a little around it. */
const localLimits = {
  maximumRecord: 80 * 1024 * 1024,
  sendDepth: maximumWrappedDepth,
  receiveDepth: maximumWrappedDepth,
}
/** A client that has not proved by then that it holds the key is forgotten. */
const proofMs = 10_000

/** The key of a bus: 32 bytes, readable by its users only. Made when it is missing. */
export function loadOrCreateBusKey(path: string): Uint8Array {
  ensurePrivateFolder(dirname(path))
  if (readFileIfExists(path) === undefined) createFileSync(path, randomBytes(keyLength), 0o600)
  return readBusKey(path)
}

/** Throws `key-permissions` when others may read it, `key-invalid` when it is no key. `rootMay`: see `assertPrivateFile`. */
export function readBusKey(path: string, options: { readonly rootMay?: boolean } = {}): Uint8Array {
  assertPrivateFile(path, options)
  const key = readFileSync(path)
  if (key.byteLength === keyLength) return key
  throw new SaltError('key-invalid', 'the bus key does not have 32 bytes', {
    where: path,
    hint: 'Remove it and start the daemon again.',
  })
}

/** The keys of a local session, from the bus key and what both sides have sent. */
export function localKeys(
  busKey: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  initiator: boolean,
): SessionKeys {
  const salt = Buffer.concat([clientRandom, serverRandom])
  const forward = deriveKey(busKey, salt, 'salt bus client to server v1')
  const backward = deriveKey(busKey, salt, 'salt bus server to client v1')
  return sessionKeys([forward, backward], sha256(salt), initiator)
}

export interface LocalServerOptions {
  readonly transport: ServerTransport
  readonly busKey: Uint8Array
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<SessionLimits>
  readonly maximumSessions?: number
  /** A client that has proved that it holds the key. */
  onSession(channel: RecordChannel): void
  /** Input was dropped. */
  onIncident?(incident: Incident): void
}

interface LocalSession {
  readonly session: Session
  readonly peer: PeerAddress
  isProven: boolean
}

/** Serves the processes of this host that hold the bus key. */
export class LocalServer implements AsyncDisposable {
  readonly #options: LocalServerOptions
  readonly #incidents: Incidents
  readonly #sessions = new Map<PeerAddress, LocalSession>()

  constructor(options: LocalServerOptions) {
    this.#options = options
    this.#incidents = new Incidents(options)
    options.transport.onFrame((peer, bytes) => this.#incidents.guard(peer, () => this.#dispatch(peer, bytes)))
    options.transport.onGone((peer) =>
      this.#sessions.get(peer)?.session.abandon({ code: 'lost', message: 'the client has gone' }),
    )
    options.transport.onDropped((kind, peer) => this.#incidents.add(kind, peer, 'a message of several parts'))
  }

  async listen(): Promise<void> {
    await this.#options.transport.listen()
  }

  get counters(): Readonly<Record<string, number>> {
    return { ...this.#incidents.counts, sessions: this.#sessions.size }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session } of this.#sessions.values()) session.close({ code: 'closed', message: 'the daemon ends' })
    await this.#options.transport[Symbol.asyncDispose]()
  }

  #dispatch(peer: PeerAddress, bytes: Buffer): void {
    let frame: Frame
    try {
      frame = decodeFrame(bytes)
    } catch (error) {
      return this.#incidents.add('bad-frame', peer, error instanceof Error ? error.message : '')
    }
    if (frame.type === frameTypes.hello) return this.#hello(peer, frame)
    const local = this.#sessions.get(peer)
    if (local === undefined || local.session.id !== frame.session) {
      return this.#incidents.add('unknown-session', peer, 'a frame of a session that is not known')
    }
    const verdict = local.session.receive(frame)
    if (verdict === 'taken') return this.#prove(local)
    this.#incidents.add(verdict === 'gap' ? 'replay' : verdict, peer, 'a frame on the local bus')
    if (!local.isProven) local.session.abandon({ code: 'bad-frame', message: 'the client does not hold the bus key' })
  }

  #hello(peer: PeerAddress, frame: Frame): void {
    if (frame.body.byteLength !== randomLength)
      return this.#incidents.add('bad-handshake', peer, 'a hello of a wrong length')
    if (this.#sessions.size >= (this.#options.maximumSessions ?? mostSessions))
      return this.#incidents.add('busy', 'all', 'too many clients on the local bus')
    this.#sessions.get(peer)?.session.abandon({ code: 'replaced', message: 'the client began anew' })
    const serverRandom = randomBytes(randomLength)
    const id = randomBytes(8).readBigUInt64BE()
    const session = new Session({
      id,
      peer: localPeer,
      keys: localKeys(this.#options.busKey, frame.body, serverRandom, false),
      clock: this.#options.clock,
      limits: { ...localLimits, ...this.#options.limits },
      transmit: (bytes) => this.#options.transport.send(peer, bytes),
      onFault: (error) => this.#options.log.error('a message met a fault of this program', { error }),
    })
    const local = { session, peer, isProven: false }
    this.#sessions.set(peer, local)
    void session.closed.then(() => {
      if (this.#sessions.get(peer) === local) this.#sessions.delete(peer)
    })
    this.#options.transport.send(peer, encodeFrame(frameTypes.helloAnswer, id, 0n, serverRandom))
    void session.ping(proofMs).then(() => {
      if (!local.isProven)
        session.abandon({ code: 'lost', message: 'the client has not proved that it holds the bus key' })
    })
  }

  /** The first frame that opens proves the key; only then is there a client. */
  #prove(local: LocalSession): void {
    if (local.isProven || !local.session.isOpen) return
    local.isProven = true
    this.#options.onSession(local.session)
  }
}

export interface LocalClientOptions {
  readonly busKey: Uint8Array
  readonly clock: Clock
  readonly timeoutMs: number
  /** Path of the socket, or a transport. */
  readonly path?: string
  readonly transport?: ClientTransport
}

/**
 * Rejects with `session-closed` when nobody listens, with `timeout` when nobody answers, with `key-invalid` when the daemon has
 * another bus key.
 */
export async function connectLocal(options: LocalClientOptions): Promise<RecordChannel & AsyncDisposable> {
  const transport = options.transport ?? (await zeromqClient(`ipc://${options.path ?? ''}`))
  try {
    await transport.connect()
    const session = await new Greeting(transport, options).session
    return Object.assign(session, {
      async [Symbol.asyncDispose](): Promise<void> {
        session.close()
        await transport[Symbol.asyncDispose]()
      },
    })
  } catch (error) {
    await transport[Symbol.asyncDispose]()
    throw error
  }
}

/** The client's side of a hello. Afterwards the transport's frames go to the session. */
class Greeting {
  /** Once the daemon has proved that it holds the key. */
  readonly session: Promise<Session>
  readonly #transport: ClientTransport
  readonly #options: LocalClientOptions
  readonly #random = randomBytes(randomLength)
  readonly #timer: Timer
  #resolve: (session: Session) => void = () => {}
  #reject: (error: SaltError) => void = () => {}
  #session: Session | undefined
  #isProven = false

  constructor(transport: ClientTransport, options: LocalClientOptions) {
    this.#transport = transport
    this.#options = options
    this.session = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#timer = options.clock.after(options.timeoutMs, () =>
      this.#fail(new SaltError('timeout', 'the daemon does not answer on its bus')),
    )
    transport.onGone(() => this.#fail(new SaltError('session-closed', 'nobody listens on the bus')))
    transport.onFrame((bytes) => this.#receive(bytes))
    transport.send(encodeFrame(frameTypes.hello, 0n, 0n, this.#random))
  }

  #receive(bytes: Buffer): void {
    let frame: Frame
    try {
      frame = decodeFrame(bytes)
    } catch {
      // No frame: nothing that a daemon of ours has sent.
      return
    }
    if (this.#session !== undefined) return this.#take(this.#session, frame)
    if (frame.type === frameTypes.helloAnswer && frame.body.byteLength === randomLength) this.#answered(frame)
  }

  #answered(frame: Frame): void {
    this.#session = new Session({
      id: frame.session,
      peer: localPeer,
      keys: localKeys(this.#options.busKey, this.#random, frame.body, true),
      clock: this.#options.clock,
      limits: localLimits,
      transmit: (sealed) => this.#transport.send(sealed),
    })
  }

  #take(session: Session, frame: Frame): void {
    if (frame.session !== session.id) return
    const verdict = session.receive(frame)
    if (this.#isProven) return
    if (verdict !== 'taken') {
      return this.#fail(
        new SaltError('key-invalid', 'the bus key is not the one that the daemon uses', {
          hint: 'Restart the daemon if the file of its bus key was replaced.',
        }),
      )
    }
    this.#isProven = true
    this.#timer.cancel()
    this.#resolve(session)
  }

  #fail(error: SaltError): void {
    this.#timer.cancel()
    this.#session?.abandon({ code: 'lost', message: this.#isProven ? 'the daemon has gone' : error.message })
    this.#reject(error)
  }
}
