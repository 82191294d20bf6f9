import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { RecordChannel } from '../../wire/channel.ts'
import { RpcPeer } from '../../wire/rpc.ts'
import type { Claim, ServerSession } from '../../wire/server.ts'
import type { KeyChanges } from './key-changes.ts'
import type { linkMethods } from './link-methods.ts'
import type { MinionCache } from './minion-cache.ts'
import { type NoticeOptions, type StartOfMinion, takeNotice } from './minion-notices.ts'
import { MinionSession, type MinionSessions } from './minion-sessions.ts'
import { tellStart } from './minion-start.ts'
import { Presence } from './presence.ts'
import type { Publisher } from './publisher.ts'
import type { UnaskedReturns } from './unasked-returns.ts'

export interface ArrivalsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  readonly sessions: MinionSessions
  readonly publisher: Publisher
  readonly unasked: UnaskedReturns
  readonly cache: MinionCache
  readonly keyChanges: KeyChanges
  readonly link: ReturnType<typeof linkMethods>
  /** Milliseconds between two events of who is there; undefined where no presence events are wanted. */
  readonly presenceMs: number | undefined
  tellsGrains(): boolean
}

/** What becomes of a session that was admitted: minions come, say what they are, and go; `salt call` only asks. */
export class Arrivals implements Disposable {
  readonly #options: ArrivalsOptions
  readonly #presence: Presence | undefined

  constructor(options: ArrivalsOptions) {
    const { bus, clock, sessions, presenceMs } = options
    this.#options = options
    if (presenceMs !== undefined)
      this.#presence = new Presence({ bus, clock, everyMs: presenceMs, ids: () => sessions.ids() })
  }

  begin(channel: ServerSession, claim: Claim): void {
    const { clock, sessions, link } = this.#options
    sessions.admit(claim.name, channel)
    if (claim.role === 'minion') this.#beginMinion(channel, claim)
    else new RpcPeer(channel, { clock, serve: link })
  }

  [Symbol.dispose](): void {
    this.#presence?.[Symbol.dispose]()
  }

  #beginMinion(channel: ServerSession, claim: Claim): void {
    const { clock, keyChanges, link } = this.#options
    const session = new MinionSession({ id: claim.name, instance: claim.instance, channel, clock })
    keyChanges.keepOnly(claim.name, claim.fingerprint)
    const onNotice = (record: Parameters<typeof takeNotice>[2]): void => takeNotice(this.#notices(), session, record)
    new RpcPeer(channel, { clock, serve: link, onNotice })
    void (channel as RecordChannel).closed.then((reason) => this.#left(session, reason.message))
  }

  #notices(): NoticeOptions {
    const { publisher, unasked, cache, log, bus, tellsGrains } = this.#options
    return {
      publisher,
      unasked,
      cache,
      log,
      bus: tellsGrains() ? bus : undefined,
      onHello: (session, start) => this.#present(session, start),
    }
  }

  #present(session: MinionSession, start: StartOfMinion): void {
    const { sessions, bus, clock } = this.#options
    sessions.add(session)
    this.#presence?.changed()
    tellStart(bus, { id: session.id, ...start, now: clock.now() })
  }

  #left(session: MinionSession, reason: string): void {
    const { sessions, publisher, bus } = this.#options
    if (!sessions.remove(session)) return
    this.#presence?.changed()
    publisher.disconnected(session.id)
    bus.fire(tagOf('salt/minion/:id/stop', session.id), { id: session.id, reason })
  }
}
