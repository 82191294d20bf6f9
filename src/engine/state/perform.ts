/** One state, planned and then done or only shown. */
import { asSaltError } from '../../base/errors.ts'
import { nearest } from '../../base/text.ts'
import { bindGiven } from '../functions/bind.ts'
import type { FunctionContext, StateContext, StateDefinition } from '../plugin.ts'
import { globalOptions } from './low-chunk.ts'
import type { StateOutcome, StatePlan } from './plan.ts'

export interface PerformRequest {
  /** `file.managed` */
  readonly name: string
  readonly definition: StateDefinition
  /** `name` is among them; neither requisites nor global options are. */
  readonly args: Readonly<Record<string, unknown>>
  /** Whether this is the work of a watch rather than the state itself. */
  readonly isWatch?: boolean
}

/** A dry run may say null: something would change. */
export interface PerformedState extends Omit<StateOutcome, 'result'> {
  readonly result: boolean | null
}

/** The plan; one that could not be made is a settled one that says why. */
export async function planState(ctx: StateContext, request: PerformRequest): Promise<StatePlan> {
  const { name, definition, args, isWatch = false } = request
  const known: Record<string, unknown> = Object.create(null)
  const warnings: string[] = []
  for (const [key, value] of Object.entries(args)) {
    const isOwn = Object.hasOwn(definition.args, key)
    if (!isOwn && isGlobal(key)) continue
    if (isOwn || definition.extra !== undefined) known[key] = value
    else warnings.push(unknownArgument(definition, name, key))
  }
  try {
    const { args: want, more } = bindGiven(definition, name, { positional: [], keyword: known })
    const planner = isWatch ? definition.watch : definition.plan
    if (planner === undefined) throw new Error(`${name} has nothing to do for a watch`)
    const plan = await planner.call(definition, ctx, want as never, more)
    return warnings.length === 0 ? plan : { ...plan, warnings: [...warnings, ...(plan.warnings ?? [])] }
  } catch (error) {
    ctx.signal.throwIfAborted()
    return { kind: 'settled', ...threw(ctx, name, error), ...(warnings.length === 0 ? {} : { warnings }) }
  }
}

/** Does what was planned. */
export async function applyPlan(ctx: StateContext, name: string, plan: StatePlan): Promise<PerformedState> {
  if (plan.kind === 'settled') return settled(plan)
  try {
    return keepingWarnings(await plan.apply(), plan)
  } catch (error) {
    ctx.signal.throwIfAborted()
    return keepingWarnings(threw(ctx, name, error), plan)
  }
}

/** What a dry run reports of a plan. */
export function showPlan(plan: StatePlan): PerformedState {
  if (plan.kind === 'settled') return settled(plan)
  const { comment, changes, testResult = null, warnings, more } = plan
  return {
    result: testResult,
    comment,
    changes,
    ...(warnings === undefined ? {} : { warnings }),
    ...(more === undefined ? {} : { more }),
  }
}

const globals: ReadonlySet<string> = new Set(globalOptions)

function isGlobal(key: string): boolean {
  return globals.has(key)
}

function settled({ kind: _kind, ...outcome }: Extract<StatePlan, { kind: 'settled' }>): PerformedState {
  return outcome
}

function keepingWarnings(outcome: StateOutcome, { warnings }: StatePlan): StateOutcome {
  return warnings === undefined ? outcome : { ...outcome, warnings: [...warnings, ...(outcome.warnings ?? [])] }
}

function unknownArgument({ args, ignored = {} }: StateDefinition, name: string, key: string): string {
  const reason = ignored[key]
  if (reason !== undefined) return `'${key}' of ${name} has no effect: ${reason}`
  const [best] = nearest(key, Object.keys(args))
  const advice = best === undefined ? '' : ` Did you mean '${best}'?`
  return `'${key}' is an invalid keyword argument for '${name}'.${advice}`
}

/** A state that throws has failed, and says why in one line; the stack is for those who debug. */
export function threw(ctx: FunctionContext, name: string, error: unknown): StateOutcome {
  const { message, hint, cause } = asSaltError(error)
  const origin = cause instanceof Error ? cause : error
  ctx.log.debug('A state threw', { state: name, stack: origin instanceof Error ? origin.stack : undefined })
  return { result: false, comment: hint === undefined ? message : `${message}. ${hint}`, changes: {} }
}
