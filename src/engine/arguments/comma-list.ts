import { pythonString } from '../../base/python-repr.ts'

/** A list, or a text with commas, or a single value, as texts; nothing of null. */
export function commaList(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.map(pythonString)
  return splitWords(pythonString(value).split(','))
}

/** Names that are given as a list, or as a text with commas. */
export function nameList(value: string | readonly string[]): string[] {
  return splitWords(typeof value === 'string' ? value.split(',') : value)
}

/** The words without white space around them, but for those that hold nothing else. */
export function splitWords(parts: readonly string[]): string[] {
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}
