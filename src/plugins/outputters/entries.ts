import { Float } from '../../base/float.ts'
import { pythonString } from '../../base/python-repr.ts'
import { Secret } from '../../base/secret.ts'
import { compareText } from '../../base/text.ts'

export type Entry = readonly [key: string, value: unknown]

/** The entries of a mapping in their own order, or undefined when the value is none. */
export function entriesOf(value: unknown): readonly Entry[] | undefined {
  if (value instanceof Map) return [...value].map(([key, item]) => [pythonString(key), item])
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (value instanceof Float || value instanceof Secret || value instanceof Uint8Array || value instanceof Set) {
    return undefined
  }
  return Object.entries(value)
}

export function sortEntries(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted(([left], [right]) => compareText(left, right))
}

/** The value with the keys of all its mappings sorted. */
export function sortDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortDeep)
  const entries = entriesOf(value)
  if (entries === undefined) return value
  return new Map(sortEntries(entries).map(([key, item]) => [key, sortDeep(item)]))
}
