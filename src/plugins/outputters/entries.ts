import { Float } from '../../base/float.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { Secret } from '../../base/secret.ts'
import { compareText } from '../../base/text.ts'
import { keyText, writtenEntries, writtenKeysOf } from '../../base/written-keys.ts'

export type Entry = readonly [key: string, value: unknown]

/** The entries of a mapping in their own order, or undefined when the value is none. */
export function entriesOf(value: unknown): readonly Entry[] | undefined {
  if (value instanceof Map) return [...value].map(([key, item]) => [pythonString(key), item])
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (value instanceof Float || value instanceof Secret || value instanceof Uint8Array || value instanceof Set) {
    return undefined
  }
  return writtenEntries(value).map(([key, item]) => [keyText(key), item])
}

export function sortEntries(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted(([left], [right]) => compareText(left, right))
}

/** The entries of a mapping sorted by their keys: by number where all keys are numbers. */
export function sortedEntriesOf(value: unknown): readonly Entry[] | undefined {
  const entries = entriesOf(value)
  const written = isRecord(value) ? writtenKeysOf(value) : undefined
  const areNumbers = written?.values().every((key) => typeof key === 'number') ?? false
  if (!areNumbers) return entries && sortEntries(entries)
  return entries?.toSorted(([left], [right]) => Number(left) - Number(right))
}

/** The value with the keys of all its mappings sorted. */
export function sortDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortDeep)
  const entries = entriesOf(value)
  if (entries === undefined) return value
  return new Map(sortEntries(entries).map(([key, item]) => [key, sortDeep(item)]))
}
