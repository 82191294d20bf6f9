/** The context that a function really runs with, in the minion and under `salt call` alike. */
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { didYouMean } from '../../base/text.ts'
import type {
  Catalogue,
  ConfigView,
  FunctionContext,
  FunctionServices,
  Grains,
  JobContext,
  RunnerFunctionDefinition,
  StateDefinition,
} from '../plugin.ts'
import type { ReturnerRegistry } from '../returner.ts'
import { bindGiven } from './bind.ts'
import { withinCall } from './call-depth.ts'
import type { ProcessGroups } from './execute.ts'

export interface ContextInputs {
  readonly id: string
  /** Called only when somebody looks at a grain, and again once the context has had the grains refreshed. */
  readonly grains: () => Grains
  readonly pillar?: Readonly<Record<string, unknown>>
  readonly config: ConfigView
  readonly log: Log
  readonly signal: AbortSignal
  /** The published job; undefined under `salt call`. */
  readonly job?: JobContext | undefined
  readonly catalogue: Catalogue
  readonly runners: Catalogue<RunnerFunctionDefinition>
  /** None where it is left out. */
  readonly returners?: ReturnerRegistry
  readonly states: Catalogue<StateDefinition>
  readonly services?: FunctionServices
  /** Fires on the bus of this process; absent where it has none. */
  readonly emit?: (tag: string, data: Readonly<Record<string, unknown>>) => Promise<boolean>
  /** Learns of every process group that the function starts. */
  readonly processGroups?: ProcessGroups
  readonly clock?: Clock
  /** In place of running programs. */
  readonly exec?: FunctionContext['exec']
  /** In place of the return code of the job. */
  readonly setRetcode?: (retcode: number) => void
  /** Folder that stands for `/` where a function looks after files of the system. */
  readonly root?: string
}

export interface CreatedContext {
  readonly context: FunctionContext
  /** What the function, or one that it called, has set; 0 when none did. */
  retcode(): number
}

export function createFunctionContext(inputs: ContextInputs): CreatedContext {
  const shared = { retcode: 0 }
  return { context: contextOf(inputs, shared), retcode: () => shared.retcode }
}

function contextOf(inputs: ContextInputs, shared: { retcode: number }): FunctionContext {
  let grains: Grains | undefined
  const { signal, log, clock, processGroups } = inputs
  const executeHost = {
    log,
    signal,
    ...(clock === undefined ? {} : { clock }),
    ...(processGroups === undefined ? {} : { processGroups }),
  }
  const context: FunctionContext = {
    id: inputs.id,
    get grains() {
      grains ??= inputs.grains()
      return grains
    },
    pillar: inputs.pillar ?? {},
    config: inputs.config,
    log,
    signal,
    job: inputs.job,
    functions: inputs.catalogue,
    runners: inputs.runners,
    returners: inputs.returners ?? {},
    states: inputs.states,
    services: forgettingGrains(inputs.services ?? {}, () => {
      grains = undefined
    }),
    salt: (fun, args, kwargs) => callWithin(inputs.catalogue, context, fun, args ?? [], kwargs ?? {}),
    at: (path) => (inputs.root === undefined ? path : join(inputs.root, path)),
    async exec(argv, options) {
      if (inputs.exec !== undefined) return inputs.exec(argv, options)
      // Most functions start no program and need not load what it takes.
      const { execute } = await import('./execute.ts')
      return execute(argv, options ?? {}, executeHost)
    },
    setRetcode(value) {
      if (inputs.setRetcode === undefined) shared.retcode = value
      else inputs.setRetcode(value)
    },
    emit: (tag, data) => inputs.emit?.(tag, data) ?? Promise.resolve(false),
    derive: (changes) => contextOf({ ...inputs, ...changes }, shared),
  }
  return context
}

/** The services, of which a refresh of the grains lets the context look at them anew: states after it see what it brought. */
function forgettingGrains(services: FunctionServices, forget: () => void): FunctionServices {
  if (services.refreshGrains === undefined) return services
  const refreshGrains: FunctionServices['refreshGrains'] = async (options) => {
    const found = await services.refreshGrains?.(options)
    forget()
    return found ?? {}
  }
  // Some services are getters, which must stay such.
  return Object.defineProperties({} as FunctionServices, {
    ...Object.getOwnPropertyDescriptors(services),
    refreshGrains: { value: refreshGrains, enumerable: true },
  })
}

/** A function calls another one: errors are thrown, and the return code is shared as in Salt. */
async function callWithin(
  catalogue: Catalogue,
  context: FunctionContext,
  fun: string,
  positional: readonly unknown[],
  keyword: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  context.signal.throwIfAborted()
  const found = await catalogue.load(fun)
  if (found.kind === 'unavailable') {
    throw new SaltError('unknown-function', found.message + didYouMean(found.nearest))
  }
  const { args, more } = bindGiven(found.definition, fun, { positional, keyword })
  return await withinCall(fun, async () => found.definition.run(context, args as never, more))
}
