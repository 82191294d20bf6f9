import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import type { RunningJob } from '../../client/api.ts'
import { signalGroup } from '../../engine/functions/execute.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'

/** Signals that end a job; any other is only passed on to its processes. */
const endingSignals = new Set([1, 2, 3, 6, 9, 15])

/** Says why a job was aborted, and with which signal. */
export class JobCancelled extends SaltError {
  readonly signal: number

  constructor(signal: number) {
    super('cancelled', `The job was ended by signal ${signal}.`)
    this.signal = signal
  }
}

/** One job that runs in this process. */
export interface JobEntry {
  readonly load: JobLoad
  readonly controller: AbortController
  readonly startedAt: number
  /** Process groups that the job has started and that still run. */
  readonly processes: Set<number>
}

/** The jobs that run in this minion. */
export class JobTable {
  readonly #jobs = new Map<string, JobEntry>()
  readonly #clock: Clock
  #waiting: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#jobs.size
  }

  add(load: JobLoad): JobEntry {
    const entry = {
      load,
      controller: new AbortController(),
      startedAt: this.#clock.now(),
      processes: new Set<number>(),
    }
    this.#jobs.set(load.jid, entry)
    return entry
  }

  remove(jid: string): void {
    this.#jobs.delete(jid)
    if (this.#jobs.size > 0) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting = []
  }

  /** Resolves when no job runs. */
  idle(): Promise<void> {
    if (this.#jobs.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  list(): readonly RunningJob[] {
    return [...this.#jobs.values()].map(describe)
  }

  find(jid: string): RunningJob | undefined {
    const entry = this.#jobs.get(jid)
    return entry === undefined ? undefined : describe(entry)
  }

  jids(): readonly string[] {
    return [...this.#jobs.keys()]
  }

  signal(jid: string, signal: number): boolean {
    const entry = this.#jobs.get(jid)
    if (entry === undefined) return false
    for (const pid of entry.processes) signalGroup(pid, signal)
    if (endingSignals.has(signal)) entry.controller.abort(new JobCancelled(signal))
    return true
  }

  /** Ends every job: the daemon stops. */
  abortAll(signal: number): void {
    for (const jid of this.jids()) this.signal(jid, signal)
  }
}

function describe({ load, startedAt, processes }: JobEntry): RunningJob {
  return {
    jid: load.jid,
    fun: load.fun,
    arg: load.arg,
    tgt: load.tgt,
    tgt_type: load.tgt_type,
    ret: load.ret,
    user: load.user,
    pid: processes.values().next().value ?? process.pid,
    startedAt,
  }
}
