/**
 * The nodes of a YAML text by one walk over its characters, several times as quick as by tokens, for the texts that people write.
 * What it does not know for certain, and every fault, is left to `composeYaml`, which follows libyaml.
 */
import { YamlFault } from './yaml-fault.ts'
import type { YamlMapping, YamlNode, YamlPair, YamlScalar, YamlSequence } from './yaml-nodes.ts'
import { YamlReader } from './yaml-reader.ts'
import { scanBlock, scanPlain, scanQuoted } from './yaml-scan-scalars.ts'

/** Undefined where the text is none of the plain ones; `'empty'` where it holds nothing. */
export function composePlainYaml(source: string): YamlNode | 'empty' | undefined {
  if (!source.endsWith('\n') || unusual.test(source)) return undefined
  try {
    return new Walk(source).document()
  } catch (error) {
    if (error === notPlain || error instanceof YamlFault) return undefined
    throw error
  }
}

/** Control characters, tabs, line ends other than a line feed. */
const unusual = /[^\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/

const notPlain = new Error('not one of the plain texts')

function leave(): never {
  throw notPlain
}

/** A key is no longer than this, and on one line. */
const keyLimit = 1024
/** Deeper ones are left to the other reader, which has a limit of its own. */
const depthLimit = 200

const lineFeed = 0x0a
const space = 0x20
const doubleQuote = 0x22
const hash = 0x23
const singleQuote = 0x27
const comma = 0x2c
const dash = 0x2d
const colon = 0x3a
const questionMark = 0x3f
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** What cannot begin a plain scalar, or not always. */
const indicators: ReadonlySet<number> = new Set(Array.from(',[]{}#&*!|>\'"%@`?: \n', (one) => one.charCodeAt(0)))

/** Columns count from 0; what stands around a whole text is at -1. */
class Walk {
  readonly #text: string
  #at = 0
  #lineStart = 0
  /** Of the first character of the line that was met last; -1 at the end of the text. */
  #column = 0
  #depth = 0
  #reader: YamlReader | undefined

  constructor(text: string) {
    this.#text = text
  }

  document(): YamlNode | 'empty' {
    const isMarked = this.#text.startsWith('---\n')
    if (isMarked) this.#at = 4
    this.#toNextLine()
    if (this.#column === -1) return isMarked ? leave() : 'empty'
    const node = this.#block(-1)
    return this.#column === -1 ? node : leave()
  }

  #code(ahead = 0): number {
    return this.#text.charCodeAt(this.#at + ahead)
  }

  #isGap(ahead: number): boolean {
    const code = this.#code(ahead)
    return code === space || code === lineFeed
  }

  get #isAtEntry(): boolean {
    return this.#code() === dash && this.#isGap(1)
  }

  #skipSpaces(): void {
    while (this.#code() === space) this.#at += 1
  }

  /** From the start of a line to the first one that holds something. */
  #toNextLine(): void {
    for (;;) {
      this.#lineStart = this.#at
      this.#skipSpaces()
      const code = this.#code()
      if (code === hash) this.#at = this.#text.indexOf('\n', this.#at)
      else if (code !== lineFeed) break
      this.#at += 1
    }
    this.#column = this.#at < this.#text.length ? this.#at - this.#lineStart : -1
    if (this.#column === 0 && this.#isAtDocumentMark) leave()
  }

  get #isAtDocumentMark(): boolean {
    const code = this.#code()
    return (code === dash || code === 0x2e) && this.#code(1) === code && this.#code(2) === code
  }

  /** Behind a value nothing but a comment may stand. */
  #endLine(): void {
    this.#skipSpaces()
    const code = this.#code()
    if (code === hash && this.#code(-1) === space) this.#at = this.#text.indexOf('\n', this.#at)
    else if (code !== lineFeed) leave()
    this.#at += 1
    this.#toNextLine()
  }

  /** A value whose first character is met. @param around Column of the collection that it is in. */
  #block(around: number): YamlNode {
    if (this.#isAtEntry) return this.#entries(this.#at - this.#lineStart)
    const code = this.#code()
    if (code === openBracket || code === openBrace) return this.#flowInBlock()
    if (code === 0x7c || code === 0x3e) return this.#blockScalar(around)
    const line = this.#lineStart
    const column = this.#at - line
    const scalar = this.#scalar(false)
    this.#skipSpaces()
    if (this.#code() === colon && this.#isGap(1))
      return this.#lineStart === line ? this.#pairs(column, scalar) : leave()
    return this.#lastOfLine(scalar, around)
  }

  #flowInBlock(): YamlNode {
    const node = this.#flow()
    this.#endLine()
    return node
  }

  #deeper(): void {
    this.#depth += 1
    if (this.#depth > depthLimit) leave()
  }

  #entries(column: number): YamlSequence {
    this.#deeper()
    const node: YamlSequence = { kind: 'sequence', tag: undefined, items: [], start: this.#at, isAliased: false }
    do {
      this.#at += 1
      const end = this.#at
      this.#skipSpaces()
      if (!this.#isLineDone) node.items.push(this.#block(column))
      else {
        this.#endLineAt(end)
        node.items.push(this.#column > column ? this.#block(column) : emptyScalar(end))
      }
    } while (this.#column === column && this.#isAtEntry)
    if (this.#column > column) leave()
    this.#depth -= 1
    return node
  }

  get #isLineDone(): boolean {
    const code = this.#code()
    return code === lineFeed || code === hash
  }

  #endLineAt(end: number): void {
    this.#at = end
    this.#endLine()
  }

  /** The colon behind the first key is met. */
  #pairs(column: number, first: YamlScalar): YamlMapping {
    this.#deeper()
    const node: YamlMapping = { kind: 'mapping', tag: undefined, pairs: [], start: first.start, isAliased: false }
    let key = first
    for (;;) {
      if (this.#at - key.start > keyLimit) leave()
      this.#at += 1
      const pair: YamlPair = [key, this.#valueOfPair(column)]
      node.pairs.push(pair)
      if (this.#column !== column) break
      if (this.#isAtEntry) leave()
      const line = this.#lineStart
      key = this.#scalar(false)
      this.#skipSpaces()
      if (this.#code() !== colon || !this.#isGap(1) || this.#lineStart !== line) leave()
    }
    if (this.#column > column) leave()
    this.#depth -= 1
    return node
  }

  #valueOfPair(column: number): YamlNode {
    const end = this.#at
    this.#skipSpaces()
    if (this.#isLineDone) {
      this.#endLineAt(end)
      if (this.#column > column) return this.#block(column)
      return this.#column === column && this.#isAtEntry ? this.#entries(column) : emptyScalar(end)
    }
    if (this.#isAtEntry) leave()
    const code = this.#code()
    if (code === openBracket || code === openBrace) return this.#flowInBlock()
    if (code === 0x7c || code === 0x3e) return this.#blockScalar(column)
    return this.#lastOfLine(this.#scalar(false), column)
  }

  /** A plain text may go on in lines that are further to the right than what is around it. */
  #lastOfLine(scalar: YamlScalar, around: number): YamlScalar {
    const { start, plain } = scalar
    const line = this.#lineStart
    this.#skipSpaces()
    const mayGoOn = plain && this.#code() === lineFeed
    this.#endLine()
    if (!mayGoOn || this.#column <= around) return scalar
    const reader = this.#readerAt(start, line)
    const { text, endsLine } = scanPlain(reader, around, false)
    this.#follow(reader)
    if (endsLine) {
      this.#at = this.#lineStart
      this.#toNextLine()
    } else this.#endLine()
    return { ...scalar, text }
  }

  #readerAt(position: number, lineStart: number): YamlReader {
    this.#reader ??= new YamlReader(this.#text)
    this.#reader.moveTo(position, lineStart)
    return this.#reader
  }

  #follow({ position, lineStart }: YamlReader): void {
    this.#at = position
    this.#lineStart = lineStart
  }

  #blockScalar(around: number): YamlScalar {
    const start = this.#at
    const reader = this.#readerAt(start, this.#lineStart)
    const text = scanBlock(reader, around)
    this.#at = reader.lineStart
    this.#toNextLine()
    return { kind: 'scalar', tag: undefined, plain: false, text, start }
  }

  /** The end of a plain one, and spaces behind it, stay where they are. */
  #scalar(inFlow: boolean): YamlScalar {
    const start = this.#at
    const code = this.#code()
    if (code === doubleQuote || code === singleQuote) return this.#quoted(code)
    if (Number.isNaN(code) || indicators.has(code) || (code === dash && !isWord(this.#code(1)))) leave()
    this.#toPlainEnd(inFlow)
    const text = this.#text.slice(start, this.#at)
    return { kind: 'scalar', tag: undefined, plain: true, text, start }
  }

  #toPlainEnd(inFlow: boolean): void {
    const text = this.#text
    let end = this.#at
    let at = end
    for (let before = 0; ; at += 1) {
      const code = text.charCodeAt(at)
      if (code === lineFeed || (code === hash && before === space)) break
      if (code === colon) {
        const next = text.charCodeAt(at + 1)
        if (next === space || next === lineFeed) break
        if (inFlow && (next === questionMark || isFlowMark(next))) leave()
      } else if (inFlow && isFlowMark(code)) break
      if (code !== space) end = at + 1
      before = code
    }
    this.#at = end
  }

  #quoted(quote: number): YamlScalar {
    const start = this.#at
    const end = this.#text.indexOf(quote === singleQuote ? "'" : '"', start + 1)
    let text = this.#text.slice(start + 1, end)
    const isSimple =
      end !== -1 && !text.includes('\n') && !text.includes('\\') && this.#text.charCodeAt(end + 1) !== quote
    this.#at = end + 1
    if (!isSimple) {
      const reader = this.#readerAt(start, this.#lineStart)
      text = scanQuoted(reader)
      this.#follow(reader)
    }
    return { kind: 'scalar', tag: undefined, plain: false, text, start }
  }

  #flow(): YamlNode {
    this.#deeper()
    const node = this.#code() === openBracket ? this.#flowItems() : this.#flowPairs()
    this.#at += 1
    this.#depth -= 1
    return node
  }

  #flowItems(): YamlSequence {
    const node: YamlSequence = { kind: 'sequence', tag: undefined, items: [], start: this.#at, isAliased: false }
    this.#at += 1
    for (this.#skipFlowGap(); this.#code() !== closeBracket; this.#skipFlowGap()) {
      node.items.push(this.#flowValue())
      this.#takeComma(closeBracket)
    }
    return node
  }

  #flowPairs(): YamlMapping {
    const node: YamlMapping = { kind: 'mapping', tag: undefined, pairs: [], start: this.#at, isAliased: false }
    this.#at += 1
    for (this.#skipFlowGap(); this.#code() !== closeBrace; this.#skipFlowGap()) {
      const line = this.#lineStart
      const key = this.#scalar(true)
      this.#skipSpaces()
      if (this.#code() !== colon || this.#code(1) !== space || this.#lineStart !== line) leave()
      if (this.#at - key.start > keyLimit) leave()
      this.#at += 1
      this.#skipFlowGap()
      node.pairs.push([key, this.#flowValue()])
      this.#takeComma(closeBrace)
    }
    return node
  }

  #takeComma(end: number): void {
    this.#skipFlowGap()
    if (this.#code() === comma) this.#at += 1
    else if (this.#code() !== end) leave()
  }

  #flowValue(): YamlNode {
    const code = this.#code()
    if (code === openBracket || code === openBrace) return this.#flow()
    const line = this.#lineStart
    const scalar = this.#scalar(true)
    this.#skipSpaces()
    if (!scalar.plain || this.#code() !== lineFeed) return scalar
    const reader = this.#readerAt(scalar.start, line)
    const { text } = scanPlain(reader, -1, true)
    this.#follow(reader)
    return { ...scalar, text }
  }

  #skipFlowGap(): void {
    this.#skipSpaces()
    while (this.#code() === lineFeed) {
      this.#at += 1
      this.#lineStart = this.#at
      this.#skipSpaces()
      if (this.#at === this.#lineStart && this.#isAtDocumentMark) leave()
    }
    if (this.#code() === hash) leave()
  }
}

function emptyScalar(start: number): YamlScalar {
  return { kind: 'scalar', tag: undefined, plain: true, text: '', start }
}

/** What may follow the dash of a negative number or of a word. */
function isWord(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

/** `, [ ] { }` */
function isFlowMark(code: number): boolean {
  return code === comma || code === openBracket || code === closeBracket || code === openBrace || code === closeBrace
}
