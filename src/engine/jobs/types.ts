/** Jobs as data: what is published, what comes back, and where it is kept. */
import type { RunningJob, TargetOutcome, TargetState } from '../../client/api.ts'

/** The signed body of a job record. */
export interface JobLoad {
  readonly jid: string
  readonly tgt: string | readonly string[]
  readonly tgt_type: string
  readonly fun: string | readonly string[]
  readonly arg: readonly unknown[]
  readonly ret: string
  /** Salt's `--return_config`. */
  readonly ret_config?: string
  /** Salt's `--return_kwargs`: may hold credentials. */
  readonly ret_kwargs?: Readonly<Record<string, unknown>>
  readonly user: string
  /** Publishing minion of a peer job. */
  readonly id?: string
  readonly delimiter?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Somebody looks on: each state that ends is told. */
  readonly progress?: true
  /** Milliseconds since 1970 by the master's clock. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The job may come a second time, when the master does not know whether the first one arrived. It is run once all the same. */
  readonly queue?: true
}

/** What a job that may be delivered later needs beyond its record. */
export interface QueueRecord {
  /** Milliseconds since 1970: after it the job is not delivered any more. */
  readonly expiresAt: number
  readonly ret: string
  readonly ret_config?: string
  readonly ret_kwargs?: Readonly<Record<string, unknown>>
  readonly delimiter?: string
  readonly publisherId?: string
}

/** The jobs that run in the minion of this host: in this process, or in the daemon beside it. */
export interface RunningJobs {
  list(): Promise<readonly RunningJob[]>
  /** Sends a signal to the job's process groups and aborts it. False when no such job runs. */
  signal(jid: string, signal: number): Promise<boolean>
}

export interface JobRecord {
  readonly jid: string
  readonly fun: string | readonly string[]
  readonly arg: readonly unknown[]
  readonly tgt: string | readonly string[]
  readonly tgtType: string
  readonly user: string
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Expected minions, sorted. */
  readonly minions: readonly string[]
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Milliseconds since 1970; undefined while a target is still open. */
  readonly closedAt?: number
  /** Present where minions that are away get the job later. */
  readonly queue?: QueueRecord
}

export interface JobFilter {
  readonly user?: string
  readonly functions?: readonly string[]
  readonly targets?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly startedAfterMs?: number
  readonly startedBeforeMs?: number
  /** At most this many, newest last. */
  readonly limit?: number
}

/** The master's job cache. */
export interface JobStore {
  add(job: JobRecord): void
  /** Final or interim state of one target; a return replaces any other state, once. Resolves false for a duplicate return. */
  setOutcome(jid: string, outcome: TargetOutcome): boolean
  close(jid: string, closedAt: number): void
  get(jid: string): JobRecord | undefined
  outcomes(jid: string): readonly TargetOutcome[]
  list(filter?: JobFilter): readonly JobRecord[]
  /** Jobs with a target in one of these states. */
  open(): readonly JobRecord[]
  states(jid: string): Readonly<Record<string, TargetState>>
  /** Removes jobs that ended before; returns how many. */
  removeBefore(timeMs: number): number
  [Symbol.dispose](): void
}
