/** The pillar of a run of states: as it is when the run begins, with what was given over it. */
import { deepMerge } from '../../base/deep-merge.ts'
import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { FunctionContext } from '../plugin.ts'

type Pillar = Readonly<Record<string, unknown>>

export interface WantedPillar {
  /** Values over those of the pillar. */
  readonly pillar?: Pillar | undefined
  readonly saltenv?: string | undefined
  readonly pillarenv?: string | undefined
  /** Though it was fetched a moment ago. */
  readonly isAnew?: true
}

/** The same context, where the pillar in memory is what is wanted. */
export async function withRunPillar(ctx: FunctionContext, wanted: WantedPillar): Promise<FunctionContext> {
  const pillar = await runPillar(ctx, wanted)
  return pillar === undefined ? ctx : ctx.derive({ pillar })
}

/**
 * Undefined where that of the context is as good. Rejects where another environment of the pillar is wanted and cannot be had; a master
 * that does not answer otherwise leaves the pillar that is in memory.
 */
export async function runPillar(ctx: FunctionContext, wanted: WantedPillar): Promise<Pillar | undefined> {
  const { pillar: override, saltenv, pillarenv } = wanted
  const { pillar: service } = ctx.services
  const isPlain = wanted.isAnew !== true && override === undefined && pillarenv === undefined && saltenv === undefined
  // `salt call` has fetched it a moment ago.
  if (service === undefined || (isPlain && ctx.job === undefined)) return overlaid(ctx, override)
  try {
    return await service.compile({
      ...(saltenv === undefined ? {} : { saltenv }),
      ...(pillarenv === undefined ? {} : { pillarenv }),
      ...(override === undefined ? {} : { override }),
    })
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (pillarenv !== undefined) throw error
    ctx.log.warning('The pillar could not be read anew for this run of states; that in memory counts', {
      reason: asSaltError(error).message,
    })
    return overlaid(ctx, override)
  }
}

function overlaid(ctx: FunctionContext, override: Pillar | undefined): Pillar | undefined {
  if (override === undefined) return undefined
  const merged = deepMerge(ctx.pillar, override)
  return isRecord(merged) ? merged : {}
}
