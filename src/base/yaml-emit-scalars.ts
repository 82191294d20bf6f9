/** How a single YAML scalar is written: the choice of quotes, escapes and line folds that libyaml makes. */
import { scalarKind } from './yaml-scalars.ts'

/** The running state of an output text, which decides where blanks and line breaks go. */
export class YamlText {
  #parts: string[] = []
  column = 0
  /** The last character is a blank, or this is the start of a line. */
  #afterBlank = true
  /** Nothing but indentation and list dashes is on this line yet. */
  onlyIndented = true

  toString(): string {
    return this.#parts.join('')
  }

  /** Columns count characters, not UTF-16 units. */
  raw(text: string): void {
    this.#parts.push(text)
    this.column += [...text].length
  }

  /** A punctuation mark. `blank` sets it off from what is before, `isBlank` lets the next one follow directly. */
  indicator(text: string, { blank = false, isBlank = false, isIndentation = false } = {}): void {
    this.raw(blank && !this.#afterBlank ? ` ${text}` : text)
    this.#afterBlank = isBlank
    this.onlyIndented &&= isIndentation
  }

  lineBreak(text = '\n'): void {
    this.#parts.push(text)
    this.column = 0
    this.#afterBlank = true
    this.onlyIndented = true
  }

  /** Starts a line with `indent` blanks, unless the text stands there already. */
  indentTo(indent: number): void {
    if (!this.onlyIndented || this.column > indent || (this.column === indent && !this.#afterBlank)) this.lineBreak()
    if (this.column < indent) this.raw(' '.repeat(indent - this.column))
    this.#afterBlank = true
    this.onlyIndented = true
  }

  /** Says that text other than indentation ends here. */
  endScalar(): void {
    this.#afterBlank = false
    this.onlyIndented = false
  }

  beginPlain(): void {
    if (!this.#afterBlank) this.raw(' ')
    this.endScalar()
  }
}

const lineBreaks = '\n\u0085\u2028\u2029'
const blankOrEnd = `\0 \t\r${lineBreaks}`
const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\u001b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

/** libyaml's idea of printable: characters beyond U+FFFF are not. */
function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  if (code === 0x0a || (code >= 0x20 && code <= 0x7e)) return true
  return (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
}

interface Analysis {
  readonly multiline: boolean
  readonly plainInFlow: boolean
  readonly plainInBlock: boolean
  readonly singleQuoted: boolean
}

/** Which ways of writing a text leave it what it is. */
function analyze(text: string): Analysis {
  if (text === '') return { multiline: false, plainInFlow: false, plainInBlock: true, singleQuoted: true }
  const characters = [...text]
  const flags = {
    flowMark: false,
    blockMark: false,
    lineBreak: false,
    special: false,
    spaceBreak: false,
    breakSpace: false,
  }
  if (text.startsWith('---') || text.startsWith('...')) flags.flowMark = flags.blockMark = true
  for (const [index, character] of characters.entries()) {
    const previous = characters[index - 1]
    const next = characters[index + 1]
    markIndicators(flags, character, previous, next === undefined || blankOrEnd.includes(next))
    if (!isPrintable(character)) flags.special = true
    if (character === '\r') flags.lineBreak = true
    if (lineBreaks.includes(character)) {
      flags.lineBreak = true
      if (previous === ' ') flags.spaceBreak = true
    } else if (character === ' ' && previous !== undefined && lineBreaks.includes(previous)) flags.breakSpace = true
  }
  const edged = [characters[0], characters.at(-1)].some(
    (edge) => edge === ' ' || (edge !== undefined && lineBreaks.includes(edge)),
  )
  const quotable = !flags.spaceBreak && !flags.special
  const plain = quotable && !edged && !flags.breakSpace && !flags.lineBreak
  return {
    multiline: flags.lineBreak,
    plainInFlow: plain && !flags.flowMark,
    plainInBlock: plain && !flags.blockMark,
    singleQuoted: quotable && !flags.breakSpace,
  }
}

/** Notes characters that would be taken for YAML's own marks, in a flow collection or outside. */
function markIndicators(
  flags: { flowMark: boolean; blockMark: boolean },
  character: string,
  previous: string | undefined,
  blankFollows: boolean,
): void {
  const isFirst = previous === undefined
  if (isFirst && '#,[]{}&*!|>\'"%@`'.includes(character)) flags.flowMark = flags.blockMark = true
  else if (isFirst && '?:'.includes(character)) {
    flags.flowMark = true
    flags.blockMark ||= blankFollows
  } else if (isFirst && character === '-' && blankFollows) flags.flowMark = flags.blockMark = true
  else if (!isFirst && ',?[]{}'.includes(character)) flags.flowMark = true
  else if (!isFirst && character === ':') {
    flags.flowMark = true
    flags.blockMark ||= blankFollows
  } else if (!isFirst && character === '#' && blankOrEnd.includes(previous)) flags.flowMark = flags.blockMark = true
}

export interface ScalarPlace {
  readonly indent: number
  /** Column after which a blank becomes a line break. */
  readonly width: number
  readonly inFlow: boolean
  /** A key on the line of its colon is never folded. */
  readonly isSimpleKey: boolean
}

/** Whether a text can stand as a key before its colon on one line. */
export function fitsSimpleKey(text: string): boolean {
  return Buffer.byteLength(text) <= 128 && !analyze(text).multiline
}

/** Writes a text so that it reads back as that text: plain if it can be, else in single, else in double quotes. */
export function writeText(out: YamlText, text: string, place: ScalarPlace): void {
  const analysis = analyze(text)
  const plainFits = place.inFlow ? analysis.plainInFlow : analysis.plainInBlock
  if (plainFits && scalarKind(text) === 'str') writePlain(out, text, place)
  else if (analysis.singleQuoted && !(place.isSimpleKey && analysis.multiline)) writeSingleQuoted(out, text, place)
  else writeDoubleQuoted(out, text, place)
}

/** A blank in the middle of a long line, where a line break means the same. */
function isFoldPoint(out: YamlText, characters: readonly string[], index: number, place: ScalarPlace): boolean {
  return characters[index] === ' ' && !place.isSimpleKey && out.column > place.width && characters[index - 1] !== ' '
}

/** Writes a number, a boolean or null, or a text without quotes. */
export function writePlain(out: YamlText, text: string, place: ScalarPlace): void {
  out.beginPlain()
  const characters = [...text]
  for (const [index, character] of characters.entries()) {
    if (isFoldPoint(out, characters, index, place) && characters[index + 1] !== ' ') out.indentTo(place.indent)
    else out.raw(character)
  }
  out.endScalar()
}

function writeSingleQuoted(out: YamlText, text: string, place: ScalarPlace): void {
  out.indicator("'", { blank: true })
  const characters = [...text]
  let afterBreak = false
  for (const [index, character] of characters.entries()) {
    if (lineBreaks.includes(character)) {
      // One line break would read as a blank, so it is doubled.
      if (!afterBreak && character === '\n') out.lineBreak()
      out.lineBreak(character)
      afterBreak = true
      continue
    }
    if (afterBreak) out.indentTo(place.indent)
    afterBreak = false
    const inside = index > 0 && index < characters.length - 1
    if (inside && isFoldPoint(out, characters, index, place) && characters[index + 1] !== ' ')
      out.indentTo(place.indent)
    else {
      out.raw(character === "'" ? "''" : character)
      out.onlyIndented = false
    }
  }
  if (afterBreak) out.indentTo(place.indent)
  out.indicator("'")
  out.endScalar()
}

function writeDoubleQuoted(out: YamlText, text: string, place: ScalarPlace): void {
  out.indicator('"', { blank: true })
  const characters = [...text]
  for (const [index, character] of characters.entries()) {
    const inside = index > 0 && index < characters.length - 1
    if (!isPrintable(character) || lineBreaks.includes(character) || '"\\'.includes(character))
      out.raw(escapeSequence(character))
    else if (inside && isFoldPoint(out, characters, index, place)) {
      out.indentTo(place.indent)
      // A blank at the start of a line would be dropped.
      if (characters[index + 1] === ' ') out.raw('\\')
    } else out.raw(character)
  }
  out.endScalar()
  out.indicator('"')
}

/** A character as it stands in double quotes. */
export function escapeSequence(character: string): string {
  const named = escapes[character]
  if (named !== undefined) return `\\${named}`
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** Writes lines as a literal block (`|`). The text ends with one line break. */
export function writeLiteral(out: YamlText, text: string, indent: number): void {
  out.indicator('|', { blank: true })
  for (const line of text.split('\n').slice(0, -1)) {
    out.lineBreak()
    out.indentTo(indent)
    out.raw(line)
    out.endScalar()
  }
}
