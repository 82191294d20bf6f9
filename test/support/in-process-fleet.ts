import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MasterBusMethods, PublishRequest, TargetOutcome } from '../../src/client/api.ts'
import { connectMasterBus, connectMinionBus, type MasterBus, type MinionBus } from '../../src/client/master-bus.ts'
import { type Master, type MasterParts, startMaster } from '../../src/daemons/master/master.ts'
import { type Minion, type MinionParts, startMinion } from '../../src/daemons/minion/minion.ts'
import { loadMasterOptions, type MasterOptions } from '../../src/engine/options/master-options.ts'
import { loadMinionOptions, type MinionOptions } from '../../src/engine/options/minion-options.ts'
import type { ClientState } from '../../src/wire/client.ts'
import { BusEvents } from './bus-events.ts'
import { RecordedLog } from './recorded-log.ts'
import { Changes } from './waiting.ts'

/** A master inside the test's process, in a folder of its own that outlives a restart. */
export class TestMaster implements AsyncDisposable {
  readonly folder: string
  readonly log = new RecordedLog()
  readonly #parts: MasterParts
  #running: Master | undefined
  #port = 0
  #options: MasterOptions | undefined

  constructor(folder: string, parts: MasterParts = {}) {
    this.folder = folder
    this.#parts = parts
  }

  async start(configuration = ''): Promise<this> {
    this.#options = await this.#configure(configuration)
    this.#running = await startMaster(this.#options, this.log.log, this.#parts)
    this.#port = this.#running.port
    return this
  }

  async stop(): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]()
    this.#running = undefined
  }

  async reload(configuration: string): Promise<void> {
    await this.running.reload(await this.#configure(configuration))
  }

  get running(): Master {
    if (this.#running === undefined) throw new Error('the master does not run')
    return this.#running
  }

  get options(): MasterOptions {
    if (this.#options === undefined) throw new Error('the master was not started')
    return this.#options
  }

  get port(): number {
    return this.#port
  }

  bus(): Promise<MasterBus> {
    return connectMasterBus({ sockDir: this.options.paths.sock_dir })
  }

  async events(): Promise<BusEvents> {
    return BusEvents.of(await this.bus())
  }

  /** Publishes and waits: the outcome of each target. */
  async publish(
    tgt: string,
    fun: string,
    arg: readonly unknown[] = [],
    more: Partial<PublishRequest> = {},
  ): Promise<Record<string, TargetOutcome>> {
    await using bus = await this.bus()
    const outcomes: Record<string, TargetOutcome> = {}
    await bus.call('publish', requestOf(tgt, fun, arg, { follow: true, ...more }), {
      onItem: (item) => {
        if (item.kind === 'outcome') outcomes[item.id] = item
      },
    })
    return outcomes
  }

  /** Publishes without waiting: the jid. */
  async begin(
    tgt: string,
    fun: string,
    arg: readonly unknown[] = [],
    more: Partial<PublishRequest> = {},
  ): Promise<string> {
    await using bus = await this.bus()
    return (await bus.call('publish', requestOf(tgt, fun, arg, { follow: false, ...more }))).jid
  }

  /** What is known of a job at its end. */
  async follow(jid: string): Promise<Record<string, TargetOutcome>> {
    await using bus = await this.bus()
    const outcomes: Record<string, TargetOutcome> = {}
    await bus.call(
      'follow',
      { jid },
      {
        onItem: (item) => {
          if (item.kind === 'outcome') outcomes[item.id] = item
        },
      },
    )
    return outcomes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #configure(configuration: string): Promise<MasterOptions> {
    const config = join(this.folder, 'etc')
    mkdirSync(config, { recursive: true })
    const port = /^ret_port:/m.test(configuration) ? '' : `ret_port: ${this.#port}\n`
    writeFileSync(
      join(config, 'master'),
      `root_dir: ${this.folder}/root\ninterface: 127.0.0.1\n${port}${/^auto_accept:/m.test(configuration) ? '' : 'auto_accept: true\n'}${configuration}`,
    )
    return loadMasterOptions({ configDir: config })
  }
}

function requestOf(
  tgt: string,
  fun: string,
  arg: readonly unknown[],
  more: Partial<PublishRequest> & { follow: boolean },
): MasterBusMethods['publish']['params'] {
  return { tgt, tgt_type: 'glob', fun, arg, user: 'tester', ret: '', timeout: 5, ...more }
}

/** A minion inside the test's process. */
export class TestMinion implements AsyncDisposable {
  readonly id: string
  readonly folder: string
  readonly log = new RecordedLog()
  readonly states: { readonly master: string; readonly state: ClientState }[] = []
  readonly #parts: MinionParts
  readonly #changes = new Changes()
  #running: Minion | undefined
  #options: MinionOptions | undefined

  constructor(id: string, folder: string, parts: MinionParts = {}) {
    this.id = id
    this.folder = folder
    this.#parts = parts
  }

  /** Without waiting for a connection. */
  async start(ports: readonly number[], configuration = ''): Promise<this> {
    const config = join(this.folder, 'etc')
    mkdirSync(config, { recursive: true })
    const masters = ports.map((port) => `'127.0.0.1:${port}'`)
    writeFileSync(
      join(config, 'minion'),
      `root_dir: ${this.folder}/root\nid: ${JSON.stringify(this.id)}\nmaster: [${masters}]\nrecon_default: 50\nrecon_max: 300\n${configuration}`,
    )
    this.#options = await loadMinionOptions({ configDir: config })
    this.#running = await startMinion(this.#options, this.log.log, {
      ...this.#parts,
      onState: (master, state) => {
        this.states.push({ master, state })
        this.#changes.happened()
      },
    })
    return this
  }

  get running(): Minion {
    if (this.#running === undefined) throw new Error('the minion does not run')
    return this.#running
  }

  get options(): MinionOptions {
    if (this.#options === undefined) throw new Error('the minion was not started')
    return this.#options
  }

  async connected(): Promise<this> {
    await this.until((state) => state.kind === 'connected')
    return this
  }

  /** The first state that matches, from the states since the start or since `forget`. */
  until(matches: (state: ClientState, master: string) => boolean): Promise<ClientState> {
    return this.#changes.until(
      () => this.states.find(({ state, master }) => matches(state, master))?.state,
      () => `${this.id} had these states only: ${JSON.stringify(this.states)}`,
    )
  }

  /** Resolves with the words that a waiting minion has for it. */
  async waiting(reason: string): Promise<string> {
    const state = await this.until((one) => one.kind === 'waiting' && one.reason === reason)
    return state.kind === 'waiting' ? state.message : ''
  }

  forget(): void {
    this.states.length = 0
  }

  bus(): Promise<MinionBus> {
    return connectMinionBus({ sockDir: this.options.paths.sock_dir, id: this.id })
  }

  async events(): Promise<BusEvents> {
    return BusEvents.of(await this.bus())
  }

  async stop(): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]()
    this.#running = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** Masters and minions in the test's process, over real sockets, in one temporary folder. */
export class InProcessFleet implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'salt-in-'))
  readonly #daemons: AsyncDisposable[] = []

  /** A master and connected minions. */
  static async start(ids: readonly string[], configuration = ''): Promise<InProcessFleet & { master: TestMaster }> {
    const fleet = new InProcessFleet()
    try {
      const master = await fleet.startMaster(configuration)
      await Promise.all(ids.map((id) => fleet.connect(id, master)))
      return Object.assign(fleet, { master })
    } catch (error) {
      await fleet[Symbol.asyncDispose]()
      throw error
    }
  }

  async startMaster(
    configuration = '',
    { name = 'master', ...parts }: MasterParts & { name?: string } = {},
  ): Promise<TestMaster> {
    const master = new TestMaster(join(this.folder, name), parts)
    this.#daemons.unshift(master)
    return master.start(configuration)
  }

  async connect(id: string, master: TestMaster, configuration = '', parts: MinionParts = {}): Promise<TestMinion> {
    return (await this.startMinion(id, [master.port], configuration, parts)).connected()
  }

  async startMinion(
    id: string,
    ports: readonly number[],
    configuration = '',
    { name = `minion-${this.#daemons.length}`, ...parts }: MinionParts & { name?: string } = {},
  ): Promise<TestMinion> {
    const minion = new TestMinion(id, join(this.folder, name), parts)
    this.#daemons.push(minion)
    return minion.start(ports, configuration)
  }

  /** Minions first. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#daemons.reverse()) await daemon[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
