import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import { ensurePrivateFolder } from '../../base/files.ts'
import type { Log } from '../../base/log.ts'
import { quietWarnings } from '../../base/quiet-warnings.ts'
import { within } from '../../base/within.ts'
import { BusServer } from '../../bus/bus-server.ts'
import { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { MasterCalls, MasterLinkMethods } from '../../client/api.ts'
import { minionBusName } from '../../client/bus-names.ts'
import { type MasterAddress, masterAddresses } from '../../client/master-address.ts'
import { callFunction } from '../../engine/functions/call.ts'
import { type CatalogueHost, PluginCatalogue } from '../../engine/functions/catalogue.ts'
import type { ContextInputs } from '../../engine/functions/context.ts'
import { GrainsSource } from '../../engine/functions/grains.ts'
import { loadUserGrains, loadUserModules } from '../../engine/functions/user-modules.ts'
import { JidClock } from '../../engine/jobs/jid.ts'
import { openReturnSpool, type ReturnSpool } from '../../engine/jobs/return-spool.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import type {
  ConfigView,
  FunctionDefinition,
  FunctionServices,
  Grains,
  JobContext,
  RunnerFunctionDefinition,
} from '../../engine/plugin.ts'
import { grainsRegistry, moduleRegistry, runnerRegistry } from '../../plugins/registry.ts'
import type { ClientState } from '../../wire/client.ts'
import { loadSodium } from '../../wire/crypto.ts'
import { type Identity, loadOrCreateIdentity } from '../../wire/identity.ts'
import { LocalServer, loadOrCreateBusKey } from '../../wire/local.ts'
import type { ClientTransport } from '../../wire/transport.ts'
import { zeromqServer } from '../../wire/zeromq-transport.ts'
import { liveView, tellUnfollowed } from '../live-options.ts'
import { tellStorage } from '../storage-event.ts'
import { busMethods } from './bus-methods.ts'
import { type FunctionOutcome, JobRunner } from './job-runner.ts'
import { type JobEntry, JobTable } from './job-table.ts'
import { MasterConnection } from './master-connection.ts'
import { MinionBeacons } from './minion-beacons.ts'
import { MinionSchedule } from './minion-schedule.ts'

type FireLoad = MasterLinkMethods['fire']['params']

/** SIGTERM, sent to what still runs when the minion ends. */
const terminate = 15

/** Options that a running minion follows; functions see each as it was last read. */
const followed: ReadonlySet<string> = new Set([
  'autosign_grains',
  'beacons',
  'disable_modules',
  'extension_modules',
  'grains',
  'log_level',
  'log_level_logfile',
  'mine_enabled',
  'mine_functions',
  'mine_interval',
  'mine_return_job',
  'module_dirs',
  'schedule',
  'schedule_returner',
  'start_event_grains',
  'whitelist_modules',
])

export interface MinionParts {
  readonly clock?: Clock
  /** Instead of ZeroMQ over TCP. */
  transport?(address: MasterAddress): ClientTransport | Promise<ClientTransport>
  onState?(address: string, state: ClientState): void
}

export interface Minion extends AsyncDisposable {
  readonly id: string
  readonly fingerprint: string
  /** Addresses of the masters with a living session. */
  readonly connected: readonly string[]
  /** Takes up what may change while running. */
  reload(options: MinionOptions): Promise<void>
  /** Lets running jobs end and returns arrive, for at most this time. */
  drain(timeoutMs: number): Promise<void>
}

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
  /** Every attempt to connect meets the same trouble. */
  #troubleLog: Pick<Log, 'warning'>
  readonly #clock: Clock
  readonly #parts: MinionParts
  readonly #identity: Identity
  readonly #table: JobTable
  readonly #bus: EventBus
  readonly #busServer: BusServer
  readonly #local: LocalServer
  readonly #modules: PluginCatalogue<FunctionDefinition>
  readonly #runners: PluginCatalogue<RunnerFunctionDefinition>
  readonly #connections: MasterConnection[] = []
  readonly #spools: ReturnSpool[] = []
  readonly #grains: GrainsSource
  /** The configuration as last read, for functions and grains. */
  readonly #config: ConfigView
  readonly #schedule: MinionSchedule
  readonly #beacons: MinionBeacons

  constructor(options: MinionOptions, log: Log, parts: MinionParts) {
    const { values, paths } = options
    this.#options = options
    this.#log = log
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
    this.#troubleLog = quietWarnings(log, this.#clock)
    this.id = options.id
    for (const folder of [paths.cachedir, paths.sock_dir, paths.pki_dir]) ensurePrivateFolder(folder)
    this.#identity = loadOrCreateIdentity(paths.pki_dir, 'minion')
    this.#table = new JobTable(this.#clock)
    this.#bus = new EventBus({ clock: this.#clock, maximumEventSize: values.max_event_size })
    this.#config = liveView(() => this.#options.view)
    this.#grains = new GrainsSource({ registry: grainsRegistry, config: this.#config, log })
    this.#modules = new PluginCatalogue(
      moduleRegistry,
      liveHost(
        () => this.#options,
        () => this.#grains.read(),
      ),
    )
    this.#runners = new PluginCatalogue(runnerRegistry, { grains: {} })
    this.#schedule = this.#makeSchedule()
    this.#beacons = this.#makeBeacons()
    this.#busServer = new BusServer({
      bus: this.#bus,
      clock: this.#clock,
      log,
      methods: busMethods({ jobs: this.#table, schedule: this.#schedule, beacons: this.#beacons }),
      status: () => this.#status(),
    })
    this.#local = new LocalServer({
      transport: zeromqServer({ path: join(paths.sock_dir, minionBusName(this.id)), chosenBy: 'sock_dir' }),
      busKey: loadOrCreateBusKey(join(paths.sock_dir, 'bus.key')),
      clock: this.#clock,
      log,
      onSession: (channel) => this.#busServer.accept(channel),
    })
  }

  get fingerprint(): string {
    return this.#identity.fingerprint
  }

  get connected(): readonly string[] {
    return this.#connections.filter((connection) => connection.isConnected).map((connection) => connection.address)
  }

  async start(): Promise<void> {
    await this.#local.listen()
    await this.#refreshGrains()
    await this.#refreshModules()
    const addresses = masterAddresses(this.#options.masters, this.#options.values.master_port)
    for (const address of addresses) this.#connections.push(this.#connect(address, addresses.length > 1))
    if (addresses.length === 0 || this.#options.values.scheduler_before_connect) this.#schedule.start()
    if (addresses.length === 0 || this.#options.values.beacons_before_connect) this.#beacons.start()
    for (const connection of this.#connections) connection.start()
    this.#log.info('the minion is ready', { id: this.id, fingerprint: this.fingerprint })
  }

  async reload(options: MinionOptions): Promise<void> {
    tellUnfollowed(this.#options.values, options.values, followed, this.#log)
    this.#options = options
    await this.#refreshGrains()
    await this.#refreshModules()
    this.#schedule.configure()
    await this.#beacons.configure()
    this.#log.info('the configuration was read again')
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#schedule[Symbol.dispose]()
    await this.#beacons[Symbol.asyncDispose]()
    await within(this.#table.idle(), timeoutMs / 2, this.#clock)
    this.#table.abortAll(terminate)
    await within(this.#table.idle(), timeoutMs / 4, this.#clock)
    await within(Promise.all(this.#connections.map((connection) => connection.drain())), timeoutMs / 4, this.#clock)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#schedule[Symbol.dispose]()
    await this.#beacons[Symbol.asyncDispose]()
    this.#table.abortAll(terminate)
    await Promise.all(this.#connections.map((connection) => connection[Symbol.asyncDispose]()))
    await this.#local[Symbol.asyncDispose]()
    for (const spool of this.#spools) spool[Symbol.dispose]()
  }

  #connect(address: MasterAddress, several: boolean): MasterConnection {
    const { values, paths } = this.#options
    const spool = openReturnSpool(join(paths.cachedir, `spool-${address.text.replace(/[^\w.-]/g, '-')}.db`), {
      clock: this.#clock,
      log: this.#log,
      onDrop: (jid) =>
        this.#bus.fire(tagOf('salt/drop/:what', 'return'), { count: 1, reason: 'spool full', id: this.id, jid }),
      onFault: (error) => tellStorage(this.#bus, 'return spool', error),
    })
    this.#spools.push(spool)
    const runner = new JobRunner({
      id: this.id,
      table: this.#table,
      spool,
      log: this.#log,
      maximumJobs: values.process_count_max,
      run: (load, entry) => this.#run(load, entry, address.text),
    })
    const { transport } = this.#parts
    return new MasterConnection({
      address,
      several,
      id: this.id,
      instance: randomUUID(),
      identity: this.#identity,
      pkiDir: paths.pki_dir,
      handshakeTimeoutMs: values.auth_timeout * 1000,
      limits: { heartbeatMs: values.heartbeat_interval * 1000 },
      masterFinger: values.master_finger,
      requireMasterFinger: values.require_master_finger,
      clock: this.#clock,
      log: this.#log,
      spool,
      runner,
      reconnect: { minimumMs: values.recon_default, maximumMs: values.recon_max },
      grains: () => this.#grains.read(),
      startEventGrains: () => this.#options.values.start_event_grains,
      payload: () => ({ autosign_grains: this.#autosignGrains() }),
      runningJids: () => this.#table.jids(),
      onState: (state) => this.#tellState(address.text, state),
      ...(transport === undefined ? {} : { transport: () => transport(address) }),
    })
  }

  #autosignGrains(): Grains {
    const grains = this.#grains.read()
    return Object.fromEntries(this.#options.values.autosign_grains.map((name) => [name, grains[name] ?? null]))
  }

  #tellState(address: string, state: ClientState): void {
    this.#parts.onState?.(address, state)
    if (state.kind === 'connected') {
      this.#troubleLog = quietWarnings(this.#log, this.#clock)
      this.#log.info('connected to the master', { master: address })
      this.#schedule.start()
      this.#beacons.start()
    } else if (state.kind === 'waiting') {
      this.#troubleLog.warning('not connected to the master; trying again', { master: address, reason: state.message })
    }
  }

  #run(load: JobLoad, entry: JobEntry, master: string): Promise<FunctionOutcome> {
    return callFunction({
      name: load.fun,
      arg: load.arg,
      context: {
        ...this.#inputs(entry.controller.signal, master),
        job: jobContext(load),
        processGroups: entry.processes,
      },
    })
  }

  #inputs(signal: AbortSignal, master: string): ContextInputs {
    return {
      id: this.id,
      grains: () => this.#grains.read(),
      config: this.#config,
      log: this.#log,
      signal,
      catalogue: this.#modules,
      runners: this.#runners,
      services: this.#services(master),
      emit: (tag, data) => {
        this.#bus.fire(tag, data)
        return Promise.resolve(true)
      },
      clock: this.#clock,
    }
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
      grains: () => this.#grains.read(),
      pillar: () => ({}),
      run: (load, entry) => this.#run(load, entry, ''),
      deliver: (ret) => {
        for (const connection of this.#connections) connection.deliver(ret)
      },
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
      grains: () => this.#grains.read(),
      pillar: () => ({}),
      inputs: (signal) => this.#inputs(signal, ''),
      where: (path) => this.#options.where(path),
      fireMaster: (load) => fireOnEach(this.#connections, load, this.#log),
    })
  }

  #services(master: string): FunctionServices {
    const masters = (): readonly MasterCalls[] => this.#mastersFor(master)
    return {
      jobs: {
        list: () => Promise.resolve(this.#table.list()),
        signal: (jid, signal) => Promise.resolve(this.#table.signal(jid, signal)),
      },
      get masters() {
        return masters()
      },
      schedule: this.#schedule,
      beacons: this.#beacons,
      refreshGrains: () => this.#refreshGrains(),
      refreshModules: () => this.#refreshModules(),
    }
  }

  /** For a job of one of them: itself first, then the others that are connected. */
  #mastersFor(master: string): readonly MasterCalls[] {
    const rank = ({ isConnected, address }: MasterConnection): number => (isConnected ? Number(address !== master) : 2)
    return this.#connections.toSorted((left, right) => rank(left) - rank(right)).map(({ calls }) => calls)
  }

  async #refreshGrains(): Promise<Grains> {
    this.#grains.setUserPlugins(await loadUserGrains(this.#config, this.#log))
    const grains = await this.#grains.refresh()
    for (const connection of this.#connections) connection.announceGrains(grains)
    this.#schedule.aliasesChanged()
    return grains
  }

  async #refreshModules(): Promise<void> {
    await loadUserModules(this.#modules, this.#config, this.#log)
  }

  #status(): Readonly<Record<string, unknown>> {
    return {
      pid: process.pid,
      id: this.id,
      fingerprint: this.fingerprint,
      connected: this.connected,
      running: this.#table.size,
      events: { seq: this.#bus.seq, dropped: this.#bus.dropped },
      memory: process.memoryUsage(),
    }
  }
}

function fireOnEach(connections: readonly MasterConnection[], load: FireLoad, log: Log): void {
  for (const { calls, isConnected, address } of connections) {
    if (!isConnected) continue
    const firing = calls.call('fire', load)
    firing.catch((error: unknown) => {
      log.error('events did not reach the master', { master: address, reason: asSaltError(error).message })
    })
  }
}

function jobContext(load: JobLoad): JobContext {
  return {
    jid: load.jid,
    fun: load.fun,
    arg: load.arg,
    tgt: load.tgt,
    tgtType: load.tgt_type,
    ret: load.ret,
    user: load.user,
    ...(load.id === undefined ? {} : { publisherId: load.id }),
  }
}

function liveHost(options: () => MinionOptions, grains: () => Grains): CatalogueHost {
  return {
    get grains() {
      return grains()
    },
    get disabled() {
      return options().values.disable_modules
    },
    get only() {
      return options().values.whitelist_modules
    },
  }
}
