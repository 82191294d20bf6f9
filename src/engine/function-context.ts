/** What execution functions and states may use of the world, and both as the engine handles them. */
import type { Log } from '../base/log.ts'
import type { Schema } from '../base/schema.ts'
import type { EventLoad } from '../client/event-load.ts'
import type { MasterCalls } from '../client/master-link.ts'
import type { MasterFiring } from '../client/minion-bus.ts'
import type { BeaconAnswer, BeaconRequest, ScheduleAnswer, ScheduleRequest } from '../client/minion-requests.ts'
import type { Catalogue, FunctionDoc } from './catalogue.ts'
import type { ConfigView } from './config-view.ts'
import type { ExecOptions, ExecResult } from './exec.ts'
import type { ServedFiles } from './files/served-files.ts'
import type { FleetService } from './fleet.ts'
import type { RunningJobs } from './jobs/types.ts'
import type { PillarService } from './pillar/pillar-service.ts'
import type { ReturnerRegistry } from './returner.ts'
import type { LowChunk } from './state/low-chunk.ts'
import type { StatePlan } from './state/plan.ts'
import type { StateOnlooker } from './state/run/onlooker.ts'

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
  readonly functions: Catalogue<FunctionDefinition>
  /** Runners of this program, for their docs: a minion cannot run them. */
  readonly runners: Catalogue<FunctionDoc>
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
