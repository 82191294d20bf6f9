/**
 * Executables of any language as plugins: a description beside the file says what it can do, and each call runs it with a
 * JSON mapping on its standard input and takes the JSON value that it prints.
 */
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import type {
  ExecOptions,
  FunctionContext,
  GrainsDefinition,
  ModuleDefinition,
  MoreArguments,
  RunnerContext,
  RunnerDefinition,
  StateContext,
  StateDefinition,
  StateModuleDefinition,
} from '../plugin.ts'
import { pending, type StateOutcome, type StatePlan } from '../state/plan.ts'
import { withoutPublication } from './bind.ts'
import { execute } from './execute.ts'
import { readJsonSchema } from './json-schema.ts'
import type { PluginFile } from './plugin-files.ts'
import { grainsTimeoutMs } from './user-functions.ts'
import { type CheckedFunction, checkUserModule } from './user-module-check.ts'
import { type OutcomeSource, readGiven, readOutcome } from './user-outcome.ts'
import { argumentsIn, assertExecutable, needsIn, readSidecar, readText, runFor, timeoutIn } from './user-program.ts'

interface Executable {
  readonly file: string
  readonly name: string
  readonly doc: string
  readonly functions: Readonly<Record<string, CheckedFunction>>
  /** What it wants to be told with each call: `grains`, `pillar`. */
  readonly needs: readonly string[]
  /** Undefined: only the job's own time limits it. */
  readonly timeoutMs: number | undefined
}

export async function executableModule(file: PluginFile): Promise<ModuleDefinition> {
  const program = readExecutable(file)
  return {
    name: program.name,
    doc: program.doc,
    functions: mapValues(program.functions, ({ isPlanned: _, isWatching: __, ...described }, fun) => ({
      ...described,
      run: (ctx, args, more) => runFor(program, ctx, { fun, ...argumentsOf(args, more), ...toldOf(program, ctx) }),
    })),
  }
}

export async function executableRunner(file: PluginFile): Promise<RunnerDefinition> {
  const program = readExecutable(file)
  return {
    name: program.name,
    doc: program.doc,
    functions: mapValues(program.functions, ({ isPlanned: _, isWatching: __, ...described }, fun) => ({
      ...described,
      run: (ctx: RunnerContext, args: Readonly<Record<string, unknown>>, more: MoreArguments) => {
        const { log, signal, user, jid } = ctx
        const exec = (argv: readonly string[], options: ExecOptions) => execute(argv, options, { log, signal })
        return runFor(program, { log, exec }, { fun, ...argumentsOf(args, more), user, jid })
      },
    })),
  }
}

export async function executableStates(file: PluginFile): Promise<StateModuleDefinition> {
  const program = readExecutable(file)
  return {
    name: program.name,
    doc: program.doc,
    functions: mapValues(program.functions, (described, fun) => executableState(program, fun, described)),
  }
}

/** Without a description of functions: what it prints are the grains. */
export async function executableGrains(file: PluginFile, log: Log): Promise<GrainsDefinition> {
  const sidecar = readSidecar(file)
  const program = { file: file.path, name: file.name, timeoutMs: grainsTimeoutMs }
  assertExecutable(file.path)
  return {
    name: file.name,
    doc: typeof sidecar.doc === 'string' ? sidecar.doc : '',
    grains: {},
    async read(host) {
      const signal = AbortSignal.timeout(grainsTimeoutMs)
      const exec = (argv: readonly string[], options: ExecOptions) => execute(argv, options, { log, signal })
      const value = await runFor(program, { log, exec }, { fun: 'grains', id: host.config.get('id') ?? null })
      if (isRecord(value)) return value
      throw new SaltError('execution-failed', 'It did not print a mapping.', { where: file.path })
    },
  }
}

function executableState(program: Executable, fun: string, described: CheckedFunction): StateDefinition {
  const { isPlanned: _, isWatching: __, args, ...doc } = described
  const source: OutcomeSource = { name: `${program.name}.${fun}`, file: program.file }
  return {
    ...doc,
    args: Object.hasOwn(args, 'name') ? args : { name: s.string('What it is about'), ...args },
    async plan(ctx: StateContext, want: never, more: MoreArguments): Promise<StatePlan> {
      const { saltenv } = ctx
      const call = (test: boolean): Promise<unknown> =>
        runFor(program, ctx, { fun, ...argumentsOf(want, more), test, saltenv, ...toldOf(program, ctx) })
      const apply = async (): Promise<StateOutcome> => readOutcome(await call(false), source)
      if (!ctx.run.isTest) return pending({ comment: `${source.name} would be called`, changes: {}, apply })
      const { result, ...shown } = readGiven(await call(true), source)
      return result === null ? pending({ ...shown, apply }) : { kind: 'settled', result, ...shown }
    },
  }
}

function argumentsOf(args: Readonly<Record<string, unknown>>, { rest, extra }: MoreArguments) {
  const given = Object.entries({ ...args, ...withoutPublication(extra) }).filter(([, value]) => value !== undefined)
  return { args: rest, kwargs: Object.fromEntries(given) }
}

function toldOf({ needs }: Executable, ctx: FunctionContext): Readonly<Record<string, unknown>> {
  return {
    id: ctx.id,
    ...(needs.includes('grains') ? { grains: ctx.grains } : {}),
    ...(needs.includes('pillar') ? { pillar: ctx.pillar } : {}),
  }
}

/** Throws `bad-arguments` with the first thing that is wrong. */
function readExecutable(file: PluginFile): Executable {
  const sidecar = readSidecar(file)
  const where = file.sidecar ?? file.path
  const described = isRecord(sidecar.functions) ? sidecar.functions : {}
  const functions = mapValues(described, (one, fun) => readFunction(one, fun, where))
  const source = { file: where, text: readText(where) }
  const checked = checkUserModule({ name: file.name, ...sidecar, functions }, source)
  assertExecutable(file.path)
  return {
    file: file.path,
    ...checked,
    needs: needsIn(sidecar, ['grains', 'pillar'], where),
    timeoutMs: timeoutIn(sidecar),
  }
}

/** A function as `checkUserModule` wants it. */
function readFunction(given: unknown, fun: string, where: string): Readonly<Record<string, unknown>> {
  const { doc, args = {}, rest, returns, examples } = isRecord(given) ? given : {}
  return {
    doc,
    ...argumentsIn(args, `${fun}.args`, where),
    ...(rest === undefined ? {} : { rest: readJsonSchema(rest, `${fun}.rest`, where) }),
    ...(returns === undefined ? {} : { returns: readJsonSchema(returns, `${fun}.returns`, where) }),
    ...(examples === undefined ? {} : { examples }),
    runnable: true,
  }
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]))
}
