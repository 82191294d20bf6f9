import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  type FSWatcher,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  watch,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Changes } from './waiting.ts'

/**
 * Holds shell commands: each tells that it has begun and then waits until the gate is opened. When the gate is disposed of,
 * whatever still waits goes on with an empty answer.
 */
export class Gate implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gate-'))
  readonly #marks = join(this.folder, 'marks')
  readonly #fifo = join(this.folder, 'fifo')
  readonly #descriptor: number
  readonly #changes = new Changes()
  readonly #watcher: FSWatcher

  constructor() {
    execFileSync('mkfifo', [this.#fifo])
    // Open in both directions: neither opening nor writing waits for the other side.
    this.#descriptor = openSync(this.#fifo, constants.O_RDWR | constants.O_NONBLOCK)
    this.#watcher = watch(this.folder, () => this.#changes.happened())
  }

  /** A shell command that writes its process id down, waits for the gate and prints `passed`. */
  get command(): string {
    return `echo $$ >> ${this.#marks}; read line < ${this.#fifo}; echo passed`
  }

  /** Process ids of the commands that have begun, in their order. */
  get begun(): readonly number[] {
    if (!existsSync(this.#marks)) return []
    const lines = readFileSync(this.#marks, 'utf8').split('\n')
    return lines.slice(0, -1).map(Number)
  }

  /** Resolves with the process ids when so many commands have begun. */
  entered(count = 1): Promise<readonly number[]> {
    return this.#changes.until(
      () => (this.begun.length >= count ? this.begun : undefined),
      () => `${this.begun.length} commands have reached the gate, not ${count}`,
    )
  }

  /** Lets so many commands pass. */
  open(count = 1): void {
    writeSync(this.#descriptor, 'go\n'.repeat(count))
  }

  [Symbol.dispose](): void {
    this.#watcher.close()
    closeSync(this.#descriptor)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Whether a process is there and not only waits to be collected. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Resolves when a process of somebody else is gone. */
export async function ended(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
}
