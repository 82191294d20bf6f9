/** Clocks, statistics and what the kernel tells of processes. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The value below which `share` of the sorted values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - since) / 1e9
}

export interface CommandTime {
  /** Median and best, in seconds. */
  readonly wall: number
  readonly best: number
  /** CPU of the command and what it started, in seconds, averaged over the runs. */
  readonly cpu: number
}

/**
 * Runs a command again and again, after two runs that do not count. Throws when it ends with another code than `exitCode`.
 * @param prepare Done before each run; its time does not count.
 */
export function timeCommand(
  argv: readonly string[],
  runs: number,
  exitCode = 0,
  prepare: () => void = () => {},
): CommandTime {
  const [file = '', ...args] = argv
  const runOnce = (): number => {
    prepare()
    const since = process.hrtime.bigint()
    const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    const wall = Number(process.hrtime.bigint() - since) / 1e9
    if (status !== exitCode) throw new Error(`${argv.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
    return wall
  }
  runOnce()
  runOnce()
  const cpuBefore = childrenCpu()
  const walls = Array.from({ length: runs }, runOnce)
  return { wall: median(walls), best: Math.min(...walls), cpu: (childrenCpu() - cpuBefore) / runs }
}

/** Ticks per second in /proc; the same on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU seconds of the children of this process that have ended. */
function childrenCpu(): number {
  const [user = 0, system = 0] = statFields('self').slice(13, 15)
  return (user + system) / ticksPerSecond
}

/** CPU seconds of a living process, all its threads. */
export function cpuOf(pid: number): number {
  const [user = 0, system = 0] = statFields(pid).slice(11, 13)
  return (user + system) / ticksPerSecond
}

/** Numbers of /proc/PID/stat behind the name: the state is the first, and counts as NaN. */
function statFields(pid: number | 'self'): readonly number[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
}

/** Proportional set size in MiB: memory of its own, and its share of what it has in common with others. */
export function memoryOf(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
  return Number(kibibytes) / 1024
}

/** Resident set in MiB without file pages: what grows when something is kept. */
export function ownMemoryOf(pid: number): number {
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kibibytes) / 1024
}
