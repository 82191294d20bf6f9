/** Breaking a line where it gets too long, as Python's `textwrap.wrap` does. */
import { valueError } from '../values/py-error.ts'
import { codePointLength, codePointSlice } from '../values/text.ts'

export interface WrapOptions {
  readonly width: number
  /** Whether words longer than a line are cut. */
  readonly breakWords: boolean
  /** Whether a line may end behind a hyphen. */
  readonly breakHyphens: boolean
}

/** The lines, without white space at their ends. Throws ValueError for a width below 1. */
export function wrapText(text: string, options: WrapOptions): string[] {
  if (options.width <= 0) throw valueError(`invalid width ${options.width} (must be > 0)`)
  const chunks = split(text, options.breakHyphens)
  const lines: string[] = []
  while (chunks.length > 0) {
    if (lines.length > 0 && chunks[0]?.trim() === '') chunks.shift()
    const line = takeLine(chunks, options)
    if (line !== '') lines.push(line)
  }
  return lines
}

/** Words and the white space between them; a word with hyphens in parts that end with one. */
function split(text: string, breakHyphens: boolean): string[] {
  const words = text.split(/([\t\n\v\f\r ]+)/).filter((word) => word !== '')
  if (!breakHyphens) return words
  return words.flatMap((word) =>
    word.split(
      /(?<=[\p{L}_]{2}-)(?=[\p{L}_]{2})|(?<=[\p{L}\p{N}_])(?=-{2,}[\p{L}\p{N}_])|(?<=-{2,})(?=[\p{L}\p{N}_])/u,
    ),
  )
}

function takeLine(chunks: string[], { width, breakWords }: WrapOptions): string {
  const line: string[] = []
  let length = 0
  for (let next = chunks[0]; next !== undefined && length + codePointLength(next) <= width; next = chunks[0]) {
    line.push(next)
    length += codePointLength(next)
    chunks.shift()
  }
  const [long] = chunks
  if (long !== undefined && codePointLength(long) > width) {
    chunks.shift()
    if (breakWords) {
      const room = Math.max(1, width - length)
      line.push(codePointSlice(long, 0, room))
      const rest = codePointSlice(long, room)
      if (rest !== '') chunks.unshift(rest)
    } else if (line.length === 0) line.push(long)
    else chunks.unshift(long)
  }
  if (line.at(-1)?.trim() === '') line.pop()
  return line.join('')
}
