/** `listen`: at the end of a run, the watches of those whose states have changed. */
import { chunkTag, type LowChunk } from './low-chunk.ts'
import type { RequisiteIndex } from './requisite-index.ts'

export interface Listening {
  /** Those to be called by their watch, in the order of the run, each once. */
  readonly heard: readonly LowChunk[]
  /** Requisites that mean no state of the run. */
  readonly faults: readonly { readonly tag: string; readonly name: string; readonly comment: string }[]
}

export function listeners(
  chunks: readonly LowChunk[],
  index: RequisiteIndex,
  hasChanged: (chunk: LowChunk) => boolean,
): Listening {
  const heard: LowChunk[] = []
  const faults = new Map<string, Listening['faults'][number]>()
  for (const chunk of chunks) {
    let isHeard = false
    for (const requisite of chunk.requisites) {
      if (requisite.kind !== 'listen') continue
      const found = index.find(requisite)
      isHeard ||= found.some(hasChanged)
      // As in Salt, one without a state that means nothing is let pass.
      if (found.length > 0 || requisite.state === undefined) continue
      const fault = faultOf(requisite.state, requisite.id)
      faults.set(fault.tag, fault)
    }
    if (isHeard) heard.push(listenerOf(chunk))
  }
  return { heard, faults: [...faults.values()] }
}

function listenerOf(chunk: LowChunk): LowChunk {
  return { ...chunk, id: `listener_${chunk.id}`, fun: 'mod_watch', sfun: chunk.fun, requisites: [] }
}

function faultOf(state: string, id: string): Listening['faults'][number] {
  return {
    tag: chunkTag({ state: 'Listen_Error', id: `listen_${id}`, name: `listen_${state}`, fun: 'Listen_Error' }),
    name: `listen_${state}:${id}`,
    comment: `Referenced state ${state}: ${id} does not exist`,
  }
}
