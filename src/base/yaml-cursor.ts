/** A place in a plain YAML text: lines, comments and scalars, without tokens. Whatever is not certain makes it give up. */
import { YamlReader } from './yaml-reader.ts'
import { scanBlock, scanPlain, scanQuoted } from './yaml-scan-scalars.ts'

const notPlain = new Error('not one of the plain texts')

/** The other reader has to decide. */
export function giveUp(): never {
  throw notPlain
}

export function hasGivenUp(thrown: unknown): boolean {
  return thrown === notPlain
}

export const lineFeed = 0x0a
export const space = 0x20
const doubleQuote = 0x22
const hash = 0x23
const singleQuote = 0x27
export const comma = 0x2c
const dash = 0x2d
const dot = 0x2e
export const colon = 0x3a
const greaterThan = 0x3e
const questionMark = 0x3f
export const openBracket = 0x5b
export const closeBracket = 0x5d
const openBrace = 0x7b
export const closeBrace = 0x7d
const bar = 0x7c

/** What cannot begin a plain scalar, or not always. */
const indicators: ReadonlySet<number> = new Set(Array.from(',[]{}#&*!|>\'"%@`?: \n', (one) => one.charCodeAt(0)))

/** Columns count from 0; what stands around a whole text is at -1. */
export class YamlCursor {
  /** Ends with a line feed, and has no other line ends. */
  readonly text: string
  at = 0
  lineStart = 0
  /** Of the first character of the line that was met last; -1 at the end of the text. */
  column = 0
  #reader: YamlReader | undefined

  constructor(text: string) {
    this.text = text
  }

  /** The character so many places ahead; NaN behind the end. */
  code(ahead = 0): number {
    return this.text.charCodeAt(this.at + ahead)
  }

  /** A dash that begins an item of a list. */
  get isAtEntry(): boolean {
    return this.code() === dash && this.#isGap(1)
  }

  get isAtFlow(): boolean {
    const code = this.code()
    return code === openBracket || code === openBrace
  }

  get isAtBlockScalar(): boolean {
    const code = this.code()
    return code === bar || code === greaterThan
  }

  get isAtColon(): boolean {
    return this.code() === colon && this.#isGap(1)
  }

  /** The line is over, or goes on as a comment. */
  get isLineDone(): boolean {
    const code = this.code()
    return code === lineFeed || code === hash
  }

  #isGap(ahead: number): boolean {
    const code = this.code(ahead)
    return code === space || code === lineFeed
  }

  isPlain(start: number): boolean {
    const code = this.text.charCodeAt(start)
    return code !== doubleQuote && code !== singleQuote
  }

  skipSpaces(): void {
    while (this.code() === space) this.at += 1
  }

  /** From the start of a line to the first one that holds something. */
  toNextLine(): void {
    for (;;) {
      this.lineStart = this.at
      this.skipSpaces()
      const code = this.code()
      if (code === hash) this.at = this.text.indexOf('\n', this.at)
      else if (code !== lineFeed) break
      this.at += 1
    }
    this.column = this.at < this.text.length ? this.at - this.lineStart : -1
    if (this.column === 0 && this.#isAtDocumentMark) giveUp()
  }

  get #isAtDocumentMark(): boolean {
    const code = this.code()
    return (code === dash || code === dot) && this.code(1) === code && this.code(2) === code
  }

  /** Behind a value nothing but a comment may stand. */
  endLine(): void {
    this.skipSpaces()
    const code = this.code()
    if (code === hash && this.code(-1) === space) this.at = this.text.indexOf('\n', this.at)
    else if (code !== lineFeed) giveUp()
    this.at += 1
    this.toNextLine()
  }

  /** What stands between the parts of a collection in brackets: no comments. */
  skipFlowGap(): void {
    this.skipSpaces()
    while (this.code() === lineFeed) {
      this.at += 1
      this.lineStart = this.at
      this.skipSpaces()
      if (this.at === this.lineStart && this.#isAtDocumentMark) giveUp()
    }
    if (this.code() === hash) giveUp()
  }

  /** The text of a scalar; of a plain one as far as it goes on this line, without the spaces behind it. */
  scalar(inFlow: boolean): string {
    const start = this.at
    const code = this.code()
    if (code === doubleQuote || code === singleQuote) return this.#quoted(code)
    if (Number.isNaN(code) || indicators.has(code) || (code === dash && !isWord(this.code(1)))) giveUp()
    this.#toPlainEnd(inFlow)
    return this.text.slice(start, this.at)
  }

  #toPlainEnd(inFlow: boolean): void {
    const { text } = this
    let end = this.at
    let before = 0
    for (let at = end; ; at += 1) {
      const code = text.charCodeAt(at)
      if (code === lineFeed || (code === hash && before === space)) break
      if (code === colon) {
        const next = text.charCodeAt(at + 1)
        if (next === space || next === lineFeed) break
        if (inFlow && (next === questionMark || isFlowMark(next))) giveUp()
      } else if (inFlow && isFlowMark(code)) break
      if (code !== space) end = at + 1
      before = code
    }
    this.at = end
  }

  #quoted(quote: number): string {
    const start = this.at
    const end = this.text.indexOf(quote === singleQuote ? "'" : '"', start + 1)
    const text = this.text.slice(start + 1, end)
    this.at = end + 1
    const isWhole = end !== -1 && this.code() !== quote && !text.includes('\n') && !text.includes('\\')
    return isWhole ? text : this.#scan(start, this.lineStart, scanQuoted)
  }

  /** A plain scalar again, with the lines that it goes on in. @param around Column of the collection that it is in. */
  plainOfLines(start: number, lineStart: number, around: number, inFlow: boolean): string {
    const { text, endsLine } = this.#scan(start, lineStart, (reader) => scanPlain(reader, around, inFlow))
    if (inFlow) return text
    if (endsLine) this.at = this.lineStart
    if (endsLine) this.toNextLine()
    else this.endLine()
    return text
  }

  /** Literal or folded. @param around Column of the collection that it is in. */
  blockScalar(around: number): string {
    const text = this.#scan(this.at, this.lineStart, (reader) => scanBlock(reader, around))
    this.at = this.lineStart
    this.toNextLine()
    return text
  }

  /** What is seldom is left to the scanner's own ways. */
  #scan<Result>(start: number, lineStart: number, scan: (reader: YamlReader) => Result): Result {
    this.#reader ??= new YamlReader(this.text)
    this.#reader.moveTo(start, lineStart)
    const result = scan(this.#reader)
    this.at = this.#reader.position
    this.lineStart = this.#reader.lineStart
    return result
  }
}

/** What may follow the dash of a negative number or of a word. */
function isWord(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

/** `, [ ] { }` */
function isFlowMark(code: number): boolean {
  return code === comma || code === openBracket || code === closeBracket || code === openBrace || code === closeBrace
}
