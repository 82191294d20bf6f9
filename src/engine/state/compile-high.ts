/** From high data to calls in the order in which they are run. */
import type { FunctionContext } from '../plugin.ts'
import type { Dict } from '../render/values/dict.ts'
import { applyExcludes } from './exclude.ts'
import { applyExtends } from './extend.ts'
import type { GatheredStates } from './gather.ts'
import { type HighBody, isMapping } from './high-data.ts'
import type { LowChunk } from './low-chunk.ts'
import { lowChunks } from './low-data.ts'
import { turnRequisitesAround } from './requisites-in.ts'
import { type RequisiteCycle, runOrder } from './run-order.ts'
import { type BodyPlaces, type FaultKind, faultText, placeText, type StateFault } from './state-fault.ts'
import { verifyHigh } from './verify-high.ts'

export interface CompiledHigh {
  /** Empty where there are faults. */
  readonly chunks: readonly LowChunk[]
  readonly faults: readonly StateFault[]
}

/** Changes the high data: extensions, exclusions and what states say of others go where they belong. */
export function compileHigh(ctx: FunctionContext, { high, places }: GatheredStates): CompiledHigh {
  const faults: StateFault[] = []
  const faultOf = (kind: FaultKind, sentence: string, body?: HighBody): StateFault => ({
    ...{ kind, sentence },
    place: body === undefined ? undefined : places.get(body),
  })
  applyExtends(high, (sentence, body) => faults.push(faultOf('extend', sentence, body)))
  verifyHigh(high, (sentence, body, kind = 'form') => faults.push(faultOf(kind, sentence, body)))
  if (faults.length > 0) return { chunks: [], faults }
  turnRequisitesAround({
    high,
    disabled: disabledWords(ctx),
    report: (sentence, body) => faults.push(faultOf('requisite', sentence, body)),
    reportMissing: (sentence, body) => faults.push(faultOf('requisite-missing', sentence, body)),
    warn: (sentence, body) => ctx.log.warning(faultText(faultOf('requisite', sentence, body))),
  })
  applyExcludes(high)
  if (faults.length > 0) return { chunks: [], faults }
  const { chunks, cycles } = runOrder(lowChunks(high, places))
  for (const cycle of cycles) faults.push(cycleFault(cycle, high, places))
  return faults.length > 0 ? { chunks: [], faults } : { chunks, faults }
}

const longestCycle = 10

/** Salt's sentence names two; all of them are below. */
function cycleFault({ sentence, chunks }: RequisiteCycle, high: Dict, places: BodyPlaces): StateFault {
  const bodyOf = ({ id }: LowChunk): HighBody | undefined => {
    const body = high.get(id)
    return isMapping(body) ? body : undefined
  }
  const lines = chunks.map((chunk) => {
    const body = bodyOf(chunk)
    const place = body === undefined ? undefined : places.get(body)
    return `  ${chunk.state}: ${chunk.id}${place === undefined ? '' : ` at ${placeText(place)}`}`
  })
  const shown = lines.length <= longestCycle ? lines : [...lines.slice(0, longestCycle - 1), ...lines.slice(-1)]
  return { kind: 'cycle', sentence, more: shown }
}

function disabledWords({ config }: FunctionContext): ReadonlySet<string> {
  const disabled = config.get('disabled_requisites')
  return new Set([disabled].flat().filter((word) => typeof word === 'string'))
}
