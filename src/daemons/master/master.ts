import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../base/clock.ts'
import { ensurePrivateFolder } from '../../base/files.ts'
import type { Log } from '../../base/log.ts'
import { within } from '../../base/within.ts'
import { EventBus } from '../../bus/event-bus.ts'
import { masterBusName } from '../../client/bus-names.ts'
import { JidClock } from '../../engine/jobs/jid.ts'
import { JobRetention } from '../../engine/jobs/job-retention.ts'
import { openJobStore } from '../../engine/jobs/job-store.ts'
import type { JobStore } from '../../engine/jobs/types.ts'
import { KeyStore } from '../../engine/keys/key-store.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import { queueTtlSeconds } from '../../engine/options/queue-ttl.ts'
import { loadSodium } from '../../wire/crypto.ts'
import { type Identity, loadOrCreateIdentity } from '../../wire/identity.ts'
import type { ServerTransport } from '../../wire/transport.ts'
import { liveView, tellUnfollowed } from '../live-options.ts'
import { LocalBus } from '../local-bus.ts'
import { tellStorage } from '../storage-event.ts'
import { Access } from './access.ts'
import { Backends } from './backends.ts'
import { busMethods } from './bus-methods.ts'
import { FileOffers } from './file-offers.ts'
import { followed } from './followed-options.ts'
import type { HostUser } from './host-users.ts'
import { LiveSettings } from './live-settings.ts'
import { MasterSchedule } from './master-schedule.ts'
import { MinionCache } from './minion-cache.ts'
import { MinionPort } from './minion-port.ts'
import { MinionSessions } from './minion-sessions.ts'
import { makeReactor } from './perform-reaction.ts'
import { Publisher } from './publisher.ts'
import type { Reactor } from './reactor.ts'
import { RunnerHosts } from './runner-hosts.ts'
import { UnaskedReturns } from './unasked-returns.ts'
import type { UserKeys } from './user-keys.ts'
import { userMethods } from './user-methods.ts'

export interface MasterParts {
  readonly clock?: Clock
  /** Instead of ZeroMQ over TCP. */
  readonly transport?: ServerTransport
  /** See `prepareMaster`. */
  readonly userKeys?: UserKeys
}

export interface Master extends AsyncDisposable {
  /** Port that minions connect to. */
  readonly port: number
  readonly fingerprint: string
  /** Takes up what may change while running: peer policies, autosign rules, nodegroups, file roots. Throws `configuration` and keeps the old. Resolves when other users of the host were let in or out. */
  reload(options: MasterOptions): Promise<void>
  /** Lets what is on its way arrive, for at most this time. */
  drain(timeoutMs: number): Promise<void>
}

/** Starts a master. Rejects with `address-in-use`, `key-permissions`, `configuration` and the like before it serves anybody. */
export async function startMaster(options: MasterOptions, log: Log, parts: MasterParts = {}): Promise<Master> {
  await loadSodium()
  const daemon = new MasterDaemon(options, log, parts)
  try {
    await daemon.start()
  } catch (error) {
    await daemon[Symbol.asyncDispose]()
    throw error
  }
  return daemon
}

class MasterDaemon implements Master {
  #options: MasterOptions
  readonly #log: Log
  readonly #clock: Clock
  readonly #identity: Identity
  readonly #settings: LiveSettings
  readonly #keys: KeyStore
  readonly #bus: EventBus
  readonly #store: JobStore
  readonly #backends: Backends
  readonly #cache: MinionCache
  readonly #sessions = new MinionSessions()
  readonly #publisher: Publisher
  readonly #hosts: RunnerHosts
  readonly #unasked: UnaskedReturns
  readonly #schedule: MasterSchedule
  readonly #access: Access
  readonly #reactor: Reactor
  readonly #minions: MinionPort
  readonly #local: LocalBus
  readonly #retention: JobRetention
  #port = 0

  constructor(options: MasterOptions, log: Log, parts: MasterParts) {
    const { values, paths } = options
    this.#options = options
    this.#log = log
    this.#clock = parts.clock ?? systemClock
    this.#settings = new LiveSettings(options, log)
    for (const folder of [paths.cachedir, paths.sock_dir, paths.pki_dir]) ensurePrivateFolder(folder)
    this.#identity = loadOrCreateIdentity(paths.pki_dir, 'master')
    this.#keys = new KeyStore(paths.pki_dir)
    this.#bus = new EventBus({ clock: this.#clock, maximumEventSize: values.max_event_size })
    this.#store = openJobStore(join(paths.cachedir, 'jobs.db'), {
      clock: this.#clock,
      log,
      onFault: (error) => tellStorage(this.#bus, 'job cache', error),
    })
    this.#retention = new JobRetention({
      store: this.#store,
      clock: this.#clock,
      keepMs: () => this.#options.values.keep_jobs_seconds * 1000,
    })
    this.#backends = new Backends({ bus: this.#bus, clock: this.#clock, log, options: () => this.#options })
    this.#cache = new MinionCache(join(paths.cachedir, 'minions.db'), { clock: this.#clock, log })
    const jids = new JidClock(this.#clock)
    this.#publisher = new Publisher({
      identity: this.#identity,
      clock: this.#clock,
      log,
      bus: this.#bus,
      store: this.#backends.caches.mirror(this.#store),
      sessions: this.#sessions,
      cache: this.#cache,
      jids,
      extJobCache: () => this.#backends.caches.extJobCache,
      nodegroups: () => this.#settings.nodegroups,
      reconnectMs: values.gather_job_timeout * 1000,
      firesBareJids: values.enable_legacy_job_events,
      queueTtlMs: () => queueTtlSeconds(this.#options.values.queue_ttl) * 1000,
      accepted: () => this.#keys.ids('accepted'),
      pillar: (id) => this.#hosts.pillar.of(id),
      pending: () => this.#keys.count('pending'),
    })
    this.#hosts = new RunnerHosts({
      options: () => this.#options,
      clock: this.#clock,
      log,
      bus: this.#bus,
      jids,
      store: this.#store,
      keys: this.#keys,
      sessions: this.#sessions,
      cache: this.#cache,
      publisher: this.#publisher,
      reactor: {
        rules: () => this.#reactor.rules,
        add: (rule) => this.#reactor.add(rule),
        remove: (tag) => this.#reactor.remove(tag),
      },
      backends: this.#backends,
      files: () => this.#settings.files,
      keyMoved: (change, id, user) => {
        this.#access.authority.noteKey({ kind: 'wheel', name: user }, change, id)
        this.#minions.keyChanges.told(id, change, user)
      },
    })
    const user = userInfo().username
    const { runners, wheels, catalogues } = this.#hosts
    this.#unasked = new UnaskedReturns({ bus: this.#bus, store: this.#store, jids, publisher: this.#publisher, user })
    this.#schedule = new MasterSchedule({
      clock: this.#clock,
      log,
      config: liveView(() => this.#options.view),
      hosts: { runners, wheels },
      catalogues,
      unasked: this.#unasked,
      where: (path) => this.#options.where(path),
      returned: (ret, route) => this.#backends.returned(ret, route),
      user,
    })
    this.#access = new Access({
      options,
      settings: this.#settings,
      publisher: this.#publisher,
      identity: this.#identity,
      clock: this.#clock,
      log,
      userKeys: parts.userKeys,
      onAuditFault: (error) => tellStorage(this.#bus, 'audit log', error),
    })
    this.#reactor = makeReactor({
      bus: this.#bus,
      clock: this.#clock,
      log,
      settings: this.#settings,
      options: () => this.#options,
      publisher: this.#publisher,
      authority: this.#access.authority,
      hosts: this.#hosts,
    })
    const offers = new FileOffers()
    this.#minions = new MinionPort({
      options: () => this.#options,
      settings: this.#settings,
      identity: this.#identity,
      clock: this.#clock,
      log,
      bus: this.#bus,
      keys: this.#keys,
      sessions: this.#sessions,
      cache: this.#cache,
      publisher: this.#publisher,
      unasked: this.#unasked,
      hosts: this.#hosts,
      authority: this.#access.authority,
      offers,
      user,
      transport: parts.transport,
    })
    this.#local = new LocalBus({
      bus: this.#bus,
      clock: this.#clock,
      log,
      folder: paths.sock_dir,
      name: masterBusName,
      methods: busMethods({
        publisher: this.#publisher,
        hosts: this.#hosts,
        authority: this.#access.authority,
        store: this.#store,
        offers,
        isConnected: (id) => this.#sessions.get(id) !== undefined,
        keyChanged: (id, act, user) => this.#minions.keyChanges.told(id, act, user),
      }),
      status: () => this.#status(),
    })
  }

  get port(): number {
    return this.#port
  }

  get fingerprint(): string {
    return this.#identity.fingerprint
  }

  async start(): Promise<void> {
    await this.#backends.start(this.#options)
    await this.#hosts.loadUserPlugins()
    await this.#local.listen()
    this.#publisher.resume()
    this.#port = await this.#minions.listen()
    this.#retention.start()
    await this.#access.open((user) => this.#userMethods(user))
    this.#schedule.start()
    this.#log.info('the master is ready', { port: this.#port, fingerprint: this.fingerprint })
  }

  async reload(options: MasterOptions): Promise<void> {
    const useSinks = await this.#backends.prepare(options)
    this.#settings.replace(options)
    tellUnfollowed(this.#options.values, options.values, followed, this.#log)
    this.#options = options
    this.#reactor.replace(this.#settings.reactor)
    this.#schedule.configure()
    this.#hosts.pillar.reload()
    this.#minions.recallPending()
    this.#log.info('the configuration was read again')
    await Promise.all([this.#access.reload(), useSinks()])
  }

  async drain(timeoutMs: number): Promise<void> {
    // Draining the bus comes before the outlets: what it still holds is theirs.
    const parts = [this.#minions.drain(), this.#local.drain(), this.#access.drain(), this.#backends.drain(timeoutMs)]
    await within(Promise.all(parts), timeoutMs, this.#clock)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#retention[Symbol.dispose]()
    await this.#reactor[Symbol.asyncDispose]()
    this.#schedule[Symbol.dispose]()
    this.#publisher[Symbol.dispose]()
    await this.#minions[Symbol.asyncDispose]()
    await this.#local[Symbol.asyncDispose]()
    await this.#access[Symbol.asyncDispose]()
    await this.#backends[Symbol.asyncDispose]()
    this.#store[Symbol.dispose]()
    this.#cache[Symbol.dispose]()
    this.#hosts[Symbol.dispose]()
  }

  #userMethods(user: HostUser): ReturnType<typeof userMethods> {
    const isConnected = (id: string): boolean => this.#sessions.get(id) !== undefined
    const shared = { publisher: this.#publisher, hosts: this.#hosts, authority: this.#access.authority, isConnected }
    return userMethods({ ...shared, store: this.#store, policies: this.#settings, clock: this.#clock }, user)
  }

  #status(): Readonly<Record<string, unknown>> {
    return {
      pid: process.pid,
      port: this.#port,
      fingerprint: this.fingerprint,
      connected: this.#sessions.size,
      accepted: this.#keys.ids('accepted').length,
      jobs: this.#publisher.counters,
      wire: this.#minions.counters,
      reactor: this.#reactor.counters,
      events: { seq: this.#bus.seq, dropped: this.#bus.dropped },
      outlets: this.#backends.status(),
      memory: process.memoryUsage(),
    }
  }
}
