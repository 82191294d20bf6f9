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
  // The first one is at the end, where taking it is quick.
  const chunks = split(text, options.breakHyphens).reverse()
  const lines: string[] = []
  while (chunks.length > 0) {
    if (lines.length > 0 && chunks.at(-1)?.trim() === '') chunks.pop()
    const line = takeLine(chunks, options)
    if (line !== '') lines.push(line)
  }
  return lines
}

const blank = '[\\t\\n\\v\\f\\r ]'
const letter = '[\\p{L}\\p{Nl}_]'
const wordPart = '[\\p{L}\\p{N}_!"\'&.,?]'
/** White space, a dash between words, or a word up to a hyphen between letters, its end, or such a dash. */
const chunk = new RegExp(
  `${blank}+|(?<=${wordPart})-{2,}(?=[\\p{L}\\p{N}_])|[^\\t\\n\\v\\f\\r ]+?(?:` +
    `-(?:(?<=${letter}{2}-)|(?<=${letter}-${wordPart}-))(?=${letter}-?${letter})|` +
    `(?=${blank}|$)|(?<=${wordPart})(?=-{2,}[\\p{L}\\p{N}_]))`,
  'gu',
)

/** Words and the white space between them; a word with hyphens in parts that end with one. */
function split(text: string, breakHyphens: boolean): string[] {
  const words = breakHyphens ? text.match(chunk) : text.split(/([\t\n\v\f\r ]+)/)
  return (words ?? []).filter((word) => word !== '')
}

function takeLine(chunks: string[], { width, breakWords, breakHyphens }: WrapOptions): string {
  const line: string[] = []
  let length = 0
  for (let next = chunks.at(-1); next !== undefined && length + codePointLength(next) <= width; next = chunks.at(-1)) {
    line.push(next)
    length += codePointLength(next)
    chunks.pop()
  }
  const long = chunks.at(-1)
  if (long !== undefined && codePointLength(long) > width) {
    chunks.pop()
    if (breakWords) {
      const room = cutAt(long, Math.max(1, width - length), breakHyphens)
      line.push(codePointSlice(long, 0, room))
      const rest = codePointSlice(long, room)
      if (rest !== '') chunks.push(rest)
    } else if (line.length === 0) line.push(long)
    else chunks.push(long)
  }
  if (line.at(-1)?.trim() === '') line.pop()
  return line.join('')
}

/** Where a word that is too long is cut: behind its last hyphen within the room, if it has one. */
function cutAt(word: string, room: number, breakHyphens: boolean): number {
  const hyphen = breakHyphens ? codePointSlice(word, 0, room).lastIndexOf('-') : -1
  return hyphen > 0 && /[^-]/.test(word.slice(0, hyphen)) ? hyphen + 1 : room
}
