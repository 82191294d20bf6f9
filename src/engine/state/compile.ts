/** From SLS files to calls: what `state.apply` is about to do. */
import { matchGlob } from '../../base/glob.ts'
import { isRecord } from '../../base/narrow.ts'
import type { FunctionContext } from '../plugin.ts'
import type { RenderedPlace } from '../render/render-sls.ts'
import { Dict } from '../render/values/dict.ts'
import { fromPlain } from '../render/values/plain.ts'
import type { CompiledStates, CompileRequest } from './compiled.ts'
import { declaredStates, readDeclarations } from './declarations.ts'
import { type BodyPlaces, placeText, withPlace } from './error-places.ts'
import { applyExcludes } from './exclude.ts'
import { applyExtends } from './extend.ts'
import { type GatheredStates, type SlsMatches, StateGatherer } from './gather.ts'
import { type HighBody, isMapping } from './high-data.ts'
import type { LowChunk } from './low-chunk.ts'
import { lowChunks } from './low-data.ts'
import { turnRequisitesAround } from './requisites-in.ts'
import { type RequisiteCycle, runOrder } from './run-order.ts'
import { type TopAnswer, TopFiles } from './top-files.ts'
import { verifyHigh } from './verify-high.ts'

/** Whatever is wrong with SLS files is among the errors; it rejects where files cannot be had or the job is cancelled. */
export async function compileStates(ctx: FunctionContext, request: CompileRequest): Promise<CompiledStates> {
  const gathered = await gatherStates(ctx, request)
  const { high, errors, matches } = gathered
  const compiled = errors.length > 0 ? { high, chunks: [], errors } : compileHigh(ctx, gathered)
  return matches === undefined ? compiled : { ...compiled, matches }
}

export interface WantedStates extends GatheredStates {
  /** What the top files say, where they were asked. */
  readonly matches?: SlsMatches
}

/** The high data as the files have it: nothing is extended or excluded yet. */
export async function gatherStates(ctx: FunctionContext, request: CompileRequest): Promise<WantedStates> {
  if (request.high !== undefined) return givenHigh(request.high)
  const faults = pillarFaults(ctx)
  if (faults.length > 0) return { high: new Dict(), errors: faults, places: new WeakMap() }
  const gatherer = new StateGatherer(ctx)
  const { sls, saltenv, exclude = [] } = request
  const top = sls === undefined ? await new TopFiles(ctx, gatherer).matches(saltenv) : undefined
  if (top !== undefined && top.errors.length > 0) return { high: new Dict(), places: new WeakMap(), ...top }
  const gathered = await gatherer.gather(top?.matches ?? new Map([[saltenv ?? 'base', sls ?? []]]))
  if (exclude.length > 0) {
    const known = gathered.high.get('__exclude__')
    gathered.high.set('__exclude__', [...(Array.isArray(known) ? known : []), ...exclude.map(fromPlain)])
  }
  return top === undefined ? gathered : { ...gathered, matches: top.matches }
}

/** As `gatherStates`, with Salt's sentences about what has not the form that it must have. */
export async function gatherVerified(ctx: FunctionContext, request: CompileRequest): Promise<GatheredStates> {
  const { high, errors, places } = await gatherStates(ctx, request)
  const found = [...errors]
  verifyHigh(high, (sentence, body) => {
    found.push(withPlace(sentence, body === undefined ? undefined : places.get(body)))
  })
  return { high, errors: found, places }
}

/** What the top files say of this minion. */
export async function topMatches(ctx: FunctionContext, saltenv: string | undefined): Promise<TopAnswer> {
  return await new TopFiles(ctx, new StateGatherer(ctx)).matches(saltenv)
}

export interface EnvironmentUsage {
  readonly used: string[]
  readonly unused: string[]
  readonly count_all: number
  readonly count_used: number
  readonly count_unused: number
}

/** Which SLS files of each environment the top files name for this minion. */
export async function stateUsage(
  ctx: FunctionContext,
  saltenv: string | undefined,
): Promise<{ readonly environments: Record<string, EnvironmentUsage> } | { readonly errors: readonly string[] }> {
  const gatherer = new StateGatherer(ctx)
  const { matches, errors } = await new TopFiles(ctx, gatherer).matches(saltenv)
  if (errors.length > 0) return { errors }
  const environments: Record<string, EnvironmentUsage> = {}
  for (const one of await gatherer.files.environments()) {
    const all = await gatherer.files.available(one)
    const wanted = matches.get(one) ?? []
    const used = all.filter((sls) => wanted.some((pattern) => matchGlob(pattern, sls)))
    const unused = all.filter((sls) => !used.includes(sls))
    const counts = { count_all: all.length, count_used: used.length, count_unused: unused.length }
    environments[one] = { used, unused, ...counts }
  }
  return { environments }
}

function compileHigh(ctx: FunctionContext, { high, places }: GatheredStates): CompiledStates {
  const errors: string[] = []
  const placed = (sentence: string, body?: HighBody): string =>
    withPlace(sentence, body === undefined ? undefined : places.get(body))
  const report = (sentence: string, body?: HighBody): void => {
    errors.push(placed(sentence, body))
  }
  applyExtends(high, report)
  verifyHigh(high, report)
  if (errors.length > 0) return { high, chunks: [], errors }
  turnRequisitesAround({
    high,
    disabled: disabledWords(ctx),
    report,
    warn: (sentence, body) => ctx.log.warning(placed(sentence, body)),
  })
  applyExcludes(high)
  if (errors.length > 0) return { high, chunks: [], errors }
  const { chunks, cycles } = runOrder(lowChunks(high, places))
  for (const cycle of cycles) errors.push(cycleText(cycle, (id) => placeOfId(high, places, id)))
  return errors.length > 0 ? { high, chunks: [], errors } : { high, chunks, errors }
}

/** Salt's sentence names two; all of them are below, where they are several or their places known. */
function cycleText({ sentence, chunks }: RequisiteCycle, placeOf: PlaceOf): string {
  const shown = chunks.length <= longestCycle ? chunks : [...chunks.slice(0, longestCycle - 1), ...chunks.slice(-1)]
  return [sentence, ...shown.map((chunk) => `  ${memberText(chunk, placeOf)}`)].join('\n')
}

const longestCycle = 10

type PlaceOf = (id: string) => RenderedPlace | undefined

function placeOfId(high: Dict, places: BodyPlaces, id: string): RenderedPlace | undefined {
  const body = high.get(id)
  return isMapping(body) ? places.get(body) : undefined
}

function memberText({ state, id }: LowChunk, placeOf: PlaceOf): string {
  const place = placeOf(id)
  return `${state}: ${id}${place === undefined ? '' : ` at ${placeText(place)}`}`
}

function givenHigh(given: unknown): GatheredStates {
  const value = fromPlain(given)
  const errors: string[] = []
  if (!isMapping(value)) {
    return { high: new Dict(), errors: ['High data is not a dictionary and is invalid'], places: new WeakMap() }
  }
  const report = (sentence: string) => errors.push(sentence)
  const high = declaredStates(readDeclarations(value, { sls: '', saltenv: 'base', report }))
  // What comes from no file says so: the results show it.
  for (const body of high.values()) if (isMapping(body) && body.get('__sls__') === '') body.delete('__sls__')
  return { high, errors, places: new WeakMap() }
}

/** A pillar that could not be rendered stops states that may need it. */
function pillarFaults({ pillar }: FunctionContext): string[] {
  const faults = isRecord(pillar) ? pillar._errors : undefined
  if (faults === undefined) return []
  const listed = Array.isArray(faults) ? faults.map(String) : [String(faults)]
  return ['Pillar failed to render with the following messages:', ...listed]
}

function disabledWords({ config }: FunctionContext): ReadonlySet<string> {
  const disabled = config.get('disabled_requisites')
  return new Set([disabled].flat().filter((word) => typeof word === 'string'))
}
