/** Processes as /proc shows them. */
import * as fs from 'node:fs'
import { readFileIfExists } from '../../../base/files.ts'
import { requireSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

/** Ticks a second; every Linux that runs today tells user space 100. */
export const ticksPerSecond = 100

export interface ProcessStat {
  readonly pid: number
  readonly comm: string
  readonly state: string
  /** All fields of /proc/PID/stat, so that `fields[n]` is field n of proc_pid_stat(5). */
  readonly fields: readonly string[]
}

export function listPids(ctx: FunctionContext): number[] {
  return fs
    .readdirSync(ctx.at('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
}

/** A file of a process; undefined where it has ended or does not let this user look. */
export function readOf(ctx: FunctionContext, pid: number, name: string): string | undefined {
  try {
    return readFileIfExists(ctx.at(`/proc/${pid}/${name}`))
  } catch {
    return undefined
  }
}

export function readLinkOf(ctx: FunctionContext, pid: number, name: string): string | undefined {
  try {
    return fs.readlinkSync(ctx.at(`/proc/${pid}/${name}`))
  } catch {
    return undefined
  }
}

export function listOf(ctx: FunctionContext, pid: number, name: string): string[] | undefined {
  try {
    return fs.readdirSync(ctx.at(`/proc/${pid}/${name}`))
  } catch {
    return undefined
  }
}

export function readStat(ctx: FunctionContext, pid: number): ProcessStat | undefined {
  const text = readOf(ctx, pid, 'stat')
  // The name may hold anything, also parentheses.
  const found = text === undefined ? null : /^\d+ \((.*)\) (.*)$/s.exec(text)
  if (found === null) return undefined
  const [, comm = '', rest = ''] = found
  const fields = ['', String(pid), comm, ...rest.trim().split(' ')]
  return { pid, comm, state: fields[3] ?? '', fields }
}

/** All processes that still live while they are read. */
export function listProcesses(ctx: FunctionContext): ProcessStat[] {
  return listPids(ctx)
    .map((pid) => readStat(ctx, pid))
    .filter((stat) => stat !== undefined)
}

export function commandLine(ctx: FunctionContext, pid: number): string[] | undefined {
  const text = readOf(ctx, pid, 'cmdline')
  if (text === undefined) return undefined
  return text === '' ? [] : text.replace(/\0$/, '').split(text.includes('\0') ? '\0' : ' ')
}

/** The kernel keeps 15 characters of a name; the command line has the rest. */
export function nameOf(ctx: FunctionContext, { pid, comm }: ProcessStat): string {
  if (comm.length < 15) return comm
  const program = commandLine(ctx, pid)?.[0]?.split('/').at(-1) ?? ''
  return program.startsWith(comm) ? program : comm
}

/** Words of a line of /proc/PID/status. */
export function statusField(ctx: FunctionContext, pid: number, name: string): string[] {
  const line = new RegExp(`^${name}:(.*)$`, 'm').exec(readOf(ctx, pid, 'status') ?? '')
  return (line?.[1] ?? '').split(/\s+/).filter((word) => word !== '')
}

/** Real user of a process. */
export function uidOf(ctx: FunctionContext, pid: number): number | undefined {
  const [uid] = statusField(ctx, pid, 'Uid')
  return uid === undefined ? undefined : Number(uid)
}

const states: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'disk-sleep',
  T: 'stopped',
  t: 'tracing-stop',
  Z: 'zombie',
  X: 'dead',
  x: 'dead',
  K: 'wake-kill',
  W: 'waking',
  I: 'idle',
  P: 'parked',
}

export function stateName(state: string): string {
  return states[state] ?? '?'
}

export const stateNames: readonly string[] = [...new Set(Object.values(states))]

/** Seconds since 1970. */
export function bootTime(ctx: FunctionContext): number {
  return Number(/^btime (\d+)$/m.exec(requireSystemFile(ctx, '/proc/stat'))?.[1] ?? 0)
}

export function cpuSeconds({ fields }: ProcessStat): number {
  return (Number(fields[14]) + Number(fields[15])) / ticksPerSecond
}

/** Counts of pages, in bytes: rss, vms, shared, text, lib, data, dirty. */
export function memoryOf(ctx: FunctionContext, pid: number): number[] | undefined {
  const text = readOf(ctx, pid, 'statm')
  if (text === undefined) return undefined
  const size = pageSize(ctx)
  const [vms = 0, rss = 0, ...others] = text
    .trim()
    .split(' ')
    .map((pages) => Number(pages) * size)
  return [rss, vms, ...others]
}

/** Bytes; what the kernel gave this process to know (AT_PAGESZ, getauxval(3)). */
export function pageSize(ctx: FunctionContext): number {
  const usual = 4096
  try {
    const vector = fs.readFileSync(ctx.at('/proc/self/auxv'))
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (vector.readBigUInt64LE(at) === 6n) return Number(vector.readBigUInt64LE(at + 8))
    }
  } catch {}
  return usual
}
