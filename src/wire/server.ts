import { randomBytes } from 'node:crypto'
import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { pack, unpack } from '../base/msgpack.ts'
import { maximumWrappedDepth } from '../base/msgpack-limits.ts'
import { isRecord } from '../base/narrow.ts'
import { BucketsBySource, TokenBucket } from './admission.ts'
import { certificateRenewMs, checkClientCertificate, isFresh, serverCertificate } from './certificate.ts'
import type { CloseReason } from './channel.ts'
import { type DiffieHellmanPair, generatePair } from './crypto.ts'
import { decodeFrame, encodeFrame, type Frame, FrameError, frameTypes } from './frame.ts'
import { type Admission, type Claim, checkOffer, prologue, type Refusal } from './handshake-messages.ts'
import type { Identity } from './identity.ts'
import { type Incident, type IncidentKind, Incidents } from './incidents.ts'
import { Handshake } from './noise.ts'
import { type FrameVerdict, Session } from './session.ts'
import { sessionKeys } from './session-keys.ts'
import type { SessionLimits } from './session-limits.ts'
import type { PeerAddress, ServerTransport } from './transport.ts'
import { type DecisionCheck, WaitingClients } from './waiting-clients.ts'

export type { Admission, Claim } from './handshake-messages.ts'
export type { Incident } from './incidents.ts'
export type ServerSession = Session

export interface WireServerOptions {
  readonly transport: ServerTransport
  readonly identity: Identity
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<SessionLimits>
  /** Handshakes per second, and how many at once, before Diffie-Hellman is spent on one. */
  readonly handshakeRate?: { readonly ratePerSecond: number; readonly burst: number }
  admit(claim: Claim): Admission | Promise<Admission>
  onSession(session: ServerSession, claim: Claim): void
  onIncident?(incident: Incident): void
}

interface HalfOpen {
  readonly peer: PeerAddress
  readonly handshake: Handshake
  readonly expiry: Timer
}

interface Established {
  readonly session: Session
  /** Where the last frame that opened came from. */
  peer: PeerAddress
}

const incidentOf = {
  'wrong-key': ['wrong-key', 'a frame that does not open'],
  replay: ['replay', 'a frame that came before'],
  gap: ['replay', 'a frame is missing before this one'],
  'bad-record': ['bad-record', 'a sealed frame with something in it that is no record'],
} as const satisfies Readonly<Record<Exclude<FrameVerdict, 'taken'>, readonly [IncidentKind, string]>>

const defaultHandshakeRate = { ratePerSecond: 500, burst: 2000 }
/** Of one connection: a client needs one handshake, and a few more when it is refused. */
const sourceRate = { ratePerSecond: 2, burst: 10 }
const sourcesKept = 20_000
const halfOpenLimit = 4096
const halfOpenMs = 10_000

/** Serves many clients over one transport: handshakes, sessions, and the frames that belong to neither. */
export class WireServer implements AsyncDisposable {
  readonly #options: WireServerOptions
  readonly #incidents: Incidents
  readonly #sessions = new Map<bigint, Established>()
  readonly #byPeer = new Map<PeerAddress, Set<bigint>>()
  readonly #halfOpen = new Map<bigint, HalfOpen>()
  readonly #waiting = new WaitingClients()
  readonly #bucket: TokenBucket
  readonly #sources: BucketsBySource
  #channelKey: DiffieHellmanPair = generatePair()
  #certificate: Buffer
  #certifiedAt: number
  #renewal: Timer | undefined
  #handshakes = 0
  #isClosing = false

  constructor(options: WireServerOptions) {
    const { clock, log, transport } = options
    this.#options = options
    this.#incidents = new Incidents({
      clock,
      log,
      ...(options.onIncident === undefined ? {} : { onIncident: (incident) => options.onIncident?.(incident) }),
    })
    this.#bucket = new TokenBucket(clock, options.handshakeRate ?? defaultHandshakeRate)
    this.#sources = new BucketsBySource(clock, sourceRate, sourcesKept)
    this.#certificate = serverCertificate(options.identity, this.#channelKey.publicKey, clock)
    this.#certifiedAt = clock.now()
    transport.onFrame((peer, bytes) => this.#incidents.guard(peer, () => this.#dispatch(peer, bytes)))
    transport.onGone((peer) => this.#gone(peer))
    transport.onDropped((kind, peer) => this.#incidents.add(kind, peer, 'a message of several parts'))
  }

  async listen(): Promise<number> {
    const port = await this.#options.transport.listen()
    this.#planRenewal()
    return port
  }

  /** Clients that wait for a decision, of one name or of all, connect again at once where there is a new one. */
  recall(isDecidedAnew: DecisionCheck, name?: string): void {
    this.#waiting.recall(isDecidedAnew, name)
  }

  get counters(): Readonly<Record<string, number>> {
    return {
      ...this.#incidents.counts,
      handshakes: this.#handshakes,
      sessions: this.#sessions.size,
      connections: this.#byPeer.size,
      halfOpen: this.#halfOpen.size,
      waiting: this.#waiting.size,
    }
  }

  /** Resolves when everything queued so far in every session was handed over; a peer that takes nothing holds it up. */
  async drain(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ session }) => session.drain()))
    await this.#options.transport.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    this.#renewal?.cancel()
    for (const { expiry } of this.#halfOpen.values()) expiry.cancel()
    this.#halfOpen.clear()
    for (const { session } of this.#sessions.values()) session.close({ code: 'closed', message: 'the server ends' })
    await this.#options.transport[Symbol.asyncDispose]()
  }

  #dispatch(peer: PeerAddress, bytes: Buffer): void {
    let frame: Frame
    try {
      frame = decodeFrame(bytes)
    } catch (error) {
      return this.#badFrame(peer, error)
    }
    switch (frame.type) {
      case frameTypes.handshake1:
        return this.#begin(peer, frame)
      case frameTypes.handshake3:
        return this.#complete(peer, frame)
      case frameTypes.data:
      case frameTypes.control:
      case frameTypes.bulk:
        return this.#sessionFrame(peer, frame)
      default:
        this.#incidents.add('bad-frame', peer, 'a frame that a client does not send')
    }
  }

  #badFrame(peer: PeerAddress, error: unknown): void {
    const fault = error instanceof FrameError ? error.fault : 'truncated'
    const kind: IncidentKind = fault === 'unknown-version' || fault === 'oversized' ? fault : 'bad-frame'
    this.#incidents.add(kind, peer, asSaltError(error).message)
    if (fault === 'unknown-version') this.#refuse(peer, 0n, { reason: 'unknown-version', retryAfterMs: 60_000 })
  }

  #begin(peer: PeerAddress, frame: Frame): void {
    if (this.#isClosing) return
    if (!this.#sources.take(peer) || this.#halfOpen.size >= halfOpenLimit || !this.#bucket.take()) {
      this.#incidents.add('busy', 'all', 'more handshakes than are admitted')
      // Spread those who are turned away over the time that it takes to serve them.
      return this.#refuse(peer, frame.session, {
        reason: 'busy',
        retryAfterMs: Math.ceil(1000 + this.#bucket.waitMs * this.#halfOpen.size),
      })
    }
    try {
      if (!isFresh(this.#certifiedAt, this.#options.clock)) this.#certify()
      const handshake = new Handshake({ pattern: 'XX', initiator: false, prologue, static: this.#channelKey })
      checkOffer(handshake.read(frame.body))
      const id = this.#newSessionId()
      const body = handshake.write(this.#certificate)
      const expiry = this.#options.clock.after(halfOpenMs, () => this.#halfOpen.delete(id), { background: true })
      this.#halfOpen.set(id, { peer, handshake, expiry })
      this.#options.transport.send(peer, encodeFrame(frameTypes.handshake2, id, 0n, body))
    } catch (error) {
      this.#incidents.add('bad-handshake', peer, asSaltError(error).message)
    }
  }

  #complete(peer: PeerAddress, frame: Frame): void {
    const open = this.#halfOpen.get(frame.session)
    if (open === undefined || open.peer !== peer)
      return this.#refuse(peer, frame.session, { reason: 'unknown-session', retryAfterMs: 0 })
    open.expiry.cancel()
    this.#halfOpen.delete(frame.session)
    try {
      const claim = readClaim(open.handshake, frame.body)
      this.#handshakes += 1
      this.#establish(peer, frame.session, open.handshake, claim)
    } catch (error) {
      this.#incidents.add('bad-handshake', peer, asSaltError(error).message)
    }
  }

  #establish(peer: PeerAddress, id: bigint, handshake: Handshake, claim: Claim): void {
    const { keys, hash } = handshake.finish()
    const established: Established = {
      peer,
      session: new Session({
        id,
        peer: { name: claim.name, role: claim.role, fingerprint: claim.fingerprint },
        instance: claim.instance,
        keys: sessionKeys(keys, hash, false),
        clock: this.#options.clock,
        limits: { sendDepth: maximumWrappedDepth, ...this.#options.limits },
        transmit: (bytes) => this.#options.transport.send(established.peer, bytes),
        onFault: (error) => this.#options.log.error('a message met a fault of this program', { id: claim.name, error }),
      }),
    }
    this.#sessions.set(id, established)
    this.#remember(established, peer)
    void established.session.closed.then(() => this.#forget(established))
    void this.#decide(established.session, claim)
  }

  /** Never rejects. */
  async #decide(session: Session, claim: Claim): Promise<void> {
    try {
      const admission = await this.#admission(claim)
      session.send({ admission })
      if (admission.kind === 'welcome') {
        if (session.isOpen) this.#options.onSession(session, claim)
      } else if (admission.kind === 'busy' || !this.#waiting.add(session, claim, admission.kind)) {
        session.close({ code: 'refused', message: admission.message })
      }
    } catch (error) {
      this.#options.log.error('cannot begin the session of a client', { id: claim.name, error })
      session.close({ code: 'refused', message: 'the server has a fault' })
    }
  }

  async #admission(claim: Claim): Promise<Admission> {
    try {
      return await this.#options.admit(claim)
    } catch (error) {
      this.#options.log.error('cannot decide about a client', { id: claim.name, error: asSaltError(error).message })
      return { kind: 'busy', message: 'the server has a fault', retryAfterMs: 10_000 }
    }
  }

  #sessionFrame(peer: PeerAddress, frame: Frame): void {
    const established = this.#sessions.get(frame.session)
    if (established === undefined) {
      this.#incidents.add('unknown-session', peer, 'a frame of a session that is not known')
      return this.#refuse(peer, frame.session, { reason: 'unknown-session', retryAfterMs: 0 })
    }
    const { session } = established
    const isElsewhere = established.peer !== peer
    const verdict = session.receive(frame, isElsewhere)
    if (verdict === 'taken' && isElsewhere) this.#remember(established, peer)
    if (verdict === 'taken') return
    const [kind, detail] = incidentOf[verdict]
    this.#incidents.add(kind, peer, detail, session.peer)
  }

  #gone(peer: PeerAddress): void {
    const reason: CloseReason = { code: 'lost', message: 'the connection ended' }
    for (const id of this.#byPeer.get(peer) ?? []) this.#sessions.get(id)?.session.abandon(reason)
  }

  /** Only the connection in use counts: a session that changes it again and again must not fill the memory. */
  #remember(established: Established, peer: PeerAddress): void {
    this.#leave(established)
    established.peer = peer
    const ids = this.#byPeer.get(peer) ?? new Set()
    ids.add(established.session.id)
    this.#byPeer.set(peer, ids)
  }

  #leave({ peer, session }: Established): void {
    const ids = this.#byPeer.get(peer)
    ids?.delete(session.id)
    if (ids?.size === 0) this.#byPeer.delete(peer)
  }

  #forget(established: Established): void {
    this.#leave(established)
    this.#sessions.delete(established.session.id)
  }

  #refuse(peer: PeerAddress, session: bigint, refusal: Refusal): void {
    this.#options.transport.send(peer, encodeFrame(frameTypes.refusal, session, 0n, pack(refusal)))
  }

  #newSessionId(): bigint {
    for (;;) {
      const id = randomBytes(8).readBigUInt64BE()
      if (id !== 0n && !this.#sessions.has(id) && !this.#halfOpen.has(id)) return id
    }
  }

  #certify(): void {
    const { identity, clock } = this.#options
    this.#channelKey = generatePair()
    this.#certificate = serverCertificate(identity, this.#channelKey.publicKey, clock)
    this.#certifiedAt = clock.now()
  }

  #planRenewal(): void {
    this.#renewal = this.#options.clock.after(
      certificateRenewMs,
      () => {
        this.#certify()
        this.#planRenewal()
      },
      { background: true },
    )
  }
}

function readClaim(handshake: Handshake, body: Uint8Array): Claim {
  const payload = unpack(handshake.read(body))
  if (!isRecord(payload) || !(payload.certificate instanceof Uint8Array))
    throw new SaltError('bad-frame', 'a claim without a certificate')
  const certified = checkClientCertificate(payload.certificate, handshake.remoteStatic)
  return { ...certified, instance: String(payload.instance ?? ''), payload: payload.payload ?? null }
}
