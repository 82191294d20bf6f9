/** Events about the steps of an orchestration. */
import { tagOf } from '../../../bus/event-types.ts'
import type { RunnerContext } from '../../../engine/plugin.ts'
import type { LowChunk } from '../../../engine/state/low-chunk.ts'
import type { RunOptions, StateReturn } from '../../../engine/state/state-return.ts'

/** @param chunks all steps, in their order. */
export function stepEvents(
  ctx: RunnerContext,
  chunks: readonly LowChunk[],
  test: boolean,
): Required<Pick<RunOptions, 'onBegin' | 'onReturn'>> {
  const numbers = new Map(chunks.map((chunk, index) => [chunk, String(index)]))
  const described = ({ id, name, state, fun, sls }: LowChunk) => ({
    jid: ctx.jid,
    ...(ctx.parentJid === undefined ? {} : { parent: ctx.parentJid }),
    id,
    name,
    fun: `${state}.${fun}`,
    ...(sls === undefined ? {} : { sls }),
    total: chunks.length,
    test,
  })
  // What a listener does is a step more than the order has.
  const numberOf = (chunk: LowChunk): string => numbers.get(chunk) ?? String(chunks.length)
  return {
    onBegin(chunk) {
      const number = Math.min(Number(numberOf(chunk)) + 1, chunks.length)
      // Those of an orchestration within another one are part of one step of that.
      if (ctx.parentJid === undefined) ctx.step({ id: chunk.id, number, total: chunks.length })
      const tag = tagOf('salt/run/:jid/step/:number/begun', ctx.jid, numberOf(chunk))
      void ctx.emit(tag, { ...described(chunk), status: 'begun' })
    },
    onReturn(chunk, ret) {
      const tag = tagOf('salt/run/:jid/step/:number/ended', ctx.jid, numberOf(chunk))
      void ctx.emit(tag, { ...described(chunk), status: 'ended', ...outcomeOf(ret) })
    },
  }
}

function outcomeOf({ result, comment, duration, changes, __jid__: job }: StateReturn) {
  return {
    result,
    comment,
    ...(duration === undefined ? {} : { duration }),
    ...(typeof job === 'string' ? { job } : {}),
    has_changes: Object.keys(changes).length > 0,
  }
}
