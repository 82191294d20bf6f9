/**
 * Sessions on one host, sealed with a key that both sides read from a file. Each side sends 32 random bytes in the open; the
 * keys of the session come from the bus key and both of them (docs/wire-protocol.md).
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { SaltError } from '../base/errors.ts'
import { assertPrivateFile, ensurePrivateFolder, readFileIfExists, writeFileAtomicSync } from '../base/files.ts'
import type { Log } from '../base/log.ts'
import type { RecordChannel } from './channel.ts'
import { deriveKey, sha256 } from './crypto.ts'
import { decodeFrame, encodeFrame, type Frame, frameTypes } from './frame.ts'
import { Incidents } from './incidents.ts'
import { Session, type SessionLimits } from './session.ts'
import { type SessionKeys, sessionKeys } from './session-keys.ts'
import type { ClientTransport, PeerAddress, ServerTransport } from './transport.ts'
import { zeromqClient } from './zeromq-transport.ts'

const randomLength = 32
const keyLength = 32
const localPeer = { name: '', role: 'local', fingerprint: '' }
/** Clients that connected and then say nothing are not kept without end. */
const mostSessions = 4096

/** The key of a bus: 32 bytes, readable by its users only. Made when it is missing. */
export function loadOrCreateBusKey(path: string): Uint8Array {
  ensurePrivateFolder(dirname(path))
  if (readFileIfExists(path) === undefined) writeFileAtomicSync(path, randomBytes(keyLength), 0o600)
  return readBusKey(path)
}

/** Throws `key-permissions` when others may read it, `key-invalid` when it is no key. */
export function readBusKey(path: string): Uint8Array {
  assertPrivateFile(path)
  const key = readFileSync(path)
  if (key.byteLength === keyLength) return key
  throw new SaltError('key-invalid', 'the bus key does not have 32 bytes', {
    where: path,
    hint: 'Remove it and start the daemon again.',
  })
}

function localKeys(
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
  /** A client that has proved that it holds the key. */
  onSession(channel: RecordChannel): void
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
    options.transport.onFrame((peer, bytes) => this.#receive(peer, bytes))
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

  #receive(peer: PeerAddress, bytes: Buffer): void {
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
    if (this.#sessions.size >= mostSessions)
      return this.#incidents.add('busy', 'all', 'too many clients on the local bus')
    this.#sessions.get(peer)?.session.abandon({ code: 'replaced', message: 'the client began anew' })
    const serverRandom = randomBytes(randomLength)
    const id = randomBytes(8).readBigUInt64BE()
    const session = new Session({
      id,
      peer: localPeer,
      keys: localKeys(this.#options.busKey, frame.body, serverRandom, false),
      clock: this.#options.clock,
      ...(this.#options.limits === undefined ? {} : { limits: this.#options.limits }),
      transmit: (bytes) => this.#options.transport.send(peer, bytes),
    })
    const local = { session, peer, isProven: false }
    this.#sessions.set(peer, local)
    void session.closed.then(() => {
      if (this.#sessions.get(peer) === local) this.#sessions.delete(peer)
    })
    this.#options.transport.send(peer, encodeFrame(frameTypes.helloAnswer, id, 0n, serverRandom))
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

/** Rejects with `session-closed` when nobody listens, with `timeout` when nobody answers. */
export async function connectLocal(options: LocalClientOptions): Promise<RecordChannel & AsyncDisposable> {
  const transport = options.transport ?? (await zeromqClient(`ipc://${options.path ?? ''}`))
  try {
    const session = await greet(transport, options)
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

async function greet(transport: ClientTransport, options: LocalClientOptions): Promise<Session> {
  await transport.connect()
  const clientRandom = randomBytes(randomLength)
  return new Promise((resolve, reject) => {
    let session: Session | undefined
    const timer = options.clock.after(options.timeoutMs, () =>
      reject(new SaltError('timeout', 'the daemon does not answer on its bus')),
    )
    transport.onGone(() => {
      timer.cancel()
      session?.abandon({ code: 'lost', message: 'the daemon has gone' })
      reject(new SaltError('session-closed', 'nobody listens on the bus'))
    })
    transport.onFrame((bytes) => {
      const frame = decodeFrame(bytes)
      if (session !== undefined) {
        if (frame.session === session.id) session.receive(frame)
        return
      }
      if (frame.type !== frameTypes.helloAnswer || frame.body.byteLength !== randomLength) return
      timer.cancel()
      session = new Session({
        id: frame.session,
        peer: localPeer,
        keys: localKeys(options.busKey, clientRandom, frame.body, true),
        clock: options.clock,
        transmit: (sealed) => transport.send(sealed),
      })
      resolve(session)
    })
    transport.send(encodeFrame(frameTypes.hello, 0n, 0n, clientRandom))
  })
}
