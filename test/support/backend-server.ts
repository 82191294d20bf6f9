/** A server program of another project for one test: in a folder of its own, on a free port, ended by its process id. */
import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../src/engine/functions/process-identity.ts'
import { Running } from './program.ts'
import { makeCertificate } from './self-made-certificate.ts'

/** Folders of programs that are not in everybody's search path. */
const searchPath = [process.env.PATH, '/usr/sbin', '/sbin', ...postgresFolders()].join(':')

function postgresFolders(): readonly string[] {
  try {
    return readdirSync('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`)
  } catch {
    return []
  }
}

/** A reason to skip a test, or false. */
export function withoutProgram(name: string, debianPackage: string): string | false {
  return findProgram(name, searchPath) === undefined && `needs ${name}: apt-get install ${debianPackage}`
}

function program(name: string): string {
  return findProgram(name, searchPath) ?? name
}

export async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address !== null ? address.port : 0
}

interface ServerPlan {
  readonly argv: (server: { readonly folder: string; readonly port: number }) => readonly string[]
  /** What it prints when it can be used. */
  readonly ready: RegExp
  /** Ends it at once, without any care. */
  readonly killedBy: NodeJS.Signals
}

export class BackendServer implements AsyncDisposable {
  readonly folder: string
  readonly port: number
  readonly #plan: ServerPlan
  #running: Running | undefined

  constructor(folder: string, port: number, plan: ServerPlan) {
    this.folder = folder
    this.port = port
    this.#plan = plan
  }

  get pid(): number {
    return this.#running?.pid ?? 0
  }

  get isRunning(): boolean {
    const child = this.#running?.child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  async start(): Promise<this> {
    this.#running = new Running(this.#plan.argv(this), { cwd: this.folder })
    await this.#running.until(this.#plan.ready)
    return this
  }

  /** As a power cut. What it has on disk is there after `start`. */
  async kill(): Promise<void> {
    this.resume()
    await this.#running?.end(this.#plan.killedBy)
  }

  /** It says nothing any more, and its connections stay. */
  pause(): void {
    const pid = this.#running?.child.pid
    if (pid !== undefined) freeze(pid)
  }

  resume(): void {
    this.#running?.child.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** One that does not start leaves nothing behind. */
async function started(server: BackendServer): Promise<BackendServer> {
  try {
    return await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

const makeFolder = (name: string): string => mkdtempSync(join(tmpdir(), `${name}-`))

/** With the password `secret` and a socket `redis.sock` in its folder; what it has acknowledged is on disk. */
export async function startRedis(more: readonly string[] = []): Promise<BackendServer> {
  const argv = ({ folder, port }: { folder: string; port: number }): readonly string[] => {
    const place = ['--dir', folder, '--bind', '127.0.0.1', '--port', String(port)]
    const lasting = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
    return [
      ...[program('redis-server'), ...place, '--unixsocket', join(folder, 'redis.sock')],
      ...['--requirepass', 'secret', ...lasting, ...more],
    ]
  }
  const plan = { argv, ready: /Ready to accept connections|server is now ready/, killedBy: 'SIGKILL' } as const
  return started(new BackendServer(makeFolder('redis'), await freePort(), plan))
}

/** With JetStream and what else the configuration says. */
export async function startNats(configuration: string): Promise<BackendServer> {
  const folder = makeFolder('nats')
  const port = await freePort()
  const file = join(folder, 'nats.conf')
  const place = `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}/jetstream" }\n`
  writeFileSync(file, place + configuration)
  const argv = (): readonly string[] => [program('nats-server'), '-c', file]
  return started(new BackendServer(folder, port, { argv, ready: /Server is ready/, killedBy: 'SIGKILL' }))
}

/** PostgreSQL lets root start nothing of it. */
function asPostgresUser(argv: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return argv
  return [program('setpriv'), '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--', ...argv]
}

/** User `salt` with the password `secret` owns the database `salt`; its socket is in its folder, and so is its certificate, if any. */
export async function startPostgres({ tls }: { readonly tls: boolean }): Promise<BackendServer> {
  const folder = makeFolder('postgres')
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, 'secret\n')
  const { cert, key } = tls ? makeCertificate(folder) : { cert: undefined, key: undefined }
  const files = cert === undefined || key === undefined ? [] : [cert, key]
  if (process.getuid?.() === 0) {
    const id = (option: string): number => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }))
    for (const path of [folder, passwordFile, ...files]) chownSync(path, id('-u'), id('-g'))
  }
  const initdb = [program('initdb'), '-D', data, '-U', 'salt', '-A', 'scram-sha-256', '--pwfile', passwordFile]
  const [file = '', ...rest] = asPostgresUser([...initdb, '--no-sync', '--locale', 'C', '-E', 'UTF8'])
  execFileSync(file, rest, { cwd: folder, stdio: 'ignore' })
  const argv = ({ port }: { port: number }): readonly string[] => {
    const place = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`]
    const settings = tls ? [...place, 'ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`] : place
    return asPostgresUser([program('postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])])
  }
  const plan = { argv, ready: /ready to accept connections/, killedBy: 'SIGQUIT' } as const
  const server = await started(new BackendServer(folder, await freePort(), plan))
  const psql = [program('psql'), '-h', folder, '-p', String(server.port), '-U', 'salt', '-d', 'postgres']
  const [client = '', ...words] = [...psql, '-c', 'CREATE DATABASE salt']
  execFileSync(client, words, { stdio: 'ignore', env: { ...process.env, PGPASSWORD: 'secret' } })
  return server
}

/** Stops a process, and comes back when it does nothing any more. */
export function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP')
  while (!isStopped(pid)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
}

/** Whether every thread of the process has stopped: the signal alone is only a wish. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks).every((task) => /\) [Tt] /.test(readFileSync(`${tasks}/${task}/stat`, 'utf8')))
}
