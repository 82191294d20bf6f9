/** Mappings one into the other. */
import { isRecord } from './narrow.ts'
import { keyText, recordOfWritten, setWritten, writtenEntries } from './written-keys.ts'

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
  const result = recordOfWritten(writtenEntries(base))
  for (const [key, wanted] of writtenEntries(over)) {
    const name = keyText(key)
    setWritten(result, key, Object.hasOwn(base, name) ? deepMerge(base[name], wanted, options) : wanted)
  }
  return result
}
