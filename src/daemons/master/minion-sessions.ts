import type { Clock, Timer } from '../../base/clock.ts'
import type { Packed } from '../../base/msgpack.ts'
import type { RecordChannel } from '../../wire/channel.ts'
import { PacedSender } from '../../wire/paced-sender.ts'

/** How long returns are gathered before one acknowledgement answers them all, unless a job goes out and takes it along. */
const acknowledgeAfterMs = 1000

/** The living session of one minion. */
export class MinionSession {
  readonly id: string
  readonly fingerprint: string
  readonly instance: string
  readonly channel: RecordChannel & { ping(timeoutMs: number): Promise<boolean> }
  readonly connectedAt: number
  readonly #clock: Clock
  readonly #waitingJobs: PacedSender<Readonly<Record<string, unknown>>>
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
    const { channel } = options
    this.#waitingJobs = new PacedSender({
      offer: (record) => !channel.isCongested && channel.send(record),
      relieved: () => channel.relieved(),
      isGone: () => !channel.isOpen,
    })
  }

  /** Sends a job that has waited for the minion: there may be very many of them, and they go only as fast as they are taken. */
  sendJob(record: Readonly<Record<string, unknown>>): void {
    this.#waitingJobs.add(record)
  }

  /** Sends a job, and in the same frame what there is to acknowledge. */
  sendNow(record: Packed): void {
    this.flushAcknowledgement()
    this.channel.send(record)
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

/** Sessions that one id may have at a time, `salt call` included: an accepted key is no right to all memory. */
const mostPerId = 64

/** Which minions are connected: at most one session per id, and any number of `salt call` within a bound. */
export class MinionSessions {
  readonly #byId = new Map<string, MinionSession>()
  /** Every session of an id, from its admission on: also of minions that have not said hello, and of `salt call`. */
  readonly #admitted = new Map<string, Set<RecordChannel>>()

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

  /** Whether the id has as many sessions as it may have. */
  isFull(id: string): boolean {
    return (this.#admitted.get(id)?.size ?? 0) >= mostPerId
  }

  /** To be called with each session that begins, before anything is served in it: whatever ends the right of its key ends it. */
  admit(id: string, channel: RecordChannel): void {
    const channels = this.#admitted.get(id) ?? new Set()
    channels.add(channel)
    this.#admitted.set(id, channels)
    void channel.closed.then(() => {
      channels.delete(channel)
      if (channels.size === 0) this.#admitted.delete(id)
    })
  }

  /** Makes this the session of its id and ends the one before. */
  add(session: MinionSession): void {
    const before = this.#byId.get(session.id)
    this.#byId.set(session.id, session)
    if (before !== session) before?.channel.close({ code: 'replaced', message: 'the minion connected anew' })
  }

  /** False when another session of the id has taken its place. */
  remove(session: MinionSession): boolean {
    if (this.#byId.get(session.id) !== session) return false
    this.#byId.delete(session.id)
    return true
  }

  /** Ends every session of an id that was opened with another key than this one; undefined: every session. */
  revoke(id: string, message: string, exceptFingerprint?: string): void {
    for (const channel of [...(this.#admitted.get(id) ?? [])]) {
      if (channel.peer.fingerprint !== exceptFingerprint) channel.close({ code: 'revoked', message })
    }
  }
}
