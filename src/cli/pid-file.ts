/** The file that tells which process a daemon is. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { SaltError, systemCode } from '../base/errors.ts'
import { systemReason } from '../base/files.ts'

export class PidFile implements Disposable {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /**
   * Writes the id of this process. A file of a process that is gone, or is something else by now, is taken over; throws
   * `address-in-use` when the daemon still runs, `storage` when the file cannot be written.
   */
  static claim(path: string, name: string): PidFile {
    const other = readPid(path)
    if (other !== undefined && other !== process.pid && isDaemon(other, name)) {
      throw new SaltError('address-in-use', `a ${name} is running already, as process ${other}`, {
        where: path,
        hint: `Stop it first (kill ${other}), or give this one another configuration folder (-c).`,
      })
    }
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, `${process.pid}\n`, { mode: 0o644 })
    } catch (cause) {
      throw new SaltError('storage', `the pid file cannot be written: ${systemReason(cause)}`, {
        where: path,
        cause,
        hint: 'Set `pidfile` or `root_dir` to a place that this user may write to, or use --pid-file.',
      })
    }
    return new PidFile(path)
  }

  [Symbol.dispose](): void {
    if (readPid(this.#path) !== process.pid) return
    try {
      rmSync(this.#path, { force: true })
    } catch {
      // Written as root before the daemon took another user: the next start sees that the process is gone.
    }
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim())
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Process ids are used again: where the system shows command lines, the one of a daemon names its command. */
function isDaemon(pid: number, name: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(name)
  } catch {
    return process.platform !== 'linux'
  }
}
