/** Texts that `file.accumulated` collects for other states of the run: for templates, and for blocks. */
import type { StateContext } from '../../../engine/plugin.ts'
import type { LowChunk } from '../../../engine/state/low-chunk.ts'

/** Accumulator → its texts. */
export type Accumulators = ReadonlyMap<string, readonly unknown[]>

interface Collected {
  readonly texts: Map<string, unknown[]>
  /** Ids of the states that an accumulator is for. */
  readonly targets: Map<string, Set<string>>
}

const key = 'file.accumulated'

function allOf(ctx: StateContext): Map<string, Collected> {
  const known = ctx.run.memory.get(key)
  if (known instanceof Map) return known as Map<string, Collected>
  const made = new Map<string, Collected>()
  ctx.run.memory.set(key, made)
  return made
}

/** What was collected for a file so far; undefined where nothing was. */
export function accumulatorsOf(ctx: StateContext, file: string): Accumulators | undefined {
  return allOf(ctx).get(file)?.texts
}

/** Texts for one state: of the accumulators that name it, or of all where none does. */
export function textsFor(ctx: StateContext, file: string, chunk: LowChunk): readonly unknown[] {
  const collected = allOf(ctx).get(file)
  if (collected === undefined) return []
  const meant = [...collected.texts.keys()].filter((name) => collected.targets.get(name)?.has(chunk.id) === true)
  const names = meant.length > 0 ? meant : [...collected.texts.keys()]
  return names.flatMap((name) => collected.texts.get(name) ?? [])
}

/** Adds texts that are not there yet. True when one was added. */
export function accumulate(
  ctx: StateContext,
  file: string,
  name: string,
  texts: readonly unknown[],
  targets: readonly string[],
): boolean {
  const all = allOf(ctx)
  const collected: Collected = all.get(file) ?? { texts: new Map(), targets: new Map() }
  all.set(file, collected)
  const known: unknown[] = collected.texts.get(name) ?? []
  const isKnown = (text: unknown): boolean => known.some((other) => JSON.stringify(other) === JSON.stringify(text))
  const before = known.length
  for (const text of texts) if (!isKnown(text)) known.push(text)
  collected.texts.set(name, known)
  collected.targets.set(name, new Set([...(collected.targets.get(name) ?? []), ...targets]))
  return known.length > before
}
