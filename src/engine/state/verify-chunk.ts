/** Whether a call can be made, in Salt's sentences: there is such a state, and it has what it needs. */
import { didYouMean, nearest } from '../../base/text.ts'
import type { Catalogue, StateDefinition } from '../plugin.ts'
import type { LowChunk } from './low-chunk.ts'

/** Empty where nothing is wrong. */
export async function chunkFaults(states: Catalogue<StateDefinition>, chunk: LowChunk): Promise<string[]> {
  const { state, fun, sls } = chunk
  const full = `${state}.${fun}`
  const found = await states.load(full)
  if (found.kind === 'unavailable') {
    const known = states.names().includes(full)
    const reason = known ? [`Reason: ${found.message}`] : []
    const advice = known ? '' : didYouMean(nearest(full, states.names()))
    if (sls === undefined) return [`Specified state '${full}' was not found${advice && `.${advice}`}`, ...reason]
    return [`State '${full}' was not found in SLS '${sls}'${advice && `.${advice}`}`, ...reason]
  }
  return missingArguments(found.definition, chunk)
}

/** Arguments that must be there and are not. */
export function missingArguments({ args: wanted }: StateDefinition, { state, fun, args }: LowChunk): string[] {
  return Object.entries(wanted).flatMap(([name, schema]) => {
    const isGiven = name === 'name' || Object.hasOwn(args, name) || schema['x-optional'] === true
    return isGiven ? [] : [`Missing parameter ${name} for state ${state}.${fun}`]
  })
}
