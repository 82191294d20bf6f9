/** What runners and wheel functions may use of the world, and both as the master handles them. */
import type { Log } from '../base/log.ts'
import type { Schema } from '../base/schema.ts'
import type { BusEvent } from '../bus/event.ts'
import type { RunStep, TargetOutcome } from '../client/api.ts'
import type { EventGap, EventStream } from '../client/event-stream.ts'
import type { DataBanks } from './cache/data-banks.ts'
import type { Catalogue } from './catalogue.ts'
import type { ConfigView } from './config-view.ts'
import type { FileServerDesk } from './files/file-server.ts'
import type { RunnerPublish } from './fleet.ts'
import type { FunctionContext, FunctionDefinition, Grains, MoreArguments } from './function-context.ts'
import type { JobStore } from './jobs/types.ts'
import type { KeyRing } from './keys/key-ring.ts'
import type { OutletStatus } from './outlet/outlet-status.ts'
import type { PillarDesk } from './pillar/pillar-service.ts'
import type { ReactorRule } from './reactor/rules.ts'
import type { JobCacheReader } from './returner.ts'

/** What a runner and a wheel function may use: they run inside the master. */
export interface RunnerContext {
  readonly config: ConfigView
  /** The main file of the master's configuration, whether it exists or not. */
  readonly configFile: string
  readonly log: Log
  readonly signal: AbortSignal
  readonly user: string
  readonly jid: string
  /** Id of the minion that asked, for `publish.runner`. */
  readonly requesterId?: string
  /** The run that began this one. */
  readonly parentJid?: string
  readonly jobs: JobStore
  /** Jobs that lie in other systems. */
  readonly archive: JobArchive
  readonly minions: MinionDirectory
  /** Each key that is moved by it is told on the bus, and ends the session that was begun with it. */
  readonly keys: KeyRing
  /** What outlives the process: Salt's cache. Data of a minion lies in the bank `minions/ID`, and goes with its key. */
  readonly banks: DataBanks
  readonly reactor: ReactorControl
  readonly pillar: PillarDesk
  /** The file server as it is configured now. */
  readonly files: FileServerDesk
  /** What stands between this master and the backends of its sinks and returners, in the order of their names. */
  outlets(): readonly OutletStatus[]
  readonly functions: Catalogue<FunctionDefinition>
  readonly runners: Catalogue<RunnerFunctionDefinition>
  readonly wheels: Catalogue<RunnerFunctionDefinition>
  /** What runs inside the master now, this run included. */
  running(): readonly MasterRun[]
  /** Calls an execution function on the host of the master. */
  salt(fun: string, args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): Promise<unknown>
  /** What an execution function gets that is called on the host of the master, but for pillar: the fleet is among its services. */
  host(): Promise<FunctionContext>
  /** Runs a job and resolves when every target has its final state. */
  publish(request: RunnerPublish): Promise<readonly TargetOutcome[]>
  /** Tells the outcomes of a job that exists, those known already and the rest as they come; resolves at its end. */
  follow(jid: string, onOutcome: (outcome: TargetOutcome) => void): Promise<void>
  /** Takes a queued job back from minions that it waits for, or from all of them; answers from which it could be. */
  withdraw(jid: string, minions?: readonly string[]): readonly string[]
  emit(tag: string, data: Readonly<Record<string, unknown>>): Promise<boolean>
  /** Shows an interim result at once (`salt run` prints it). */
  progress(value: unknown, options?: { outputter?: string | undefined; retcode?: number | undefined }): void
  /** Shows which step is at work (`salt run`, on a terminal). */
  step(step: RunStep): void
  /** Prints a line as it is where `salt run` prints, and fires no event. Resolves when it is on its way there: wait for it. */
  print(line: string): Promise<void>
  /** Events of the master's bus whose tag matches, from now on until the run is cancelled; gaps are among them. */
  listen(matches: (tag: string) => boolean): EventStream<BusEvent | EventGap>
  /** Loads the user's own runners and wheel functions anew, and modules for `salt`. */
  reloadPlugins(): Promise<void>
  /** Sets the exit code of `salt run`, for a run that did its work and has bad news. */
  setRetcode(retcode: number): void
}

/** The rules of the reactor, as they are in force: a change lasts until the configuration is read again. */
export interface ReactorControl {
  rules(): readonly ReactorRule[]
  /** Throws `bad-arguments` where there is a rule for the tag already. */
  add(rule: ReactorRule): void
  /** Throws `bad-arguments` where there is none. */
  remove(tag: string): void
}

/** Other job caches of the master: `ext_job_cache`, `master_job_cache`, or any returner that can be read. */
export interface JobArchive {
  /**
   * Reads from the returner of this name, or from the one that is configured; undefined where it is the built-in store, which
   * `jobs` has. Throws `bad-arguments` for a name that is unknown or cannot be read, and what the backend says.
   */
  use<T>(name: string | undefined, work: (reader: JobCacheReader) => Promise<T>): Promise<T | undefined>
}

export interface MinionDirectory {
  accepted(): readonly string[]
  connected(): readonly string[]
  /** As last told. */
  grains(id: string): Grains | undefined
  forgetGrains(id: string): void
  /** The accepted minions that a target means, sorted. Throws `bad-target`. */
  match(tgt: string | readonly string[], tgtType: string): readonly string[]
}

/** A runner or wheel function at work. */
export interface MasterRun {
  readonly jid: string
  /** `runner.manage.up`, `wheel.key.list_all` */
  readonly fun: string
  readonly arg: readonly unknown[]
  readonly user: string
}

export interface RunnerFunctionDefinition {
  readonly doc: string
  readonly args: Record<string, Schema>
  readonly rest?: Schema
  readonly extra?: Schema
  readonly returns: Schema
  readonly examples: readonly string[]
  readonly outputter?: string
  /** The result is for the caller alone: the event of its end does not show it. */
  readonly isSecret?: boolean
  run(ctx: RunnerContext, args: never, more: MoreArguments): unknown
}
