/**
 * The shape of a returner: something that stores or passes on what comes back from jobs, and what goes over a bus.
 *
 * A returner knows how to reach its backend and how to write there, and nothing of queues: waiting, retrying, spooling and
 * batching are the outlet's in front of it.
 */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Schema, StaticProperties } from '../base/schema.ts'
import type { BusEvent, EventData } from '../bus/event.ts'
import type { JobReturn } from '../client/api.ts'
import type { ConfigView } from './config-view.ts'

/** A job as a job cache stores it: Salt's load. */
export interface JobLoadRecord {
  readonly jid: string
  readonly fun: string | readonly string[]
  readonly arg: readonly unknown[]
  readonly tgt: string | readonly string[]
  readonly tgt_type: string
  readonly user: string
  readonly minions: readonly string[]
  readonly metadata?: EventData
}

/** One thing to deliver. */
export type Delivery =
  | { readonly kind: 'return'; readonly ret: JobReturn }
  | { readonly kind: 'event'; readonly event: BusEvent }
  | { readonly kind: 'job'; readonly job: JobLoadRecord }

/** What an open returner may use of the process that it runs in. */
export interface ReturnerContext {
  /** Id of the minion, or of the master. */
  readonly id: string
  readonly role: 'minion' | 'master'
  readonly config: ConfigView
  readonly log: Log
  readonly clock: Clock
  /** Aborts when the outlet closes: what is under way then is tried again at the next start. */
  readonly signal: AbortSignal
  /** Puts an event on the master's bus: from a minion over its session, on a master directly. Resolves when the master took it. */
  fireMaster(tag: string, data: EventData): Promise<void>
}

/** A backend at hand. */
export interface OpenReturner extends AsyncDisposable {
  /**
   * Writes all of them, in their order. A rejection means that none counts as written, and all are delivered again: what was
   * written twice must be recognizable by its jid and id, or its sequence number. A `SaltError` with `bad-arguments` says that
   * this very data can never be written; the outlet then delivers them one by one and gives up those that fail so.
   */
  deliver(batch: readonly Delivery[]): Promise<void>
  /** Present where jobs can be read back. */
  readonly cache?: JobCacheReader
}

/** What `master_job_cache` and `jobs.*` read from a backend. */
export interface JobCacheReader {
  load(jid: string): Promise<JobLoadRecord | undefined>
  returns(jid: string): Promise<readonly JobReturn[]>
  /** The newest at the end; at most `limit`. */
  list(limit: number): Promise<readonly JobLoadRecord[]>
}

export interface ReturnerDefinition<O extends Record<string, Schema> = Record<string, Schema>> {
  readonly name: string
  readonly doc: string
  /**
   * Read from the configuration as `NAME.OPTION` (or a mapping `NAME:`), as `CONFIG.NAME.OPTION` with `--return_config CONFIG`, and
   * from `--return_kwargs`, which win. An option whose format is `secret` arrives as `Secret`.
   */
  readonly options: O
  /** Schema of every other option, where it takes options of any name. */
  readonly extra?: Schema
  /** Which deliveries it can write; others are refused where it is configured. */
  readonly takes: readonly Delivery['kind'][]
  readonly examples: readonly string[]
  /** The option that a list stands for which the configuration has in place of the mapping `NAME:`. */
  readonly listOption?: string
  /** It stands for others, and is never opened: names of those, each of which is delivered to by itself. */
  members?(options: never): readonly string[]
  /** Rejects where the backend cannot be reached; the outlet tries again. */
  open(context: ReturnerContext, options: never): Promise<OpenReturner>
}

interface ReturnerInput<O extends Record<string, Schema>> extends Omit<ReturnerDefinition<O>, 'open' | 'members'> {
  members?(options: StaticProperties<O>): readonly string[]
  open(context: ReturnerContext, options: StaticProperties<O>): Promise<OpenReturner>
}

export function defineReturner<O extends Record<string, Schema>>(definition: ReturnerInput<O>): ReturnerDefinition<O> {
  return definition as unknown as ReturnerDefinition<O>
}

/** Loaders by name: a returner is loaded when something is delivered to it for the first time. */
export type ReturnerRegistry = Readonly<Record<string, () => Promise<ReturnerDefinition>>>
