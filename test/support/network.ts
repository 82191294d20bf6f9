/**
 * Hosts in a network of their own: each is a network namespace with a name, a folder and an address, all of them on one switch
 * (a bridge in a namespace of its own). Nothing is set up outside these namespaces.
 */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { connectMasterBus, type MasterBus } from '../../src/client/master-bus.ts'
import { BusEvents } from './bus-events.ts'
import { binaryPath, type Finished, Running, type RunOptions } from './program.ts'

/** Why there can be no such network here; false when there can. */
export function whyNoNetwork(): string | false {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root to make network namespaces'
  if (attempt('ip', '-V').status !== 0) return 'needs ip: apt-get install iproute2'
  const trial = attempt('unshare', '--mount', '--net', '--uts', 'ip', 'link', 'add', 'switch', 'type', 'bridge')
  return trial.status !== 0 && `namespaces or bridges are not to be had: ${trial.stderr?.trim()}`
}

/** With the folders of the tools of root, which the search path of somebody who became root may lack. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }

const run = (program: string, ...words: readonly string[]): string =>
  execFileSync(program, words, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', env })

const ip = (...words: readonly string[]): string => run('ip', ...words)

const attempt = (program: string, ...words: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync(program, words, { encoding: 'utf8', env })

const open = new Set<Network>()
let isWatched = false

/** Namespaces, and daemons in them, would outlive a test that is ended from outside. */
function removeAtEnd(): void {
  isWatched = true
  process.once('exit', () => {
    for (const network of [...open]) network[Symbol.dispose]()
  })
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
}

export class Network implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'hosts-'))
  readonly #names = new Map<string, Host>()
  readonly #namespaces: string[] = []

  constructor(names: readonly string[]) {
    if (!isWatched) removeAtEnd()
    open.add(this)
    try {
      const bridge = this.addNamespace('switch')
      ip('-n', bridge, 'link', 'add', 'switch', 'up', 'type', 'bridge')
      for (const [index, name] of names.entries()) this.#names.set(name, new Host(this, bridge, name, index + 1))
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
    const hosts = [...this.#names.values()].map(({ name, address }) => `${address} ${name} ${aliases[name] ?? ''}\n`)
    writeFileSync(join(this.folder, 'hosts'), `127.0.0.1 localhost\n${hosts.join('')}`)
  }

  host(name: string): Host {
    const host = this.#names.get(name)
    if (host === undefined) throw new Error(`there is no host ${name}`)
    return host
  }

  /** Makes a namespace; its name. */
  addNamespace(name: string): string {
    const full = `${basename(this.folder)}-${name}`
    this.#namespaces.push(full)
    ip('netns', 'add', full)
    return full
  }

  [Symbol.dispose](): void {
    open.delete(this)
    for (const name of this.#namespaces) removeNamespace(name)
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Ends whatever runs in it first. */
function removeNamespace(name: string): void {
  const { stdout } = attempt('ip', 'netns', 'pids', name)
  const pids = stdout.split('\n').filter((line) => line !== '')
  if (pids.length > 0) attempt('kill', '-KILL', ...pids)
  attempt('ip', 'netns', 'del', name)
}

/** Further names: that of the master where nothing is configured, and one that a page uses. */
const aliases: Readonly<Record<string, string>> = { master: 'salt salt.example.com' }

/** Enters the namespace's host name and table of hosts. */
const enter = 'hostname "$0" && mount --bind "$1" /etc/hosts && shift && exec "$@"'

export class Host {
  readonly name: string
  readonly folder: string
  readonly #network: Network
  readonly #namespace: string
  readonly #switch: string
  #address: string

  constructor(network: Network, switchNamespace: string, name: string, number: number) {
    this.name = name
    this.#network = network
    this.#switch = switchNamespace
    this.#namespace = network.addNamespace(name)
    this.#address = `10.83.0.${number}`
    this.folder = join(network.folder, name)
    const peer = ['peer', 'name', 'eth0', 'netns', this.#namespace]
    ip('-n', switchNamespace, 'link', 'add', 'name', name, 'type', 'veth', ...peer)
    ip('-n', switchNamespace, 'link', 'set', 'dev', name, 'up', 'master', 'switch')
    ip('-n', this.#namespace, 'link', 'set', 'lo', 'up')
    ip('-n', this.#namespace, 'link', 'set', 'eth0', 'up')
    ip('-n', this.#namespace, 'address', 'add', `${this.#address}/24`, 'dev', 'eth0')
    ip('-n', this.#namespace, 'address', 'add', `fd83::${number}/64`, 'dev', 'eth0', 'nodad')
    this.#furnish()
  }

  /** Configuration of its daemons; what a page writes to `/etc/salt` goes there. */
  get config(): string {
    return join(this.folder, 'etc/salt')
  }

  get address(): string {
    return this.#address
  }

  get address6(): string {
    return `fd83::${this.#address.split('.').at(-1)}`
  }

  /** Configuration beside the file that a page may write. */
  configure(daemon: 'master' | 'minion', text: string): void {
    const folder = join(this.config, `${daemon}.d`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'host.conf'), `root_dir: ${this.folder}\n${text}`)
  }

  start(argv: readonly string[], options: RunOptions = {}): Running {
    const { folder } = this.#network
    const own = {
      HOME: this.folder,
      TMPDIR: this.folder,
      PATH: `${this.folder}:${env.PATH}`,
      SALT_CONFIG_DIR: this.config,
      ...options.env,
    }
    const inside = ['unshare', '--uts', 'sh', '-c', enter, this.name, join(folder, 'hosts'), ...argv]
    return new Running(['ip', 'netns', 'exec', this.#namespace, ...inside], {
      cwd: this.folder,
      ...options,
      env: own,
    })
  }

  salt(...words: readonly string[]): Promise<Finished> {
    return this.start(['./salt', ...words]).finished
  }

  shell(text: string, options?: RunOptions): Promise<Finished> {
    return this.start(['sh', '-c', text], options).finished
  }

  bus(): Promise<MasterBus> {
    return connectMasterBus({ sockDir: join(this.folder, 'var/run/salt/master') })
  }

  events(): Promise<BusEvents> {
    return this.bus().then((bus) => BusEvents.of(bus))
  }

  /** The cable is pulled: the host sees it. */
  unplug(): void {
    ip('-n', this.#namespace, 'link', 'set', 'eth0', 'down')
  }

  plug(): void {
    ip('-n', this.#namespace, 'link', 'set', 'eth0', 'up')
  }

  /** The switch drops whatever comes from or goes to the host, without a word to anybody. */
  block(): void {
    run('bridge', '-n', this.#switch, 'link', 'set', 'dev', this.name, 'state', 'disabled')
  }

  unblock(): void {
    run('bridge', '-n', this.#switch, 'link', 'set', 'dev', this.name, 'state', 'forwarding')
  }

  /** Makes its line narrow and its queue so short that packets are lost; false where the kernel cannot. */
  narrow(): boolean {
    const queue = ['tbf', 'rate', '20mbit', 'burst', '3kb', 'limit', '6kb']
    return attempt('tc', '-n', this.#namespace, 'qdisc', 'add', 'dev', 'eth0', 'root', ...queue).status === 0
  }

  widen(): void {
    attempt('tc', '-n', this.#namespace, 'qdisc', 'del', 'dev', 'eth0', 'root')
  }

  /** Since its line is narrow. */
  get packetsLost(): number {
    const shown = run('tc', '-n', this.#namespace, '-s', 'qdisc', 'show', 'dev', 'eth0')
    return Number(/\(dropped (\d+),/.exec(shown)?.[1])
  }

  /** Gives it another address in place of the one it has. */
  move(address: string): void {
    ip('-n', this.#namespace, 'address', 'del', `${this.#address}/24`, 'dev', 'eth0')
    ip('-n', this.#namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    this.#address = address
  }

  /** The program by each name that the pages use. */
  #furnish(): void {
    for (const name of ['salt', 'dist/linux/salt']) {
      mkdirSync(join(this.folder, name, '..'), { recursive: true })
      symlinkSync(binaryPath, join(this.folder, name))
    }
  }
}
