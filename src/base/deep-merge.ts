/** Mappings one into the other. */
import { isRecord } from './narrow.ts'

export interface MergeOptions {
  /** Put a list behind the one that it would replace, without what that has already. */
  readonly joinLists?: boolean
}

/** `over` wins, level by level; what is given stays as it is. */
export function deepMerge(base: unknown, over: unknown, options: MergeOptions = {}): unknown {
  if (options.joinLists === true && Array.isArray(base) && Array.isArray(over)) {
    return [...base, ...over.filter((item) => !base.includes(item))]
  }
  if (!isRecord(base) || !isRecord(over)) return over
  const result: Record<string, unknown> = { ...base }
  for (const [name, wanted] of Object.entries(over)) {
    result[name] = Object.hasOwn(base, name) ? deepMerge(base[name], wanted, options) : wanted
  }
  return result
}
