/** What other states of the run come to: a dry run cannot find it yet, and is right all the same. */
import type { StateContext } from '../plugin.ts'
import type { LowChunk } from './low-chunk.ts'

/** Whether a state that comes before this one is of a kind that makes what is asked for. */
export function isMadeBefore(ctx: StateContext, makes: (chunk: LowChunk) => boolean): boolean {
  const { chunks } = ctx.run
  const own = chunks.indexOf(ctx.chunk)
  return chunks.slice(0, own < 0 ? undefined : own).some(makes)
}
