/** One run of states, from its turn among others to its return code. */
import { join } from 'node:path'
import { systemClock } from '../../../base/clock.ts'
import { asSaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { nameList } from '../../../engine/arguments/comma-list.ts'
import { JidClock } from '../../../engine/jobs/jid.ts'
import type { FunctionContext, MoreArguments } from '../../../engine/plugin.ts'
import type { CompiledStates } from '../../../engine/state/compile/compiled.ts'
import type { LowChunk } from '../../../engine/state/low-chunk.ts'
import type { RunOptions, StateReturns } from '../../../engine/state/state-return.ts'
import { type GivenRun, jidOf, pillarOf } from './arguments.ts'
import { failed, requestOf } from './showing.ts'

export interface StateJob {
  /** `state.apply`, as others are told who is at work. */
  readonly fun: string
  readonly given: GivenRun
  readonly more: MoreArguments
  readonly source: StateSource
  /** Name of the top file, where it is not the configured one. */
  readonly topFile?: string
  /** Which of the states are wanted, with what they require; all when left out. */
  readonly only?: (chunk: LowChunk) => boolean
  /** In place of the usual run. */
  readonly work?: (run: PreparedRun) => Promise<unknown>
}

/** Where the states come from. */
export type StateSource =
  | { readonly kind: 'top' }
  | { readonly kind: 'sls'; readonly names: readonly string[] }
  /** What an SLS file comes to when it has been rendered. */
  | { readonly kind: 'high'; make(ctx: FunctionContext): unknown }
  | { readonly kind: 'chunks'; readonly chunks: readonly LowChunk[] }

/** States that can be run. */
export interface PreparedRun {
  readonly ctx: FunctionContext
  readonly chunks: readonly LowChunk[]
  readonly options: RunOptions
}

const jids = new JidClock(systemClock)

/** Resolves to what became of each state by its tag, or to a list of what keeps them from being run. */
export async function runJob(ctx: FunctionContext, job: StateJob): Promise<unknown> {
  const jid = jidOf(job.more) ?? ctx.job?.jid ?? jids.next()
  return await inTurn(ctx, job, jid, async () => {
    const own = await contextFor(ctx, job)
    const { chunks, errors, matches } = await chunksOf(own, job)
    if (errors.length > 0) return failed(ctx, errors)
    if (job.source.kind === 'top' && chunks.length === 0) {
      ctx.setRetcode(failedStates)
      return noStates(matches)
    }
    const { RunControl } = await import('../../../engine/state/run/run-control.ts')
    using control = new RunControl(jid, ctx.signal)
    const { runPillar } = await import('../../../engine/state/run/run-pillar.ts')
    const options: RunOptions = {
      ...optionsFor(own, job, chunks.length),
      jid,
      before: (chunk) => control.admit(chunk),
      pillar: () => runPillar(ctx, { ...job.given, pillar: pillarOf(job.given), isAnew: true }),
    }
    if (job.work !== undefined) return await job.work({ ctx: own, chunks, options })
    return await runPrepared({ ctx: own, chunks, options })
  })
}

/** Runs them, and sets the return code. */
export async function runPrepared({ ctx, chunks, options }: PreparedRun): Promise<StateReturns> {
  const { runStates } = await import('../../../engine/state/run/run.ts')
  const { allWell } = await import('../../../engine/state/run/run-success.ts')
  const returns = await runStates(ctx, chunks, options)
  ctx.setRetcode(allWell(returns, chunks) ? 0 : failedStates)
  return returns
}

/** Salt's return code of a run in which a state failed; 1 says that nothing could be run. */
const failedStates = 2

/** Does the work when it is its turn; resolves to the conflicts, with their return code, where it may not wait for that. */
async function inTurn(
  ctx: FunctionContext,
  { fun, given }: Pick<StateJob, 'fun' | 'given'>,
  jid: string,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const { RunRegister } = await import('../../../engine/state/run/run-register.ts')
  const queue = given.queue ?? ctx.config.get('state_queue') ?? false
  const entry = await new RunRegister(registerFolder(ctx)).enter({
    jid,
    fun,
    queue: typeof queue === 'number' ? queue : queue === true,
    concurrent: given.concurrent === true,
    isNested: (other) => other.jid === jid || (ctx.job === undefined && jid !== other.jid && ownRuns.has(other.jid)),
    signal: ctx.signal,
  })
  if (entry.kind === 'refused') return failed(ctx, entry.conflicts)
  ownRuns.add(jid)
  try {
    return await work()
  } finally {
    ownRuns.delete(jid)
    entry.leave()
  }
}

/** Runs of this process that belong to no job: what they call in turn is part of them. */
const ownRuns = new Set<string>()

export function registerFolder({ config }: FunctionContext): string {
  return join(pythonString(config.get('cachedir') ?? '/var/cache/salt/minion'), 'state-runs')
}

/** With user plugins fetched first, where that is asked for. */
async function contextFor(ctx: FunctionContext, { given, topFile }: StateJob): Promise<FunctionContext> {
  if (given.sync_mods !== undefined) await syncFirst(ctx, given.sync_mods)
  const { runContext } = await import('../../../engine/state/run/run-context.ts')
  return await runContext(ctx, { ...given, pillar: pillarOf(given), topFile, test: isTest(ctx, given) })
}

async function syncFirst(ctx: FunctionContext, wanted: string | readonly string[]): Promise<void> {
  const { syncKinds, syncPlugins } = await import('../../../engine/functions/extension-sync.ts')
  const words = nameList(wanted)
  const kinds = syncKinds.filter((kind) => words.includes(kind))
  await syncPlugins(ctx, kinds)
  // `all`, other names of kinds, and what is none.
  for (const word of words) if (!kinds.some((kind) => kind === word)) await ctx.salt(`saltutil.sync_${word}`)
}

async function chunksOf(ctx: FunctionContext, { given, source }: StateJob): Promise<Omit<CompiledStates, 'high'>> {
  if (source.kind === 'chunks') return { chunks: source.chunks, errors: [] }
  const { compileStates } = await import('../../../engine/state/compile/compile.ts')
  if (source.kind === 'high') return await compileStates(ctx, { high: await source.make(ctx) })
  const request = requestOf(
    ctx,
    { saltenv: given.saltenv, exclude: given.exclude },
    source.kind === 'top' ? undefined : source.names,
  )
  return await compileStates(ctx, { ...request, prepare: (matches) => autoload(ctx, [...matches.keys()]) })
}

/** Brings plugins of the file server. True where any is new, or gone. What keeps them away keeps no state from being run. */
async function autoload(ctx: FunctionContext, saltenv: readonly string[]): Promise<boolean> {
  if (ctx.config.get('autoload_dynamic_modules') === false || saltenv.length === 0) return false
  const { syncKinds, syncPlugins } = await import('../../../engine/functions/extension-sync.ts')
  try {
    return await syncPlugins(ctx, syncKinds, { saltenv })
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log.error('Modules and states of the file server cannot be brought', { reason: asSaltError(error).message })
    return false
  }
}

function optionsFor(ctx: FunctionContext, { given, only }: StateJob, total: number): RunOptions {
  const { onlooker } = ctx.services
  const confirm = onlooker?.confirm
  return {
    test: isTest(ctx, given),
    mock: given.mock === true,
    ...(only === undefined ? {} : { only }),
    ...(onlooker === undefined ? {} : { onReturn: (chunk, ret) => onlooker.ended(chunk, ret, total) }),
    ...(confirm === undefined ? {} : { confirm: (...asked) => confirm(...asked) }),
  }
}

function isTest(ctx: FunctionContext, { test }: GivenRun): boolean {
  return test ?? ctx.config.get('test') === true
}

/** Salt's result where the top files have nothing for this minion. */
function noStates(matches: CompiledStates['matches']): StateReturns {
  const comment =
    matches === undefined || matches.size === 0
      ? 'No Top file or master_tops data matches found. Please see master log for details.'
      : 'No states found for this minion'
  return {
    'no_|-states_|-states_|-None': { result: false, comment, name: 'No States', changes: {}, __run_num__: 0 },
  }
}
