import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { KeyStore } from '../../engine/keys/key-store.ts'
import { watchKeys } from '../../engine/keys/key-watch.ts'
import { MineStore } from '../../engine/mine/mine-store.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import type { Identity } from '../../wire/identity.ts'
import { WireServer } from '../../wire/server.ts'
import type { ServerTransport } from '../../wire/transport.ts'
import { zeromqServer } from '../../wire/zeromq-transport.ts'
import { tellIncident } from '../drop-event.ts'
import { MinionAdmission } from './admission.ts'
import { Arrivals } from './arrivals.ts'
import type { Authority } from './authority.ts'
import type { FileOffers } from './file-offers.ts'
import { KeyChanges } from './key-changes.ts'
import { linkMethods } from './link-methods.ts'
import type { LiveSettings } from './live-settings.ts'
import type { MinionCache } from './minion-cache.ts'
import { MinionEvents } from './minion-events.ts'
import type { MinionSessions } from './minion-sessions.ts'
import type { Publisher } from './publisher.ts'
import { PushedFiles } from './pushed-files.ts'
import type { RunnerHosts } from './runner-hosts.ts'
import type { UnaskedReturns } from './unasked-returns.ts'

export interface MinionPortParts {
  /** As last read. */
  options(): MasterOptions
  readonly settings: LiveSettings
  readonly identity: Identity
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  readonly keys: KeyStore
  readonly sessions: MinionSessions
  readonly cache: MinionCache
  readonly publisher: Publisher
  readonly unasked: UnaskedReturns
  readonly hosts: RunnerHosts
  readonly authority: Authority
  readonly offers: FileOffers
  /** User that the master runs as. */
  readonly user: string
  /** Instead of ZeroMQ over TCP. */
  readonly transport: ServerTransport | undefined
}

/** The side of a master that its minions see: who is let in, what becomes of those who come, and what they may ask. */
export class MinionPort implements AsyncDisposable {
  readonly keyChanges: KeyChanges
  readonly #parts: MinionPortParts
  readonly #events: MinionEvents
  readonly #admission: MinionAdmission
  readonly #arrivals: Arrivals
  readonly #wire: WireServer
  readonly #keyWatch: { close(): void }

  constructor(parts: MinionPortParts) {
    this.#parts = parts
    const { settings, keys, sessions, cache, publisher, hosts, bus, clock, log } = parts
    this.#events = new MinionEvents({ bus, clock, log, tags: () => settings.minionEventTags })
    this.keyChanges = new KeyChanges({
      ...{ keys, sessions, publisher, cache, banks: hosts.banks, pillar: hosts.pillar, bus, log },
      recall: (id) => this.#wire.recall((claim, answer) => this.#admission.isDecidedAnew(claim, answer), id),
    })
    this.#admission = this.#makeAdmission()
    this.#arrivals = this.#makeArrivals(this.#methods())
    this.#wire = this.#makeWire()
    this.#keyWatch = watchKeys(keys, (id) => this.keyChanges.seen(id), { log })
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#wire.counters
  }

  /** Resolves to the port that minions connect to. Rejects with `address-in-use` and the like. */
  listen(): Promise<number> {
    return this.#wire.listen()
  }

  /** Calls those whose keys wait for a decision: by other rules it may be another one. */
  recallPending(): void {
    this.#wire.recall((_claim, answer) => answer === 'pending')
  }

  async drain(): Promise<void> {
    for (const session of this.#parts.sessions.all()) session.flushAcknowledgement()
    await this.#wire.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keyWatch.close()
    this.#arrivals[Symbol.dispose]()
    await this.#wire[Symbol.asyncDispose]()
    this.#events[Symbol.dispose]()
  }

  #methods(): ReturnType<typeof linkMethods> {
    const { options, settings, publisher, hosts, bus, log, offers, cache, authority, user } = this.#parts
    return linkMethods({
      ...{
        publisher,
        runners: hosts.runners,
        bus,
        events: this.#events,
        log,
        settings,
        offers,
        cache,
        authority,
        user,
      },
      mine: new MineStore(hosts.banks),
      pillar: hosts.pillar,
      tellsGrains: () => options().values.minion_data_cache_events,
      pushed: new PushedFiles({ cachedir: options().paths.cachedir, settings }),
    })
  }

  #makeArrivals(link: ReturnType<typeof linkMethods>): Arrivals {
    const { options, clock, log, bus, sessions, publisher, unasked, cache } = this.#parts
    const { presence_events, loop_interval } = options().values
    return new Arrivals({
      ...{ clock, log, bus, sessions, publisher, unasked, cache, keyChanges: this.keyChanges, link },
      presenceMs: presence_events ? loop_interval * 1000 : undefined,
      tellsGrains: () => options().values.minion_data_cache_events,
    })
  }

  #makeAdmission(): MinionAdmission {
    const { options, settings, keys, sessions, bus, log, clock, authority } = this.#parts
    const { max_minions, auth_events } = options().values
    return new MinionAdmission({
      ...{ keys, sessions, bus, log, clock, maximumMinions: max_minions, fireEvents: auth_events },
      autosign: () => settings.autosign,
      decided: (id, change, rule) => authority.noteKey({ kind: 'minion', name: id }, change, id, rule),
      welcome: () => ({ now: clock.now() }),
    })
  }

  #makeWire(): WireServer {
    const { options, transport, identity, clock, log, bus } = this.#parts
    const { interface: host, ret_port, heartbeat_interval } = options().values
    return new WireServer({
      transport: transport ?? zeromqServer({ host, port: ret_port, chosenBy: 'interface and ret_port' }),
      identity,
      clock,
      log,
      limits: { heartbeatMs: heartbeat_interval * 1000 },
      admit: (claim) => this.#admission.admit(claim),
      onSession: (session, claim) => this.#arrivals.begin(session, claim),
      onIncident: (incident) => tellIncident(bus, incident),
    })
  }
}
