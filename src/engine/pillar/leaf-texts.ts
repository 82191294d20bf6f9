import type { Value } from '../render/values/kinds.ts'

/** All texts that stand in a value, at any depth; keys of mappings are none of them. */
export function leafTexts(value: Value): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(leafTexts)
  return value instanceof Map ? [...value.values()].flatMap(leafTexts) : []
}
