import { mergeDicts } from '../render/functions/dict-update.ts'
import type { Value } from '../render/values/kinds.ts'
import type { PillarSettings } from './pillar-settings.ts'

/** What there is with more of it, as `pillar_source_merging_strategy` says. */
export function mergePillar(
  { strategy, joinsLists }: Pick<PillarSettings, 'strategy' | 'joinsLists'>,
  left: Value,
  right: Value,
): Value {
  const merged = mergeDicts(left, right, strategy, joinsLists)
  // Salt's strategy drops what only the second has, and so all of the first file.
  if (strategy === 'list' && merged instanceof Map && right instanceof Map)
    for (const [key, value] of right) if (!merged.has(key)) merged.set(key, value)
  return merged
}
