/** Taking texts apart as Python does. */
import { expectText } from '../arguments.ts'
import type { Value } from '../kinds.ts'
import { typeError, valueError } from '../py-error.ts'
import { whiteSpace } from '../text.ts'
import { typeName } from '../type-name.ts'

const space = `[${whiteSpace}]`
const leadingSpace = new RegExp(`^${space}+`)
const firstSpace = new RegExp(space)
const lastSpace = new RegExp(`${space}[^${whiteSpace}]*$`)

/** `text.strip(chars)`; null stands for white space. */
export function stripped(text: string, chars: Value, left: boolean, right: boolean): string {
  if (chars === null) {
    const started = left ? text.replace(leadingSpace, '') : text
    return right ? trimEnd(started) : started
  }
  if (typeof chars !== 'string') throw typeError(`strip arg must be None or str, not ${typeName(chars)}`)
  const letters = Array.from(text)
  let start = 0
  let end = letters.length
  while (left && start < end && chars.includes(letters[start] ?? '')) start += 1
  while (right && end > start && chars.includes(letters[end - 1] ?? '')) end -= 1
  return letters.slice(start, end).join('')
}

function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && firstSpace.test(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

/** `text.split(separator, limit)`: at white space where the separator is null; a negative limit is none. */
export function split(text: string, separator: Value, limit: number): string[] {
  if (separator === null) return splitWords(text, limit)
  const by = checkedSeparator(separator)
  if (limit < 0) return text.split(by)
  const parts: string[] = []
  let rest: string = text
  while (parts.length < limit) {
    const index = rest.indexOf(by)
    if (index === -1) break
    parts.push(rest.slice(0, index))
    rest = rest.slice(index + by.length)
  }
  return [...parts, rest]
}

function checkedSeparator(separator: Value): string {
  const by = expectText(separator, 'must be str or None')
  if (by === '') throw valueError('empty separator')
  return by
}

function splitWords(text: string, limit: number): string[] {
  const parts: string[] = []
  let rest = text.replace(leadingSpace, '')
  while (rest !== '') {
    const end = limit >= 0 && parts.length >= limit ? -1 : rest.search(firstSpace)
    if (end === -1) {
      parts.push(limit >= 0 && parts.length >= limit ? trimEnd(rest) : rest)
      break
    }
    parts.push(rest.slice(0, end))
    rest = rest.slice(end).replace(leadingSpace, '')
  }
  return parts
}

/** `text.rsplit(separator, limit)`. */
export function splitFromRight(text: string, separator: Value, limit: number): string[] {
  if (limit < 0) return split(text, separator, limit)
  const parts: string[] = []
  let rest = separator === null ? trimEnd(text) : text
  const by = separator === null ? undefined : checkedSeparator(separator)
  while (parts.length < limit) {
    const index = by === undefined ? rest.search(lastSpace) : rest.lastIndexOf(by)
    if (index === -1) break
    parts.unshift(rest.slice(index + (by?.length ?? 1)))
    rest = by === undefined ? trimEnd(rest.slice(0, index)) : rest.slice(0, index)
  }
  if (by !== undefined) return [rest, ...parts]
  return rest === '' ? parts : [rest, ...parts]
}

const lineBreaks = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029'
const lineEnd = new RegExp(`\\r\\n|[${lineBreaks}]`, 'g')

/** `text.splitlines(keepends)`. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = []
  let start = 0
  for (const match of text.matchAll(lineEnd)) {
    lines.push(text.slice(start, match.index + (keepEnds ? match[0].length : 0)))
    start = match.index + match[0].length
  }
  if (start < text.length) lines.push(text.slice(start))
  return lines
}
