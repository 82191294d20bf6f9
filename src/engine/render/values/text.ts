/** Texts as Python counts them, by code points, and the bound on what a template may build. */
import { PyError } from './py-error.ts'

const surrogates = /[\ud800-\udfff]/

/** No single value of a template may be longer: characters of a text, items of a list. */
export const maximumLength = 64 * 1024 * 1024

export function codePointLength(text: string): number {
  if (!surrogates.test(text)) return text.length
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** The characters of a text: the text itself where each is one code unit. */
export function characters(text: string): string | string[] {
  return surrogates.test(text) ? Array.from(text) : text
}

/** Part of a text by code points; `start` and `end` are not negative. */
export function codePointSlice(text: string, start: number, end?: number): string {
  return surrogates.test(text) ? Array.from(text).slice(start, end).join('') : text.slice(start, end)
}

/** Index in code points of an index in code units. */
export function codePointIndex(text: string, index: number): number {
  return index <= 0 ? index : codePointLength(text.slice(0, index))
}

/** `text * count`. Throws MemoryError beyond the bound. */
export function repeated(text: string, count: number): string {
  const times = Math.max(0, count)
  checkLength(text.length * times)
  return text.repeat(times)
}

export function checkLength(length: number): void {
  if (length > maximumLength) {
    throw new PyError('MemoryError', `a value would be longer than ${maximumLength} characters or items`)
  }
}

/** Text with fill characters on the left, the right or both sides, `width` code points long. */
export function padded(text: string, width: number, side: 'left' | 'right' | 'both', fill = ' '): string {
  const missing = width - codePointLength(text)
  if (missing <= 0) return text
  if (side === 'left') return repeated(fill, missing) + text
  if (side === 'right') return text + repeated(fill, missing)
  // Python puts the odd one to the left where the width is odd too.
  const left = Math.floor(missing / 2) + (missing & width & 1)
  return repeated(fill, left) + text + repeated(fill, missing - left)
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&${htmlNames[character] ?? ''};`)
}

const htmlNames: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': '#34', "'": '#39' }

/** White space in Python's eyes, for use inside the brackets of a regular expression. */
export const whiteSpace = '\\s\\x1c-\\x1f\\x85'
