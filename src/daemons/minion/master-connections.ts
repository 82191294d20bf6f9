import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { quietWarnings } from '../../base/quiet-warnings.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { JobReturn } from '../../client/api.ts'
import { type MasterAddress, masterAddresses } from '../../client/master-address.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import { openReturnSpool, type ReturnSpool } from '../../engine/jobs/return-spool.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import type { Grains } from '../../engine/plugin.ts'
import type { ClientState } from '../../wire/client.ts'
import type { Identity } from '../../wire/identity.ts'
import type { ClientTransport } from '../../wire/transport.ts'
import { tellStorage } from '../storage-event.ts'
import { type FunctionOutcome, JobRunner } from './job-runner.ts'
import type { JobEntry, JobTable } from './job-table.ts'
import { MasterConnection } from './master-connection.ts'
import type { MasterEvents } from './master-events.ts'

export interface MasterConnectionsOptions {
  readonly id: string
  /** As last read. */
  options(): MinionOptions
  readonly identity: Identity
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  readonly table: JobTable
  readonly events: MasterEvents
  /** Instead of ZeroMQ over TCP. */
  transport?(address: MasterAddress): ClientTransport | Promise<ClientTransport>
  grains(): Grains
  /** Runs a job of the master at this address. */
  run(load: JobLoad, entry: JobEntry, address: string): Promise<FunctionOutcome>
  /** A job of the master at this address has returned. */
  returned(load: JobLoad, ret: JobReturn, address: string): void
  onState(address: string, state: ClientState): void
  /** A master can be asked from now on. */
  begun(): void
}

/** The connections of a minion to all its masters, each with a spool of its own for returns. */
export class MasterConnections implements AsyncDisposable {
  readonly #options: MasterConnectionsOptions
  /** Every attempt to connect meets the same trouble. */
  #troubleLog: Pick<Log, 'warning'>
  readonly #connections: MasterConnection[] = []
  readonly #spools: ReturnSpool[] = []

  constructor(options: MasterConnectionsOptions) {
    this.#options = options
    this.#troubleLog = quietWarnings(options.log, options.clock)
  }

  /** Addresses of the masters with a living session. */
  get connected(): readonly string[] {
    return this.#connections.filter((connection) => connection.isConnected).map((connection) => connection.address)
  }

  /** Makes the connections that the configuration names, without beginning them; answers how many. */
  prepare(): number {
    const { masters, values } = this.#options.options()
    const addresses = masterAddresses(masters, values.master_port)
    for (const address of addresses) this.#connections.push(this.#connection(address, addresses.length > 1))
    return addresses.length
  }

  start(): void {
    for (const connection of this.#connections) connection.start()
  }

  /** The masters, for a job of one of them: itself first, then the others that are connected. */
  callsFor(master: string): readonly MasterCalls[] {
    const rank = ({ isConnected, address }: MasterConnection): number => (isConnected ? Number(address !== master) : 2)
    return this.#connections.toSorted((left, right) => rank(left) - rank(right)).map(({ calls }) => calls)
  }

  announceGrains(grains: Grains): void {
    for (const connection of this.#connections) connection.announceGrains(grains)
  }

  /** Brings a return that no master asked for to every master. */
  deliver(ret: JobReturn): void {
    for (const connection of this.#connections) connection.deliver(ret)
  }

  async drain(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.drain()))
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection[Symbol.asyncDispose]()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
    for (const spool of this.#spools) spool[Symbol.dispose]()
  }

  #connection(address: MasterAddress, several: boolean): MasterConnection {
    const { id, options, identity, clock, log, table, events, transport, grains } = this.#options
    const { values, paths } = options()
    const spool = this.#openSpool(address.text)
    return new MasterConnection({
      address,
      several,
      id,
      instance: randomUUID(),
      identity,
      pkiDir: paths.pki_dir,
      handshakeTimeoutMs: values.auth_timeout * 1000,
      limits: { heartbeatMs: values.heartbeat_interval * 1000 },
      masterFinger: values.master_finger,
      requireMasterFinger: values.require_master_finger,
      clock,
      log,
      spool,
      runner: this.#runner(address.text, spool),
      events: events.outbox(address.text),
      legacyStart: values.enable_legacy_startup_events,
      reconnect: { minimumMs: values.recon_default, maximumMs: values.recon_max },
      grains,
      startEventGrains: () => options().values.start_event_grains,
      payload: () => ({ autosign_grains: this.#autosignGrains() }),
      runningJids: () => table.jids(),
      onState: (state) => this.#tellState(address.text, state),
      begun: () => this.#options.begun(),
      ...(transport === undefined ? {} : { transport: () => transport(address) }),
    })
  }

  #runner(address: string, spool: ReturnSpool): JobRunner {
    const { id, options, log, table, run, returned } = this.#options
    return new JobRunner({
      id,
      table,
      spool,
      log,
      maximumJobs: options().values.process_count_max,
      run: (load, entry) => run(load, entry, address),
      returned: (load, ret) => returned(load, ret, address),
    })
  }

  #openSpool(address: string): ReturnSpool {
    const { id, options, clock, log, bus } = this.#options
    const path = join(options().paths.cachedir, `spool-${address.replace(/[^\w.-]/g, '-')}.db`)
    const spool = openReturnSpool(path, {
      clock,
      log,
      onDrop: (jid) => bus.fire(tagOf('salt/drop/:what', 'return'), { count: 1, reason: 'spool full', id, jid }),
      onFault: (error) => tellStorage(bus, 'return spool', error),
    })
    this.#spools.push(spool)
    return spool
  }

  #autosignGrains(): Grains {
    const grains = this.#options.grains()
    return Object.fromEntries(
      this.#options.options().values.autosign_grains.map((name) => [name, grains[name] ?? null]),
    )
  }

  #tellState(address: string, state: ClientState): void {
    const { log, clock, onState } = this.#options
    if (state.kind === 'connected') {
      this.#troubleLog = quietWarnings(log, clock)
      log.info('connected to the master', { master: address })
    } else if (state.kind === 'waiting') {
      this.#troubleLog.warning('not connected to the master; trying again', { master: address, reason: state.message })
    }
    onState(address, state)
  }
}
