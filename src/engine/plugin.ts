/**
 * The shape of every plugin: a function is described once, and arguments, documentation, completion and validation all
 * come from that description.
 */
import type { Log } from '../base/log.ts'
import type { Schema, Static, StaticProperties } from '../base/schema.ts'
import type { BusEvent } from '../bus/event.ts'
import type { MasterCalls, MasterFiring, RunStep, TargetOutcome } from '../client/api.ts'
import type { EventLoad } from '../client/event-load.ts'
import type { EventGap, EventStream } from '../client/event-stream.ts'
import type { BeaconAnswer, BeaconRequest, ScheduleAnswer, ScheduleRequest } from '../client/minion-requests.ts'
import type { DataBanks } from './cache/data-banks.ts'
import type { Catalogue as CatalogueOf, FunctionDoc, LoadedFunction as LoadedOf } from './catalogue.ts'
import type { ConfigView } from './config-view.ts'
import type { ExecOptions, ExecResult } from './exec.ts'
import type { FileServerDesk } from './files/file-server.ts'
import type { ServedFiles } from './files/served-files.ts'
import type { FleetService, RunnerPublish } from './fleet.ts'
import type { JobStore, RunningJobs } from './jobs/types.ts'
import type { KeyRing } from './keys/key-ring.ts'
import type { OutletStatus } from './outlet/outlet-status.ts'
import type { PillarDesk, PillarService } from './pillar/pillar-service.ts'
import type { ReactorRule } from './reactor/rules.ts'
import type { JobCacheReader, ReturnerRegistry } from './returner.ts'
import type { LowChunk } from './state/low-chunk.ts'
import type { StatePlan } from './state/plan.ts'
import type { StateOnlooker } from './state/run/onlooker.ts'

export type { FunctionDoc, Unavailable } from './catalogue.ts'
export type { ConfigView } from './config-view.ts'
export type { ExecOptions, ExecResult } from './exec.ts'
export type { RunnerPublish } from './fleet.ts'
export type { PillarDesk, PillarQuestion, PillarService } from './pillar/pillar-service.ts'

export type Catalogue<D = FunctionDefinition> = CatalogueOf<D>
export type LoadedFunction<D = FunctionDefinition> = LoadedOf<D>

export type Grains = Readonly<Record<string, unknown>>

/** What a function may be told about the job it runs for. Undefined under `salt call --local`. */
export interface JobContext {
  readonly jid: string
  /** A list for a job of several functions; `arg` then holds one list each. */
  readonly fun: string | readonly string[]
  readonly arg: readonly unknown[]
  readonly tgt: unknown
  readonly tgtType: string
  readonly ret: string
  readonly user: string
  /** Id of the minion that published the job, for a peer job. */
  readonly publisherId?: string
  /** Whoever published it shows what comes of its states as they end. */
  readonly wantsProgress?: boolean
}

/** Everything a function may use of the world. */
export interface FunctionContext {
  readonly id: string
  readonly grains: Grains
  readonly pillar: Readonly<Record<string, unknown>>
  readonly config: ConfigView
  readonly log: Log
  /** Aborts when the job is cancelled or its time is over. */
  readonly signal: AbortSignal
  readonly job: JobContext | undefined
  readonly functions: Catalogue
  /** Runners of this program, for their docs: a minion cannot run them. */
  readonly runners: Catalogue<RunnerFunctionDefinition>
  /** Returners of this program, for their docs. */
  readonly returners: ReturnerRegistry
  readonly states: Catalogue<StateDefinition>
  /** Calls another execution function: `await salt('cmd.run', ['uptime'], { cwd: '/' })`. */
  salt(fun: string, args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): Promise<unknown>
  /** Runs a program in a process group of its own that ends with the job. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  /** Where a file of the system lies: `ctx.at('/etc/hosts')`. */
  at(path: string): string
  /** Sets the return code of the job (default: 0, or 1 where the result says that it failed). */
  setRetcode(retcode: number): void
  /** Fires an event on the bus of this process, if there is one. Resolves to whether it was taken. */
  emit(tag: string, data: Readonly<Record<string, unknown>>): Promise<boolean>
  /** Parts of the daemon that only some functions need; absent where there is no daemon. */
  readonly services: FunctionServices
  /** The same context but for what is given: functions that are called through it see that, too. */
  derive(changes: ContextChanges): FunctionContext
}

export interface ContextChanges {
  readonly pillar?: Readonly<Record<string, unknown>>
  readonly config?: ConfigView
  readonly signal?: AbortSignal
  /** Takes the return codes that functions set which are called through it, in place of the job. */
  readonly setRetcode?: (retcode: number) => void
}

export interface FunctionServices {
  readonly jobs?: RunningJobs
  /** The schedule of the minion that runs here. Rejects with `minion-unreachable` where none does. */
  readonly schedule?: { manage(request: ScheduleRequest): Promise<ScheduleAnswer> }
  /** The beacons of the minion that runs here. Rejects with `minion-unreachable` where none does. */
  readonly beacons?: { manage(request: BeaconRequest): Promise<BeaconAnswer> }
  /** The way to the masters: first the one whose job this is, last those that cannot be reached; absent with `--local`. */
  readonly masters?: readonly MasterCalls[]
  /**
   * To the buses of the masters, at once or when they are back. `salt call` waits for those that are there, for so many seconds
   * at most. Undefined where no minion runs.
   */
  fireMaster?(load: EventLoad, timeoutSeconds: number): Promise<MasterFiring | undefined>
  /** Files of the file server, where they come neither from the masters nor from `file_roots`. */
  readonly files?: ServedFiles
  readonly pillar?: PillarService
  /** Runs a runner and gives its result: only where functions run inside the master. Arguments as in a publish request. */
  runner?(fun: string, arg: readonly unknown[]): Promise<unknown>
  /** Decrypts for the renderer `gpg`, where more is to be known than the configuration says. */
  readonly gpg?: { decrypt(value: unknown): Promise<unknown> }
  /** Computes the grains anew, stores and announces them; pillar, which may depend on them, follows unless it is kept. */
  refreshGrains?(options?: { readonly keepsPillar?: boolean }): Promise<Grains>
  /** The minions of this master, and what runs inside it: only where the function runs inside a master. */
  readonly fleet?: FleetService
  /** Reloads user plugins after a sync. */
  refreshModules?(): Promise<void>
  /** Shown each state that ends. */
  readonly onlooker?: StateOnlooker
}

export interface FunctionDefinition<A extends Record<string, Schema> = Record<string, Schema>> {
  readonly doc: string
  /** In positional order. */
  readonly args: A
  readonly rest?: Schema
  readonly extra?: Schema
  readonly returns: Schema
  readonly examples: readonly string[]
  /** Outputter that suits the result best, when it is not `nested`. */
  readonly outputter?: string
  /** `salt call` runs it though no master answers, where a minion runs on the host: that does the work now, or when it can. */
  readonly isLeftToMinion?: boolean
  run(ctx: FunctionContext, args: never, more: MoreArguments): unknown
}

export interface MoreArguments {
  readonly rest: readonly unknown[]
  readonly extra: Readonly<Record<string, unknown>>
}

interface FunctionInput<C, A extends Record<string, Schema>, R extends Schema> {
  readonly doc: string
  readonly args?: A
  readonly rest?: Schema
  readonly extra?: Schema
  readonly returns: R
  readonly examples: readonly string[]
  readonly outputter?: string
  run(ctx: C, args: StaticProperties<A>, more: MoreArguments): Promise<Static<R>> | Static<R>
}

export function fn<A extends Record<string, Schema> = Record<never, Schema>, R extends Schema = Schema>(
  input: FunctionInput<FunctionContext, A, R> & Pick<FunctionDefinition, 'isLeftToMinion'>,
): FunctionDefinition {
  return { args: {}, ...input } as unknown as FunctionDefinition
}

export interface ModuleDefinition {
  readonly name: string
  readonly doc: string
  /** `true`, or the reason why the module cannot be used here. */
  available?(host: { readonly grains: Grains }): true | string
  readonly functions: Readonly<Record<string, FunctionDefinition>>
}

export function defineModule(definition: ModuleDefinition): ModuleDefinition {
  return definition
}

/** What the states of one run share. */
export interface StateRun {
  /** All of them, in the order in which they are run. */
  readonly chunks: readonly LowChunk[]
  /** What a state leaves for others of the run, by a key of its own (accumulated lines, lists of packages). */
  readonly memory: Map<string, unknown>
  /** Only for states that hand the question on to others: a plan is the same in a dry run. */
  readonly isTest: boolean
}

export interface StateContext extends FunctionContext {
  /** Environment of the SLS file that the state stands in. */
  readonly saltenv: string
  /** The state at work. */
  readonly chunk: LowChunk
  readonly run: StateRun
  /** While a watch is at work: the states that it watches and that have changed something. */
  readonly changed: readonly LowChunk[]
}

export interface StateDefinition<A extends Record<string, Schema> = Record<string, Schema>> extends FunctionDoc {
  readonly args: A
  /** Names of arguments that Salt has and that mean nothing here, with the reason: they are taken and told as a warning. */
  readonly ignored?: Readonly<Record<string, string>>
  plan(ctx: StateContext, want: never, more: MoreArguments): Promise<StatePlan> | StatePlan
  /** What is done besides when something that it watches has changed (Salt's `mod_watch`), and it has not changed itself. */
  watch?(ctx: StateContext, want: never, more: MoreArguments): Promise<StatePlan> | StatePlan
  aggregate?: Aggregate
}

/**
 * Does the work of later states of its kind in one go (Salt's `mod_aggregate`), where `aggregate` or `state_aggregate` asks for it:
 * gives the arguments of this state with those of the later ones taken in. Those still run in their turn, and find it done.
 *
 * @param later states of the same family that follow, wait for nothing that is not done yet, and may be taken in
 */
export type Aggregate = (
  ctx: StateContext,
  chunk: LowChunk,
  later: readonly LowChunk[],
) => Promise<LowChunk['args']> | LowChunk['args']

type Planner<A extends Record<string, Schema>> = (
  ctx: StateContext,
  want: StaticProperties<A>,
  more: MoreArguments,
) => Promise<StatePlan> | StatePlan

interface StateInput<A extends Record<string, Schema>> {
  readonly doc: string
  /** `name` is among them, and first. Global options and requisites are not. */
  readonly args: A
  /** Schema of further arguments, where it takes any. */
  readonly extra?: Schema
  readonly ignored?: Readonly<Record<string, string>>
  /** SLS texts. */
  readonly examples: readonly string[]
  readonly plan: Planner<A>
  readonly watch?: Planner<A>
  readonly aggregate?: Aggregate
}

const stateReturn: Schema = {
  type: 'object',
  description: 'Result, comment and changes, as every state has them',
}

export function state<A extends Record<string, Schema>>(input: StateInput<A>): StateDefinition {
  return { returns: stateReturn, ...input } as unknown as StateDefinition
}

/** A family of states: `file`, with `managed`, `directory` … */
export interface StateModuleDefinition {
  readonly name: string
  readonly doc: string
  /** `true`, or the reason why the module cannot be used here. */
  available?(host: { readonly grains: Grains }): true | string
  readonly functions: Readonly<Record<string, StateDefinition>>
}

export function defineStates(definition: StateModuleDefinition): StateModuleDefinition {
  return definition
}

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
  readonly functions: Catalogue
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

export function runnerFn<A extends Record<string, Schema> = Record<never, Schema>, R extends Schema = Schema>(
  input: FunctionInput<RunnerContext, A, R> & Pick<RunnerFunctionDefinition, 'isSecret'>,
): RunnerFunctionDefinition {
  return { args: {}, ...input } as unknown as RunnerFunctionDefinition
}

/** A runner, or a module of wheel functions: those manage the master itself, and no minion is ever let to them. */
export interface RunnerDefinition {
  readonly name: string
  readonly doc: string
  readonly functions: Readonly<Record<string, RunnerFunctionDefinition>>
}

export function defineRunner(definition: RunnerDefinition): RunnerDefinition {
  return definition
}

/** A grain plugin: reads facts of this host. */
export interface GrainsDefinition {
  readonly name: string
  readonly doc: string
  /** Names and meaning of the grains that it may set. */
  readonly grains: Readonly<Record<string, Schema>>
  read(host: GrainsHost): Promise<Record<string, unknown>> | Record<string, unknown>
}

/** What a grain plugin reads from, so that a test can give it a recorded host. */
export interface GrainsHost {
  readonly platform: NodeJS.Platform
  /** Content of a file, or undefined when it cannot be read. */
  readFile(path: string): string | undefined
  exec(argv: readonly string[]): Promise<ExecResult>
  readonly config: ConfigView
}
