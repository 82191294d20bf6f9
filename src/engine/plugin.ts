/**
 * The shape of every plugin: a function is described once, and arguments, documentation, completion and validation all
 * come from that description. What the functions may use is in function-context.ts and runner-context.ts.
 */
import type { Schema, Static, StaticProperties } from '../base/schema.ts'
import type { Catalogue as CatalogueOf, LoadedFunction as LoadedOf } from './catalogue.ts'
import type { ConfigView } from './config-view.ts'
import type { ExecResult } from './exec.ts'
import type {
  Aggregate,
  FunctionContext,
  FunctionDefinition,
  Grains,
  MoreArguments,
  StateContext,
  StateDefinition,
} from './function-context.ts'
import type { RunnerContext, RunnerFunctionDefinition } from './runner-context.ts'
import type { StatePlan } from './state/plan.ts'

export type { FunctionDoc, Unavailable } from './catalogue.ts'
export type { ConfigView } from './config-view.ts'
export type { ExecOptions, ExecResult } from './exec.ts'
export type { RunnerPublish } from './fleet.ts'
export type {
  Aggregate,
  FunctionContext,
  FunctionDefinition,
  FunctionServices,
  Grains,
  JobContext,
  MoreArguments,
  StateContext,
  StateDefinition,
  StateRun,
} from './function-context.ts'
export type { PillarDesk, PillarQuestion, PillarService } from './pillar/pillar-service.ts'
export type {
  JobArchive,
  MasterRun,
  ReactorControl,
  RunnerContext,
  RunnerFunctionDefinition,
} from './runner-context.ts'

export type Catalogue<D = FunctionDefinition> = CatalogueOf<D>
export type LoadedFunction<D = FunctionDefinition> = LoadedOf<D>

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
