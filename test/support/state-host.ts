import { createFunctionContext } from '../../src/engine/functions/context.ts'
import type { StateContext, StateDefinition } from '../../src/engine/plugin.ts'
import type { LowChunk } from '../../src/engine/state/low-chunk.ts'
import { applyPlan, type PerformedState, planState, showPlan } from '../../src/engine/state/perform.ts'
import { stateContext } from '../../src/engine/state/state-context.ts'
import { FunctionHost, type HostOptions } from './function-host.ts'

export interface StateHostOptions extends HostOptions {
  /** Other states of the same run. */
  readonly chunks?: readonly LowChunk[]
}

type Arguments = Readonly<Record<string, unknown>>

/** Plans and applies single states, as a run does. What they leave for each other stays for as long as the host. */
export class StateHost {
  readonly functions: FunctionHost
  readonly #chunks: readonly LowChunk[]
  readonly #memory = new Map<string, unknown>()

  constructor(options: StateHostOptions = {}) {
    this.functions = new FunctionHost(options)
    this.#chunks = options.chunks ?? []
  }

  apply(name: string, args: Arguments): Promise<PerformedState> {
    return this.#perform(name, args, async (ctx, request) => applyPlan(ctx, name, await planState(ctx, request)))
  }

  /** A dry run. */
  test(name: string, args: Arguments): Promise<PerformedState> {
    return this.#perform(name, args, async (ctx, request) => showPlan(await planState(ctx, request)), true)
  }

  /** What is done when something that the state watches has changed. */
  watch(name: string, args: Arguments, isTest = false): Promise<PerformedState> {
    return this.#perform(
      name,
      args,
      async (ctx, request) => {
        const plan = await planState(ctx, { ...request, isWatch: true })
        return isTest ? showPlan(plan) : await applyPlan(ctx, name, plan)
      },
      isTest,
    )
  }

  async #perform(
    name: string,
    args: Arguments,
    work: (ctx: StateContext, request: Request) => Promise<PerformedState>,
    isTest = false,
  ): Promise<PerformedState> {
    const found = await this.functions.catalogues.states.load(name)
    if (found.kind === 'unavailable') throw new Error(found.message)
    const chunk = chunkOf(name, args)
    const { context } = createFunctionContext(this.functions.inputs)
    const run = { chunks: [...this.#chunks, chunk], memory: this.#memory, isTest }
    return await work(stateContext(context, chunk, run), { name, definition: found.definition, args })
  }
}

interface Request {
  readonly name: string
  readonly definition: StateDefinition
  readonly args: Arguments
}

/** The chunk of `file.managed` with such arguments, alone in its file. */
export function chunkOf(name: string, args: Arguments): LowChunk {
  const [state = '', fun = ''] = name.split('.')
  const about = String(args.name ?? '')
  return { state, fun, id: about, name: about, sls: 'web.init', env: 'base', order: 10_000, requisites: [], args }
}
