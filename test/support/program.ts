import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const projectRoot = join(import.meta.dirname, '..', '..')
export const binaryPath = join(projectRoot, 'dist', 'linux', 'salt')

/** How the program under test is started: its sources, or the built binary. */
export type ProgramKind = 'source' | 'binary'

export function programArgv(kind: ProgramKind): readonly [string, ...string[]] {
  if (kind === 'source') return [process.execPath, join(projectRoot, 'src', 'main.ts')]
  if (!existsSync(binaryPath)) throw new Error(`${binaryPath} is missing: run scripts/test or npm run build`)
  return [binaryPath]
}

export interface Finished {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Ends the program; the test then fails by what it sees. */
  readonly timeoutMs?: number
}

/** A started program whose output is kept and can be waited for. */
export class Running {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  #stdout = ''
  #stderr = ''
  readonly #watchers = new Set<() => void>()

  constructor(argv: readonly string[], options: RunOptions = {}) {
    const [file = '', ...rest] = argv
    this.child = spawn(file, rest, {
      cwd: options.cwd ?? projectRoot,
      env: { ...process.env, NO_COLOR: '', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child.stdin?.on('error', () => {})
    this.child.stdin?.end(options.input ?? '')
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#add('stdout', text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#add('stderr', text))
    const timer = setTimeout(() => this.child.kill('SIGKILL'), options.timeoutMs ?? 120_000)
    timer.unref()
    this.finished = new Promise((resolve, reject) => {
      this.child.once('error', reject)
      this.child.once('close', (exitCode, signal) => {
        clearTimeout(timer)
        resolve({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr })
        for (const look of this.#watchers) look()
      })
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get output(): string {
    return this.#stdout + this.#stderr
  }

  /** Resolves when the output (both streams) matches; rejects when the program ends without it. */
  async until(pattern: RegExp): Promise<void> {
    if (pattern.test(this.output)) return
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this.output)) {
          this.#watchers.delete(look)
          resolve()
        } else if (this.child.exitCode !== null || this.child.signalCode !== null) {
          this.#watchers.delete(look)
          reject(new Error(`the program ended without ${pattern}; its output:\n${this.output}`))
        }
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** Forgets the output so far, so that `until` waits for what is still to come. */
  forget(): void {
    this.#stdout = ''
    this.#stderr = ''
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal)
    return this.finished
  }

  #add(stream: 'stdout' | 'stderr', text: string): void {
    if (stream === 'stdout') this.#stdout += text
    else this.#stderr += text
    for (const look of [...this.#watchers]) look()
  }
}

export function run(kind: ProgramKind, args: readonly string[], options?: RunOptions): Promise<Finished> {
  return new Running([...programArgv(kind), ...args], options).finished
}
