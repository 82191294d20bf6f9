import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { type LogLevel, logLevels } from '../../base/log.ts'
import { createLog, type LogOutput } from '../../base/log-output.ts'
import { plural } from '../../base/text.ts'
import { emitYaml } from '../../base/yaml-emit.ts'
import { connectMasterBus } from '../../client/master-bus.ts'
import { type Master, startMaster } from '../../daemons/master/master.ts'
import { type Minion, startMinion } from '../../daemons/minion/minion.ts'
import { loadMasterOptions, type MasterOptions } from '../../engine/options/master-options.ts'
import { loadMinionOptions } from '../../engine/options/minion-options.ts'
import type { OptionValues } from '../parse-command.ts'
import { commandWord } from './command-word.ts'

const firstNames = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta']
const roles = ['web', 'db']
const drainMs = 2000
/** A minion of the same process that has not said hello by then will not. */
const greetingMs = 20_000

/** A master and minions in this process, in a folder of their own. */
export class DevFleet implements AsyncDisposable {
  readonly folder: string
  readonly ids: readonly string[]
  readonly #keepsFolder: boolean
  readonly #log: LogOutput
  #master: Master | undefined
  readonly #minions: Minion[] = []
  readonly #signal = Promise.withResolvers<void>()
  readonly #onSignal = (): void => this.#signal.resolve()

  private constructor(count: number, options: OptionValues) {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'salt-dev-'))
    this.ids = Array.from({ length: count }, (_, index) => firstNames[index] ?? `minion${index + 1}`)
    this.#keepsFolder = options.has('keep')
    this.#log = createLog({ level: levelOf(options), logFile: options.text('log-file') })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, this.#onSignal)
  }

  /** Resolves when every minion is connected. */
  static async start(count: number, options: OptionValues): Promise<DevFleet> {
    const fleet = new DevFleet(count, options)
    try {
      await fleet.#start()
      return fleet
    } catch (error) {
      await fleet[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Configuration folder of a minion, for `salt call -c`. */
  minionFolder(id: string): string {
    return path.join(this.folder, id)
  }

  /** What to type. */
  welcome(): string {
    const line = `${commandWord()} -c ${this.folder}`
    const [first] = this.ids
    const call = first === undefined ? '' : `  ${commandWord()} call -c ${this.minionFolder(first)} grains.item os\n`
    return (
      `A master and ${plural(this.ids.length, 'minion')} are at work: ${this.ids.join(', ')}.\n\n` +
      `Type in another terminal:\n  ${line} '*' test.ping\n  ${line} -G role:web cmd.run uptime\n${call}` +
      `\nCtrl-C ends them${this.#keepsFolder ? '.' : ` and removes ${this.folder}.`}\n`
    )
  }

  untilSignal(): Promise<void> {
    return this.#signal.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#minions.map((minion) => minion.drain(drainMs)))
    await Promise.all(this.#minions.map((minion) => minion[Symbol.asyncDispose]()))
    await this.#master?.drain(drainMs)
    await this.#master?.[Symbol.asyncDispose]()
    await this.#log[Symbol.asyncDispose]()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#onSignal)
    if (!this.#keepsFolder) rmSync(this.folder, { recursive: true, force: true })
  }

  async #start(): Promise<void> {
    const options = await this.#masterOptions()
    this.#master = await startMaster(options, this.#log.named('master'))
    const { port } = this.#master
    await using bus = await connectMasterBus({ sockDir: options.paths.sock_dir })
    const missing = new Set(this.ids)
    const listening = new AbortController()
    const { promise: isActive, resolve: activated } = Promise.withResolvers<void>()
    const { promise: allIn, resolve: complete } = Promise.withResolvers<void>()
    if (missing.size === 0) complete()
    const events = bus.call(
      'subscribe',
      { pattern: 'salt/minion/', match: 'startswith' },
      {
        signal: listening.signal,
        timeoutMs: greetingMs,
        onItem(item) {
          activated()
          if (!('events' in item)) return
          for (const { tag, data } of item.events) if (tag.endsWith('/start')) missing.delete(String(data.id))
          if (missing.size === 0) complete()
        },
      },
    )
    await Promise.race([isActive, events])
    for (const [index, id] of this.ids.entries()) this.#minions.push(await this.#startMinion(id, index, port))
    await Promise.race([allIn, events]).catch((cause: unknown) => {
      throw new SaltError('timeout', `no word from ${[...missing].join(', ')}`, { cause })
    })
    events.catch(() => {})
    listening.abort()
  }

  async #masterOptions(): Promise<MasterOptions> {
    this.#write('master', {
      root_dir: this.folder,
      interface: '127.0.0.1',
      ret_port: 0,
      auto_accept: true,
      // The minions of this fleet may ask each other for anything: it is all the same user on the same machine.
      peer: { '.*': ['.*'] },
      peer_run: { '.*': ['.*'] },
    })
    return await loadMasterOptions({ configDir: this.folder })
  }

  async #startMinion(id: string, index: number, port: number): Promise<Minion> {
    const root = this.minionFolder(id)
    this.#write(path.join(id, 'minion'), {
      root_dir: root,
      id,
      master: '127.0.0.1',
      master_port: port,
      grains: { role: roles[index % roles.length] },
    })
    return await startMinion(await loadMinionOptions({ configDir: root }), this.#log.named(id))
  }

  #write(name: string, configuration: Readonly<Record<string, unknown>>): void {
    const file = path.join(this.folder, name)
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, emitYaml(configuration), { mode: 0o600 })
  }
}

/** The minion of a new fleet pins its master for the first time, which a real one should tell loudly. */
function levelOf(options: OptionValues): LogLevel {
  const given = options.text('log-level')
  return logLevels.find((level) => level === given) ?? 'error'
}
