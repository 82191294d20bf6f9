import type { Clock, Timer } from '../../base/clock.ts'
import type { RecordChannel } from '../../wire/channel.ts'
import type { RpcPeer } from '../../wire/rpc.ts'

/** How long returns are gathered before one acknowledgement answers them all. */
const acknowledgeAfterMs = 100

/** The living session of one minion. */
export class MinionSession {
  readonly id: string
  readonly fingerprint: string
  readonly instance: string
  readonly channel: RecordChannel & { ping(timeoutMs: number): Promise<boolean> }
  readonly connectedAt: number
  rpc: RpcPeer | undefined
  readonly #clock: Clock
  #returnsSeen: number[] = []
  #acknowledgement: Timer | undefined

  constructor(options: {
    id: string
    instance: string
    channel: RecordChannel & { ping(timeoutMs: number): Promise<boolean> }
    clock: Clock
  }) {
    this.id = options.id
    this.instance = options.instance
    this.channel = options.channel
    this.fingerprint = options.channel.peer.fingerprint
    this.connectedAt = options.clock.now()
    this.#clock = options.clock
  }

  /** Plans the acknowledgement of this return. */
  acknowledgeReturn(seq: number): void {
    this.#returnsSeen.push(seq)
    this.#acknowledgement ??= this.#clock.after(acknowledgeAfterMs, () => this.flushAcknowledgement(), {
      background: true,
    })
  }

  flushAcknowledgement(): void {
    if (this.#acknowledgement === undefined) return
    this.#acknowledgement.cancel()
    this.#acknowledgement = undefined
    this.channel.send({ kind: 'acknowledge', seqs: this.#returnsSeen })
    this.#returnsSeen = []
  }
}

/** Which minions are connected: at most one session per id. */
export class MinionSessions {
  readonly #byId = new Map<string, MinionSession>()
  /** `salt call` sessions, several per id. */
  readonly #callers = new Map<string, Set<RecordChannel>>()

  get(id: string): MinionSession | undefined {
    return this.#byId.get(id)
  }

  /** Sorted. */
  ids(): readonly string[] {
    return [...this.#byId.keys()].sort()
  }

  get size(): number {
    return this.#byId.size
  }

  all(): Iterable<MinionSession> {
    return this.#byId.values()
  }

  /** Makes this the session of its id and ends the one before. */
  add(session: MinionSession): void {
    const before = this.#byId.get(session.id)
    this.#byId.set(session.id, session)
    before?.channel.close({ code: 'replaced', message: 'the minion connected anew' })
  }

  /** False when another session of the id has taken its place. */
  remove(session: MinionSession): boolean {
    if (this.#byId.get(session.id) !== session) return false
    this.#byId.delete(session.id)
    return true
  }

  addCaller(id: string, channel: RecordChannel): void {
    const callers = this.#callers.get(id) ?? new Set()
    callers.add(channel)
    this.#callers.set(id, callers)
    void channel.closed.then(() => {
      callers.delete(channel)
      if (callers.size === 0) this.#callers.delete(id)
    })
  }

  /** Ends every session of an id whose key is no longer accepted. */
  revoke(id: string, message: string): void {
    this.#byId.get(id)?.channel.close({ code: 'revoked', message })
    for (const channel of this.#callers.get(id) ?? []) channel.close({ code: 'revoked', message })
  }
}
