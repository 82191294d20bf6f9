/** One call of a state: its conditions, its plan, what is done or shown of it, and the command that judges it. */
import type { FunctionContext, StateDefinition, StateRun } from '../../plugin.ts'
import type { LowChunk } from '../low-chunk.ts'
import { applyPlan, type PerformedState, planState, showPlan, threw } from '../perform.ts'
import { stateContext } from '../state-context.ts'
import type { RunOptions } from '../state-return.ts'
import { checkAfterwards, checkConditions } from './conditions.ts'
import { withSlots } from './slots.ts'
import { wellFormed } from './well-formed.ts'

export interface StateCall {
  readonly chunk: LowChunk
  readonly definition: StateDefinition
  /** Those of the chunk, or with those of others taken in. */
  readonly args: LowChunk['args']
  /** Only show what would be done. */
  readonly isTest: boolean
  /** The work of a watch, for these states that have changed. */
  readonly watch?: { readonly changed: readonly LowChunk[]; readonly checksConditions: boolean }
}

export interface CalledState extends PerformedState {
  /** In a dry run: whether it would, whether it can say what or not. */
  readonly hasChanged: boolean
}

/** Who learns of a plan before it is shown or done. */
export type PlanWatchers = Pick<RunOptions, 'confirm' | 'onFingerprint'>

/** What its conditions, slots and checks throw fails it, too; only a cancelled job throws. */
export async function callState(
  ctx: FunctionContext,
  run: StateRun,
  call: StateCall,
  watchers: PlanWatchers,
): Promise<CalledState> {
  try {
    return await callThrough(ctx, run, call, watchers)
  } catch (error) {
    ctx.signal.throwIfAborted()
    return { ...threw(ctx, `${call.chunk.state}.${call.chunk.fun}`, error), hasChanged: false }
  }
}

async function callThrough(
  ctx: FunctionContext,
  run: StateRun,
  call: StateCall,
  { confirm, onFingerprint }: PlanWatchers,
): Promise<CalledState> {
  const { chunk, definition, watch } = call
  if (watch === undefined || watch.checksConditions) {
    const verdict = await checkConditions(ctx, call.args)
    if (verdict?.isSkipped === true) {
      const { comment } = verdict
      return { result: true, comment, changes: {}, more: { skip_watch: true }, hasChanged: false }
    }
  }
  const args = await withSlots(ctx, call.args)
  const isTest = call.isTest || (args.test === true && !Object.hasOwn(definition.args, 'test'))
  const full = `${chunk.state}.${chunk.fun}`
  const own = stateContext(ctx, chunk, run, watch?.changed)
  const plan = await planState(own, {
    name: full,
    definition,
    args: argsFor(definition, chunk, args),
    isWatch: watch !== undefined,
  })
  if (isTest) {
    if (onFingerprint !== undefined && plan.kind === 'pending' && plan.fingerprint !== undefined)
      onFingerprint(chunk, await plan.fingerprint())
    const shown = wellFormed(showPlan(plan))
    const wouldChange = changesAnything(shown) || (plan.kind === 'pending' && shown.result === null)
    return { ...shown, hasChanged: call.isTest && wouldChange }
  }
  if (confirm !== undefined && plan.kind === 'pending') {
    const decision = await confirm(chunk, plan)
    if (decision !== 'do') return { ...declined, hasChanged: false }
  }
  const performed = wellFormed(await applyPlan(own, full, plan))
  const judged = await judge(ctx, definition, args, performed)
  return { ...judged, hasChanged: changesAnything(judged) }
}

function changesAnything({ changes }: PerformedState): boolean {
  return Object.keys(changes).length > 0
}

const declined: PerformedState = { result: false, comment: 'Not done: it was declined.', changes: {} }

/** `check_cmd` has the last word, but where the state takes it as an argument of its own. */
async function judge(
  ctx: FunctionContext,
  definition: StateDefinition,
  args: LowChunk['args'],
  performed: PerformedState,
): Promise<PerformedState> {
  if (args.check_cmd === undefined || Object.hasOwn(definition.args, 'check_cmd')) return performed
  return { ...performed, ...(await checkAfterwards(ctx, args)) }
}

function argsFor(definition: StateDefinition, chunk: LowChunk, args: LowChunk['args']): LowChunk['args'] {
  return Object.hasOwn(definition.args, 'name') ? { ...args, name: chunk.name } : args
}
