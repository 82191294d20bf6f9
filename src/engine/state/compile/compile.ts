/** From SLS files to calls: what `state.apply` is about to do. */
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../plugin.ts'
import { Dict } from '../../render/values/dict.ts'
import { fromPlain } from '../../render/values/plain.ts'
import type { TopAnswer } from '../top/top-files.ts'
import { compileHigh } from './compile-high.ts'
import type { CompiledStates, CompileRequest } from './compiled.ts'
import { declaredStates, readDeclarations } from './declarations.ts'
import { type GatheredStates, type SlsMatches, StateGatherer } from './gather.ts'
import { isMapping } from './high-data.ts'
import { faultText, type StateFault } from './state-fault.ts'

/** Whatever is wrong with SLS files is among the errors; it rejects where files cannot be had or the job is cancelled. */
export async function compileStates(ctx: FunctionContext, request: CompileRequest): Promise<CompiledStates> {
  const gathered = await gatherStates(ctx, request)
  const { high, faults, matches } = gathered
  const compiled = faults.length > 0 ? { chunks: [], faults } : compileHigh(ctx, gathered)
  const { chunks, faults: found } = compiled
  return { high, chunks, errors: found.map(faultText), ...(matches === undefined ? {} : { matches }) }
}

export interface WantedStates extends GatheredStates {
  /** What the top files say, where they were asked. */
  readonly matches?: SlsMatches
}

/** The high data as the files have it: nothing is extended or excluded yet. */
export async function gatherStates(ctx: FunctionContext, request: CompileRequest): Promise<WantedStates> {
  if (request.high !== undefined) return givenHigh(request.high)
  const broken = pillarFaults(ctx)
  if (broken.length > 0) return nothing(broken)
  const gatherer = new StateGatherer(ctx)
  const { sls, saltenv, exclude = [], onMatched } = request
  const top = sls === undefined ? await topMatches(ctx, gatherer, saltenv) : undefined
  if (top !== undefined && top.faults.length > 0) return { ...nothing(top.faults), matches: top.matches }
  if (top !== undefined && top.matches.size > 0) await onMatched?.([...top.matches.keys()])
  const gathered = await gatherer.gather(top?.matches ?? new Map([[saltenv ?? 'base', sls ?? []]]))
  if (exclude.length > 0) {
    const known = gathered.high.get('__exclude__')
    gathered.high.set('__exclude__', [...(Array.isArray(known) ? known : []), ...exclude.map(fromPlain)])
  }
  return top === undefined ? gathered : { ...gathered, matches: top.matches }
}

/** Targets are loaded only where they are asked. */
async function topMatches(
  ctx: FunctionContext,
  gatherer: StateGatherer,
  saltenv: string | undefined,
): Promise<TopAnswer> {
  const { TopFiles } = await import('../top/top-files.ts')
  return await new TopFiles(ctx, gatherer).matches(saltenv)
}

function nothing(faults: readonly StateFault[]): GatheredStates {
  return { high: new Dict(), faults, places: new WeakMap() }
}

function givenHigh(given: unknown): GatheredStates {
  const value = fromPlain(given)
  if (!isMapping(value)) {
    return nothing([{ kind: 'form', sentence: 'High data is not a dictionary and is invalid' }])
  }
  const faults: StateFault[] = []
  const report = (sentence: string): void => {
    faults.push({ kind: 'form', sentence })
  }
  const high = declaredStates(readDeclarations(value, { sls: '', saltenv: 'base', report }))
  // What comes from no file says so: the results show it.
  for (const body of high.values()) if (isMapping(body) && body.get('__sls__') === '') body.delete('__sls__')
  return { high, faults, places: new WeakMap() }
}

/** A pillar that could not be rendered stops states that may need it. */
function pillarFaults({ pillar }: FunctionContext): StateFault[] {
  const told = isRecord(pillar) ? pillar._errors : undefined
  if (told === undefined) return []
  const sentences = ['Pillar failed to render with the following messages:', ...[told].flat().map(String)]
  return sentences.map((sentence) => ({ kind: 'pillar', sentence }))
}
