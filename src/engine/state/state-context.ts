import type { FunctionContext, StateContext, StateRun } from '../plugin.ts'
import type { LowChunk } from './low-chunk.ts'

/** What one state sees of the world: all that functions see, and the run that it is part of. */
export function stateContext(
  ctx: FunctionContext,
  chunk: LowChunk,
  run: StateRun,
  changed: readonly LowChunk[] = [],
): StateContext {
  const { saltenv } = chunk.args
  // The context behind reads its grains when somebody looks, so nothing may be copied out of it.
  return Object.assign(Object.create(ctx) as FunctionContext, {
    saltenv: typeof saltenv === 'string' ? saltenv : chunk.env,
    ...{ chunk, run, changed },
  })
}
