/** Whether a run went well, as its return code says. */
import { isRecord } from '../../base/narrow.ts'
import type { LowChunk } from './low-chunk.ts'
import { RequisiteIndex } from './requisite-index.ts'
import type { StateReturns } from './state-return.ts'

/** False where a state failed, but for those whose failure was handled by `onfail` states that say `onfail_stop: False`. */
export function allWell(returns: StateReturns, chunks: readonly LowChunk[] = []): boolean {
  const entries = Object.entries(returns)
  if (entries.length === 0) return false
  const failed = entries.filter(([, { result }]) => result === false)
  if (failed.length === 0) return true
  const handlers = chunks.filter(({ args }) => args.onfail_stop === false)
  if (handlers.length === 0) return false
  const index = new RequisiteIndex(chunks)
  return failed.every(([, { __id__, __sls__, name }]) =>
    isHandled(handlers, index, { id: __id__ ?? name, sls: __sls__ ?? undefined }, returns),
  )
}

function isHandled(
  handlers: readonly LowChunk[],
  index: RequisiteIndex,
  failed: { readonly id: string; readonly sls: string | undefined },
  returns: StateReturns,
): boolean {
  const own = handlers.filter((handler) =>
    handler.requisites.some(
      (requisite) => requisite.kind.startsWith('onfail') && index.find(requisite).some(({ id }) => id === failed.id),
    ),
  )
  const results = own.map((handler) => resultOf(handler, returns))
  return results.length > 0 && results.every((result) => result === true)
}

function resultOf({ state, id }: LowChunk, returns: StateReturns): boolean | null {
  for (const [tag, ret] of Object.entries(returns)) {
    if (isRecord(ret) && tag.startsWith(`${state}_|-${id}_|-`)) return ret.result
  }
  return false
}
