import type { Log } from '../../base/log.ts'
import { Turns } from '../../base/turns.ts'
import type { JobReturn } from '../../client/api.ts'
import { shownArguments } from '../../engine/arguments/parse.ts'
import { sendableOnce } from '../../engine/jobs/packed-return.ts'
import type { ReturnSpool } from '../../engine/jobs/return-spool.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import { JobCancelled, type JobEntry, type JobTable } from './job-table.ts'

export interface FunctionOutcome {
  readonly return: unknown
  readonly retcode: number
  readonly success: boolean
  readonly out?: string
  /** It was ended before it was through, and tells what it had done. */
  readonly isPartial?: true
}

export interface JobRunnerOptions {
  readonly id: string
  readonly table: JobTable
  readonly spool: ReturnSpool
  readonly log: Log
  /** Most jobs at one time, more wait; 0 or less: no limit of the operator's (Salt's `process_count_max`). */
  readonly maximumJobs: number
  run(load: JobLoad, entry: JobEntry): Promise<FunctionOutcome>
  /** Told each return once, when it is in the spool. */
  returned?(load: JobLoad, ret: JobReturn): void
}

/** With no limit configured, a flood of jobs must still not take all memory. */
const mostJobs = 1000
const mostWaiting = 10_000
const terminate = 15

/** Functions that look after jobs: behind jobs that hang they would be of no use. */
const needNoTurn = new Set(
  ['running', 'is_running', 'find_job', 'signal_job', 'term_job', 'kill_job', 'term_all_jobs', 'kill_all_jobs'].map(
    (name) => `saltutil.${name}`,
  ),
)

export type Intake =
  | {
      readonly kind: 'started'
      /** The disk knows of the job, or has refused to. */
      readonly noted: Promise<void>
      readonly finished: Promise<{ seq: number; ret: JobReturn }>
    }
  /** It runs already, and its return will come. */
  | { readonly kind: 'seen' }
  /** It may come again, and has run before: its return waits for the master, or was confirmed by it. */
  | { readonly kind: 'ran' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Takes verified jobs, runs each once, and leaves every return in the spool. */
export class JobRunner {
  readonly #options: JobRunnerOptions
  readonly #turns: Turns
  /** Jobs that this runner has in the table, which the runners of all masters share. */
  readonly #mine = new Set<string>()

  constructor(options: JobRunnerOptions) {
    this.#options = options
    this.#turns = new Turns(options.maximumJobs > 0 ? options.maximumJobs : mostJobs)
  }

  take(load: JobLoad): Intake {
    const { spool, table } = this.#options
    if (this.#mine.has(load.jid)) return { kind: 'seen' }
    if (table.find(load.jid) !== undefined)
      return { kind: 'refused', reason: 'a job of another master runs here with this jid' }
    if (this.#turns.waiting >= mostWaiting)
      return { kind: 'refused', reason: `${mostWaiting} jobs wait on the minion already` }
    if (!spool.start(load.jid, load)) {
      if (load.queue === true) return { kind: 'ran' }
      return { kind: 'refused', reason: 'a job with this jid was run here before' }
    }
    this.#mine.add(load.jid)
    const entry = table.add(load)
    // A job acts on the world only when the disk knows of it: after a crash it is told about, and not run again.
    const noted = spool.settled()
    return { kind: 'started', noted, finished: noted.then(() => this.#run(load, entry)) }
  }

  /** Ends the jobs that ran when a former process died. */
  endInterrupted(): void {
    for (const { load } of this.#options.spool.interrupted())
      this.#finish(load, interruptedReturn(this.#options.id, load))
  }

  async #run(load: JobLoad, entry: JobEntry): Promise<{ seq: number; ret: JobReturn }> {
    const { table } = this.#options
    const outcome = await this.#inTurn(load, entry)
    table.remove(load.jid)
    this.#mine.delete(load.jid)
    return this.#finish(load, returnOf(this.#options.id, load, outcome))
  }

  /** With the return as it goes over the wire. */
  #finish(load: JobLoad, given: JobReturn): { seq: number; ret: JobReturn } {
    const { ret, packed } = sendableOnce(given)
    const seq = this.#options.spool.finish(packed)
    this.#options.returned?.(load, ret)
    return { seq, ret: packed }
  }

  async #inTurn(load: JobLoad, entry: JobEntry): Promise<FunctionOutcome> {
    const { signal } = entry.controller
    if ([load.fun].flat().every((name) => needNoTurn.has(name))) return settleOutcome(this.#options, load, entry)
    if (!(await this.#turns.enter(signal))) return cancelledOutcome(signal.reason)
    try {
      return await settleOutcome(this.#options, load, entry)
    } finally {
      this.#turns.leave()
    }
  }
}

/** Runs a job to whatever end it comes to. Never throws. */
export async function settleOutcome(
  { run, log }: Pick<JobRunnerOptions, 'run' | 'log'>,
  load: JobLoad,
  entry: JobEntry,
): Promise<FunctionOutcome> {
  const { signal } = entry.controller
  try {
    const outcome = await run(load, entry)
    if (!signal.aborted) return outcome
    const { return: done, out, isPartial } = outcome
    const kept = isPartial === true ? { return: done, ...(out === undefined ? {} : { out }) } : {}
    return { ...cancelledOutcome(signal.reason), ...kept }
  } catch (error) {
    log.error('a job ended with a fault of this program', { jid: load.jid, fun: load.fun, error })
    return {
      return: `The minion failed: ${error instanceof Error ? error.message : error}`,
      retcode: 70,
      success: false,
    }
  }
}

function cancelledOutcome(reason: unknown): FunctionOutcome {
  const { message, signal } = reason instanceof JobCancelled ? reason : new JobCancelled(terminate)
  return { return: message, retcode: 128 + signal, success: false }
}

/** The return record of a job (SPEC §9). */
export function returnOf(id: string, load: JobLoad, outcome: FunctionOutcome): JobReturn {
  return {
    id,
    jid: load.jid,
    fun: load.fun,
    fun_args: shownArguments(load.fun, load.arg),
    return: outcome.return,
    retcode: outcome.retcode,
    success: outcome.success,
    ...(outcome.out === undefined ? {} : { out: outcome.out }),
    ...(load.user === '' ? {} : { user: load.user }),
    ...(load.metadata === undefined ? {} : { metadata: load.metadata }),
  }
}

/** What a minion that comes back says of a job that its former process was running when it died. */
function interruptedReturn(id: string, load: JobLoad): JobReturn {
  return returnOf(id, load, {
    return: 'The minion ended while this job ran; how far it came is not known.',
    retcode: 70,
    success: false,
  })
}
