import { join } from 'node:path'
import { type Clock, systemClock } from '../../base/clock.ts'
import { ensurePrivateFolder } from '../../base/files.ts'
import { hidingLog } from '../../base/hiding-log.ts'
import type { Log } from '../../base/log.ts'
import { SecretTexts } from '../../base/secret-texts.ts'
import { within } from '../../base/within.ts'
import { EventBus } from '../../bus/event-bus.ts'
import { minionBusName } from '../../client/bus-names.ts'
import { loadUserReturners } from '../../engine/functions/user-registries.ts'
import { JidClock } from '../../engine/jobs/jid.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import type { ConfigView } from '../../engine/plugin.ts'
import { loadSodium } from '../../wire/crypto.ts'
import { type Identity, loadOrCreateIdentity } from '../../wire/identity.ts'
import { EventSinks } from '../event-sinks.ts'
import { liveView, tellUnfollowed } from '../live-options.ts'
import { LocalBus } from '../local-bus.ts'
import { Outlets } from '../outlets.ts'
import { busMethods } from './bus-methods.ts'
import { followed } from './followed-options.ts'
import { JobTable } from './job-table.ts'
import { followLocalOrders } from './local-orders.ts'
import { MasterConnections } from './master-connections.ts'
import { MasterEvents } from './master-events.ts'
import { MinionBeacons } from './minion-beacons.ts'
import { MinionFunctions } from './minion-functions.ts'
import type { Minion, MinionParts } from './minion-parts.ts'
import { MinionPillar } from './minion-pillar.ts'
import { checkReturn, MinionReturners } from './minion-returners.ts'
import { MinionSchedule } from './minion-schedule.ts'
import { minionSurroundings } from './returner-surroundings.ts'

/** SIGTERM, sent to what still runs when the minion ends. */
const terminate = 15

export type { Minion, MinionParts } from './minion-parts.ts'

/** Starts a minion. It connects in the background and keeps trying; only what is wrong on this host rejects. */
export async function startMinion(options: MinionOptions, log: Log, parts: MinionParts = {}): Promise<Minion> {
  await loadSodium()
  const daemon = new MinionDaemon(options, log, parts)
  try {
    await daemon.start()
  } catch (error) {
    await daemon[Symbol.asyncDispose]()
    throw error
  }
  return daemon
}

class MinionDaemon implements Minion {
  readonly id: string
  #options: MinionOptions
  readonly #log: Log
  readonly #clock: Clock
  readonly #identity: Identity
  readonly #table: JobTable
  readonly #bus: EventBus
  readonly #local: LocalBus
  readonly #functions: MinionFunctions
  readonly #connections: MasterConnections
  readonly #events: MasterEvents
  readonly #outlets: Outlets
  readonly #sinks: EventSinks
  readonly #returners: MinionReturners
  readonly #orders: Disposable
  /** The configuration as last read, for functions and grains. */
  readonly #config: ConfigView
  readonly #secrets = new SecretTexts()
  readonly #pillar: MinionPillar
  readonly #schedule: MinionSchedule
  readonly #beacons: MinionBeacons

  constructor(options: MinionOptions, plainLog: Log, parts: MinionParts) {
    const { values, paths } = options
    const log = hidingLog(plainLog, this.#secrets)
    this.#options = options
    this.#log = log
    this.#clock = parts.clock ?? systemClock
    this.id = options.id
    for (const folder of [paths.cachedir, paths.sock_dir, paths.pki_dir]) ensurePrivateFolder(folder)
    this.#identity = loadOrCreateIdentity(paths.pki_dir, 'minion')
    this.#table = new JobTable(this.#clock)
    this.#bus = new EventBus({ clock: this.#clock, maximumEventSize: values.max_event_size })
    this.#events = new MasterEvents({
      id: this.id,
      bus: this.#bus,
      clock: this.#clock,
      log,
      cachedir: paths.cachedir,
      limits: values,
    })
    this.#orders = followLocalOrders(this.#bus, log, {
      module_refresh: () => this.#functions.refreshModules(),
      grains_refresh: () => this.#functions.refreshGrains(),
      pillar_refresh: () => this.#pillar.refresh(),
      beacons_refresh: () => this.#beacons.refresh(),
    })
    const config = liveView(() => this.#options.view)
    this.#config = config
    this.#functions = this.#makeFunctions()
    const { returners } = this.#functions.catalogues
    this.#outlets = new Outlets({ clock: this.#clock, log, bus: this.#bus, folder: join(paths.cachedir, 'outlets') })
    this.#sinks = new EventSinks({
      bus: this.#bus,
      log,
      outlets: this.#outlets,
      registry: returners,
      surroundings: minionSurroundings({ id: this.id, config, log, clock: this.#clock, events: this.#events }),
    })
    this.#returners = new MinionReturners({
      id: this.id,
      registry: returners,
      outlets: this.#outlets,
      folder: join(paths.cachedir, 'outlets'),
      bus: this.#bus,
      clock: this.#clock,
      log,
      options: () => this.#options,
      masters: (address) => this.#connections.callsFor(address),
      tellMasters: (tag, data) => this.#events.fire({ tag, data, pretag: null }),
    })
    this.#pillar = this.#makePillar()
    this.#schedule = this.#makeSchedule()
    this.#connections = this.#connect(parts)
    this.#beacons = this.#makeBeacons()
    this.#local = new LocalBus({
      bus: this.#bus,
      clock: this.#clock,
      log,
      folder: paths.sock_dir,
      name: minionBusName(this.id),
      methods: busMethods({
        id: this.id,
        jobs: this.#table,
        events: this.#events,
        returners: this.#returners,
        schedule: this.#schedule,
        beacons: this.#beacons,
      }),
      status: () => this.#status(),
    })
  }

  get fingerprint(): string {
    return this.#identity.fingerprint
  }

  get connected(): readonly string[] {
    return this.#connections.connected
  }

  async start(): Promise<void> {
    await loadUserReturners(this.#functions.catalogues.userReturners, { config: this.#config, log: this.#log })
    await (await this.#sinks.prepare(this.#options))()
    await this.#local.listen()
    await this.#functions.refreshGrains({ keepsPillar: true })
    await this.#functions.refreshModules()
    await this.#returners.start()
    const masters = this.#connections.prepare()
    await (masters === 0 ? this.#pillar.refresh() : this.#pillar.restore())
    if (masters === 0 || this.#options.values.scheduler_before_connect) this.#schedule.start()
    if (masters === 0 || this.#options.values.beacons_before_connect) this.#beacons.start()
    this.#connections.start()
    this.#log.info('the minion is ready', { id: this.id, fingerprint: this.fingerprint })
  }

  async reload(options: MinionOptions): Promise<void> {
    await loadUserReturners(this.#functions.catalogues.userReturners, { config: options.view, log: this.#log })
    const useSinks = await this.#sinks.prepare(options)
    await checkReturn(this.#functions.catalogues.returners, options, this.#log)
    tellUnfollowed(this.#options.values, options.values, followed, this.#log)
    this.#options = options
    await this.#functions.refreshGrains()
    await this.#functions.refreshModules()
    this.#schedule.configure()
    await useSinks()
    await this.#beacons.configure()
    this.#log.info('the configuration was read again')
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#schedule[Symbol.dispose]()
    await this.#beacons[Symbol.asyncDispose]()
    await within(this.#table.idle(), timeoutMs / 2, this.#clock)
    this.#table.abortAll(terminate)
    await within(this.#table.idle(), timeoutMs / 4, this.#clock)
    this.#bus.flush()
    await within(this.#returners.settled(), timeoutMs / 8, this.#clock)
    await Promise.all([this.#events.drain(timeoutMs / 8), this.#outlets.drain(timeoutMs / 8)])
    await within(this.#connections.drain(), timeoutMs / 8, this.#clock)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#schedule[Symbol.dispose]()
    await this.#beacons[Symbol.asyncDispose]()
    this.#table.abortAll(terminate)
    await this.#connections.close()
    await this.#local[Symbol.asyncDispose]()
    await this.#sinks[Symbol.asyncDispose]()
    await this.#returners[Symbol.asyncDispose]()
    await this.#outlets[Symbol.asyncDispose]()
    this.#orders[Symbol.dispose]()
    this.#events[Symbol.dispose]()
    await this.#connections[Symbol.asyncDispose]()
  }

  #connect(parts: MinionParts): MasterConnections {
    const { transport } = parts
    return new MasterConnections({
      id: this.id,
      options: () => this.#options,
      identity: this.#identity,
      clock: this.#clock,
      log: this.#log,
      bus: this.#bus,
      table: this.#table,
      events: this.#events,
      grains: () => this.#functions.grains,
      run: (load, entry, address) => this.#functions.run(load, entry, address),
      returned: (load, ret, address) => this.#returners.take(load, ret, address),
      begun: () => this.#pillar.connected(),
      onState: (address, state) => {
        parts.onState?.(address, state)
        if (state.kind !== 'connected') return
        this.#schedule.start()
        this.#beacons.start()
      },
      ...(transport === undefined ? {} : { transport: (address) => transport(address) }),
    })
  }

  #makeFunctions(): MinionFunctions {
    return new MinionFunctions({
      id: this.id,
      clock: this.#clock,
      log: this.#log,
      bus: this.#bus,
      config: this.#config,
      secrets: this.#secrets,
      table: this.#table,
      events: this.#events,
      options: () => this.#options,
      pillar: () => this.#pillar,
      schedule: () => this.#schedule,
      beacons: () => this.#beacons,
      masters: (address) => this.#connections.callsFor(address),
      announce: (grains) => {
        this.#connections.announceGrains(grains)
        this.#schedule.aliasesChanged()
      },
    })
  }

  #makePillar(): MinionPillar {
    return new MinionPillar({
      id: this.id,
      log: this.#log,
      bus: this.#bus,
      config: this.#config,
      secrets: this.#secrets,
      grains: () => this.#functions.grains,
      masters: () => this.#connections.callsFor(''),
      isConnected: () => this.connected.length > 0,
      inputs: (signal) => this.#functions.inputs(signal),
      changed: () => {
        this.#schedule.configure()
        void this.#beacons.configure()
      },
    })
  }

  #makeSchedule(): MinionSchedule {
    return new MinionSchedule({
      id: this.id,
      clock: this.#clock,
      log: this.#log,
      bus: this.#bus,
      table: this.#table,
      jids: new JidClock(this.#clock),
      config: this.#config,
      grains: () => this.#functions.grains,
      pillar: () => this.#pillar.current,
      run: (load, entry) => this.#functions.run(load, entry, ''),
      where: (path) => this.#options.where(path),
      deliver: (ret) => this.#connections.deliver(ret),
      returned: (ret, { returners, returnConfig = '', returnKwargs = {} }) =>
        this.#returners.take({ ret: returners.join(','), ret_config: returnConfig, ret_kwargs: returnKwargs }, ret, ''),
    })
  }

  #makeBeacons(): MinionBeacons {
    return new MinionBeacons({
      id: this.id,
      clock: this.#clock,
      log: this.#log,
      bus: this.#bus,
      table: this.#table,
      config: this.#config,
      grains: () => this.#functions.grains,
      pillar: () => this.#pillar.current,
      inputs: (signal) => this.#functions.inputs(signal),
      where: (path) => this.#options.where(path),
      fireMaster: (load) => this.#events.fire(load),
    })
  }

  #status(): Readonly<Record<string, unknown>> {
    return {
      pid: process.pid,
      id: this.id,
      fingerprint: this.fingerprint,
      connected: this.connected,
      running: this.#table.size,
      events: { seq: this.#bus.seq, dropped: this.#bus.dropped, masters: this.#events.status },
      outlets: this.#outlets.status(),
      memory: process.memoryUsage(),
    }
  }
}
