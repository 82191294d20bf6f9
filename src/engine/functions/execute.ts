/** Runs a program in a process group of its own, which ends with the job that started it. */
import { type ChildProcess, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { constants } from 'node:os'
import { isAbsolute } from 'node:path'
import { type Clock, systemClock, type Timer } from '../../base/clock.ts'
import { asSaltError, SaltError, systemCode } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { ExecOptions, ExecResult } from '../plugin.ts'
import { OutputCollector } from './output-collector.ts'
import { environmentFor, findProgram, resolveIdentity } from './process-identity.ts'

export interface ExecuteHost {
  readonly log: Log
  readonly signal: AbortSignal
  readonly clock?: Clock
  /** Told of every process group while it lives. */
  readonly processGroups?: ProcessGroups
}

/** Where a daemon keeps the process groups of a job, to signal them. */
export interface ProcessGroups {
  add(pid: number): unknown
  delete(pid: number): unknown
}

/** Time between the polite signal and the one that cannot be ignored. */
const graceMs = 2000

/**
 * Throws `missing-program` where the program is not installed, `execution-failed` where it cannot be started, and the
 * signal's reason once the processes have ended where the job was cancelled.
 */
export async function execute(argv: readonly string[], options: ExecOptions, host: ExecuteHost): Promise<ExecResult> {
  host.signal.throwIfAborted()
  const child = start(argv, options)
  const { pid } = child
  if (pid === undefined) throw await startFault(child, argv)
  host.processGroups?.add(pid)
  if (options.background === true) {
    child.once('close', () => host.processGroups?.delete(pid))
    child.unref()
    return { pid, retcode: 0, stdout: '', stderr: '', timedOut: false }
  }
  try {
    return await follow(child, pid, options, host)
  } finally {
    host.processGroups?.delete(pid)
  }
}

/** Sends a signal to a process group; false when it has ended. */
export function signalGroup(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    if (process.platform === 'win32') process.kill(pid, signal)
    else process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

function start(argv: readonly string[], options: ExecOptions): ChildProcess {
  assertNoNul(argv, options)
  const identity = resolveIdentity(options)
  assertFolder(options.cwd)
  const env = environmentFor(options, identity.account)
  const [program = '', ...words] = argv
  const path = findProgram(program, env.PATH ?? process.env.PATH)
  if (path === undefined) throw missingProgram(program)
  const merged = options.mergeStderr === true && process.platform !== 'win32'
  // Only a shell can join two streams in the order in which they are written.
  const line = merged ? ['/bin/sh', '-c', 'exec "$0" "$@" 2>&1', path, ...words] : [path, ...words]
  const [file = '', ...rest] = [...identity.prefix, ...line]
  const withUmask = umaskGuard(options.umask)
  const silent = options.background === true ? 'ignore' : 'pipe'
  try {
    return spawn(file, rest, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(identity.uid === undefined ? {} : { uid: identity.uid }),
      ...(identity.gid === undefined ? {} : { gid: identity.gid }),
      env,
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', silent, silent],
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new SaltError('execution-failed', `Unable to run '${program}': ${message}`, { cause: error })
  } finally {
    withUmask.restore()
  }
}

/** The system ends each of these at a NUL. */
function assertNoNul(argv: readonly string[], { cwd = '', env = {} }: ExecOptions): void {
  const parts = { 'the command': argv, cwd: [cwd], env: Object.entries(env).flat() }
  for (const [name, texts] of Object.entries(parts)) {
    if (texts.some((text) => text.includes('\0')))
      throw new SaltError('execution-failed', `A NUL character cannot be part of ${name}.`)
  }
}

function assertFolder(cwd: string | undefined): void {
  if (cwd === undefined) return
  if (!isAbsolute(cwd) || !fs.statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SaltError('execution-failed', `Specified cwd '${cwd}' either not absolute or does not exist`)
  }
}

/** The mask is the process's, so it is set only for the instant in which the child is made. */
function umaskGuard(umask: string | undefined): { restore(): void } {
  if (umask === undefined) return { restore() {} }
  const digits = umask.replace(/^0+/, '')
  if (digits === '') throw new SaltError('execution-failed', 'Zero umask is not allowed.')
  if (!/^[0-7]{1,3}$/.test(digits)) throw new SaltError('execution-failed', `Invalid umask: '${umask}'`)
  const before = process.umask(Number.parseInt(digits, 8))
  return { restore: () => void process.umask(before) }
}

function missingProgram(program: string): SaltError {
  return fs.existsSync(program) && program.includes('/')
    ? new SaltError('execution-failed', `'${program}' is not an executable file.`)
    : new SaltError('missing-program', program === '' ? 'The command is empty.' : `'${program}' is not installed.`)
}

function startFault(child: ChildProcess, argv: readonly string[]): Promise<SaltError> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      const reason = systemCode(error) === 'E2BIG' ? 'the command line is too long' : error.message
      resolve(new SaltError('execution-failed', `Unable to run '${argv[0] ?? ''}': ${reason}`, { cause: error }))
    })
  })
}

async function follow(child: ChildProcess, pid: number, options: ExecOptions, host: ExecuteHost): Promise<ExecResult> {
  const stdout = new OutputCollector(child.stdout)
  const stderr = new OutputCollector(child.stderr)
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.stdin ?? '')
  const ending = new GroupEnding(child, pid, host.clock ?? systemClock)
  let timedOut = false
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : (host.clock ?? systemClock).after(options.timeoutMs, () => {
          timedOut = true
          ending.begin()
        })
  const onAbort = () => ending.begin()
  host.signal.addEventListener('abort', onAbort, { once: true })
  try {
    const end = await closed(child)
    if (host.signal.aborted) throw asSaltError(host.signal.reason, 'cancelled')
    const encoding = options.outputEncoding ?? 'utf-8'
    return {
      pid,
      ...end,
      stdout: decode(stdout, encoding, 'stdout', host.log),
      stderr: decode(stderr, encoding, 'stderr', host.log),
      timedOut,
    }
  } finally {
    timer?.cancel()
    ending.cancel()
    host.signal.removeEventListener('abort', onAbort)
  }
}

function closed(child: ChildProcess): Promise<Pick<ExecResult, 'retcode' | 'signal'>> {
  return new Promise((resolve) => {
    child.once('close', (code, name) => {
      const signal = name === null ? 0 : constants.signals[name]
      resolve(code === null ? { retcode: 128 + signal, signal } : { retcode: code })
    })
  })
}

function decode(collector: OutputCollector, encoding: string, stream: string, log: Log): string {
  try {
    const { text, replaced } = collector.decode(encoding)
    if (replaced) log.warning('Bytes of a command that are not valid text were replaced', { stream, encoding })
    if (collector.droppedBytes > 0)
      log.warning('A command wrote more than is kept', { stream, dropped: collector.droppedBytes })
    return text
  } catch (error) {
    throw new SaltError('execution-failed', `The output encoding '${encoding}' is not known.`, { cause: error })
  }
}

/** Ends a process group: first politely, then for good, then without waiting for whoever left the group. */
class GroupEnding {
  readonly #child: ChildProcess
  readonly #pid: number
  readonly #clock: Clock
  #timer: Timer | undefined

  constructor(child: ChildProcess, pid: number, clock: Clock) {
    this.#child = child
    this.#pid = pid
    this.#clock = clock
  }

  begin(): void {
    if (this.#timer !== undefined) return
    signalGroup(this.#pid, 'SIGTERM')
    this.#timer = this.#clock.after(
      graceMs,
      () => {
        signalGroup(this.#pid, 'SIGKILL')
        this.#child.stdout?.destroy()
        this.#child.stderr?.destroy()
      },
      { background: true },
    )
  }

  /** Called when the program has ended. Whoever is left of a group that was told to end still gets the second signal. */
  cancel(): void {
    if (this.#timer !== undefined && !signalGroup(this.#pid, 0)) this.#timer.cancel()
  }
}
