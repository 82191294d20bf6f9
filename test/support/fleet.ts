import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TargetOutcome } from '../../src/client/api.ts'
import { connectMasterBus, type MasterBus } from '../../src/client/master-bus.ts'
import { BusEvents } from './bus-events.ts'
import { type Finished, type ProgramKind, programArgv, Running, type RunOptions, run } from './program.ts'

export interface FleetOptions {
  readonly program?: ProgramKind
  /** id → further minion configuration in YAML. */
  readonly minions?: Readonly<Record<string, string>>
  /** Further master configuration in YAML. */
  readonly master?: string
  /** Whether keys are accepted by themselves; default true. */
  readonly autoAccept?: boolean
  /** Words before the command line of a daemon, `master` or the id of a minion: the program that starts it. */
  starter?(daemon: string, fleet: Fleet): readonly string[]
}

/** A master and minions as real processes on loopback, in one temporary folder. */
export class Fleet implements AsyncDisposable {
  readonly folder: string
  readonly #options: FleetOptions
  readonly #minions = new Map<string, Running>()
  #master: Running | undefined
  #port = 0

  private constructor(options: FleetOptions) {
    this.#options = options
    this.folder = mkdtempSync(join(tmpdir(), 'salt-fleet-'))
  }

  /** Started and, with `autoAccept`, connected. */
  static async start(options: FleetOptions = {}): Promise<Fleet> {
    const fleet = new Fleet(options)
    try {
      await fleet.startMaster()
      await Promise.all(Object.keys(options.minions ?? {}).map((id) => fleet.startMinion(id)))
    } catch (error) {
      await fleet[Symbol.asyncDispose]()
      throw error
    }
    return fleet
  }

  get port(): number {
    return this.#port
  }

  get kind(): ProgramKind {
    return this.#options.program ?? 'source'
  }

  /** Configuration folder of the master; `-c` for salt, key and run. */
  get config(): string {
    return join(this.folder, 'etc')
  }

  minionConfig(id: string): string {
    return join(this.folder, `etc-${id}`)
  }

  get master(): Running {
    if (this.#master === undefined) throw new Error('the master was not started')
    return this.#master
  }

  minion(id: string): Running {
    const minion = this.#minions.get(id)
    if (minion === undefined) throw new Error(`minion ${id} was not started`)
    return minion
  }

  /** Starts the master, again on the same port where it ran before. */
  async startMaster(): Promise<void> {
    mkdirSync(this.config, { recursive: true })
    const { master = '', autoAccept = true } = this.#options
    writeFileSync(
      join(this.config, 'master'),
      `root_dir: ${this.folder}/root\ninterface: 127.0.0.1\nret_port: ${this.#port}\nauto_accept: ${autoAccept}\n${master}`,
    )
    this.#master = new Running([...this.#argv('master'), 'master', '-c', this.config, '-l', 'info'])
    await this.#master.until(/the master is ready/)
    this.#port = Number(/the master is ready.*\bport=(\d+)/.exec(this.#master.output)?.[1])
  }

  async startMinion(id: string, extra = this.#options.minions?.[id] ?? ''): Promise<Running> {
    const config = this.minionConfig(id)
    mkdirSync(config, { recursive: true })
    writeFileSync(
      join(config, 'minion'),
      `root_dir: ${this.folder}/root-${id}\nid: ${JSON.stringify(id)}\nmaster: 127.0.0.1:${this.#port}\nrecon_default: 100\nrecon_max: 500\n${extra}`,
    )
    const minion = new Running([...this.#argv(id), 'minion', '-c', config, '-l', 'info'])
    this.#minions.set(id, minion)
    await minion.until(
      this.#options.autoAccept === false
        ? /waits for acceptance|\] connected to the master/
        : /\] connected to the master/,
    )
    return minion
  }

  #argv(daemon: string): readonly string[] {
    return [...(this.#options.starter?.(daemon, this) ?? []), ...programArgv(this.kind)]
  }

  get sockDir(): string {
    return join(this.folder, 'root', 'var', 'run', 'salt', 'master')
  }

  /** A connection to the bus of the master. */
  bus(): Promise<MasterBus> {
    return connectMasterBus({ sockDir: this.sockDir })
  }

  /** All events of the master's bus from now on, or from `since` on. */
  async events(from: { readonly since?: number } = {}): Promise<BusEvents> {
    return BusEvents.of(await this.bus(), from)
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

  /** Runs a command with the master's configuration: `salt('*', 'test.ping')`. */
  salt(...args: readonly string[]): Promise<Finished> {
    return run(this.kind, [...insertConfig(args, this.config)])
  }

  saltWith(options: RunOptions, ...args: readonly string[]): Promise<Finished> {
    return run(this.kind, [...insertConfig(args, this.config)], options)
  }

  /** Runs `salt call` as a minion. */
  call(id: string, ...args: readonly string[]): Promise<Finished> {
    return run(this.kind, ['call', '-c', this.minionConfig(id), ...args])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#minions.values()].map((minion) => minion.end()))
    await this.#master?.end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const commandWords = new Set(['acl', 'audit', 'key', 'peer', 'run'])

function insertConfig(args: readonly string[], config: string): readonly string[] {
  const [first = '', ...rest] = args
  return commandWords.has(first) ? [first, '-c', config, ...rest] : ['-c', config, ...args]
}
