/** The parts of Python's text functions that the look of outputters depends on. */

import { stringWidth } from '../../base/string-width.ts'

/** What ends a line for `str.splitlines`. */
const breakCharacters = ['\n', '\r', '\v', '\f', '\u001c', '\u001d', '\u001e', '\u0085', '\u2028', '\u2029']
const lineBreak = new RegExp(`\r\n|[${breakCharacters.join('')}]`)

/** `str.splitlines()`: no line at all for the empty text, none after a last line break. */
export function splitLines(text: string): string[] {
  const lines = text.split(lineBreak)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** `str.center(width)`, but in columns of a terminal: of an odd remainder the extra space stands left in an odd width, else right. */
export function center(text: string, width: number): string {
  const missing = width - stringWidth(text)
  if (missing <= 0) return text
  const left = Math.floor(missing / 2) + (missing & width & 1)
  return ' '.repeat(left) + text + ' '.repeat(missing - left)
}
