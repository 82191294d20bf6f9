/** How the cells of a table are broken into lines. */
import { stringWidth } from '../../base/string-width.ts'

/** Columns after which a cell is broken at a space, as Salt does it. */
const usualWidth = 50

export type Lines = readonly string[]

/** Salt's way: a word that is longer stays whole. */
export function wrapCell(text: string): Lines {
  const [first = '', ...words] = text.split(' ')
  let wrapped = first
  for (const word of words) {
    const lineWidth = stringWidth(wrapped.slice(wrapped.lastIndexOf('\n') + 1))
    const wordWidth = stringWidth(word.split('\n', 1)[0] ?? '')
    wrapped += (lineWidth + wordWidth >= usualWidth ? '\n' : ' ') + word
  }
  return wrapped.split('\n')
}

/** No line is wider than `width`, but for a single character that is. */
export function fitCell(text: string, width: number): Lines {
  return wrapCell(text).flatMap((line) => fitLine(line, width))
}

function fitLine(line: string, width: number): Lines {
  const lines = ['']
  for (const word of line.split(/(?<= )/)) {
    const last = lines.at(-1) ?? ''
    if (stringWidth(last + word.trimEnd()) <= width) lines[lines.length - 1] = last + word
    else if (stringWidth(word.trimEnd()) <= width) lines.push(word)
    else breakWord(lines, word, width)
  }
  return lines.map((one) => one.trimEnd()).filter((one, index) => one !== '' || index === 0)
}

function breakWord(lines: string[], word: string, width: number): void {
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    const last = lines.at(-1) ?? ''
    if (last === '' || stringWidth(last + segment) <= width) lines[lines.length - 1] = last + segment
    else lines.push(segment)
  }
}

/** The widest that columns of these natural widths may be to fit together into `room`; at least 1. */
export function fittingWidth(widths: readonly number[], room: number): number {
  let limit = Math.max(1, ...widths)
  while (limit > 1 && widths.reduce((sum, width) => sum + Math.min(width, limit), 0) > room) limit -= 1
  return limit
}
