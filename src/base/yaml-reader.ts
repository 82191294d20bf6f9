/** A YAML text as the scanner walks through it: where it is, which line that is, and what comes next. */
import { YamlFault } from './yaml-fault.ts'

export const tab = 0x09
export const lineFeed = 0x0a
export const carriageReturn = 0x0d
export const space = 0x20

/** What no YAML text may hold: control characters and halves of characters. */
const unreadable = /[^\t\n\r\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

const nextLine = 0x85
const lineSeparator = 0x2028
const paragraphSeparator = 0x2029

/** A line break of YAML 1.1. */
export function isBreak(code: number): boolean {
  return (
    code === lineFeed ||
    code === carriageReturn ||
    code === nextLine ||
    code === lineSeparator ||
    code === paragraphSeparator
  )
}

export function isBlank(code: number): boolean {
  return code === space || code === tab
}

/** A blank, a line break or the end of the text. */
export function isGap(code: number): boolean {
  return code === space || code === 0 || code === tab || isBreak(code)
}

/** A line break or the end of the text. */
export function isLineEnd(code: number): boolean {
  return code === 0 || isBreak(code)
}

/** A character of a name: a letter, a digit, `-` or `_`. */
export function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code === 0x2d
  )
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

const inLine = /[^\n\r\u0085\u2028\u2029]+/y
const spaces = / +/y

export class YamlReader {
  readonly source: string
  position = 0
  line = 0
  #lineStart = 0
  /** The end was met and the last line closed: the place is the start of a line that is not there. */
  #closed = false

  /** Throws `YamlFault` for a character that no YAML text may hold. */
  constructor(source: string) {
    this.source = source
    const found = unreadable.exec(source)
    if (found === null) return
    const hex = (found[0].codePointAt(0) ?? 0).toString(16).padStart(4, '0')
    const bytesBefore = Buffer.byteLength(source.slice(0, found.index))
    throw new YamlFault('ReaderError', `the character #x${hex} is not allowed`, found.index, {
      problem: `unacceptable character #x${hex}: control characters are not allowed\n  in "<unicode string>", position ${bytesBefore}`,
    })
  }

  /** The character so many places ahead; 0 behind the end. */
  code(ahead = 0): number {
    const at = this.position + ahead
    return at < this.source.length ? this.source.charCodeAt(at) : 0
  }

  get lineStart(): number {
    return this.#lineStart
  }

  /** To another place of the text, in the line that begins there. */
  moveTo(position: number, lineStart: number): void {
    this.position = position
    this.#lineStart = lineStart
  }

  get column(): number {
    return this.#closed ? 0 : this.position - this.#lineStart
  }

  /** The offset to name in errors and tokens. */
  get place(): number {
    return this.#closed ? this.source.length + 1 : this.position
  }

  /** Ends the last line, once the end of the text is reached. */
  close(): void {
    if (this.#closed || this.column === 0) return
    this.#closed = true
    this.line += 1
  }

  /** Passes over a line break and returns what it means: `\n`, or the rarer separators as they are; '' at the end. */
  takeBreak(): string {
    const code = this.code()
    if (code === 0) return ''
    this.position += code === carriageReturn && this.code(1) === lineFeed ? 2 : 1
    this.#lineStart = this.position
    this.line += 1
    return code === lineSeparator || code === paragraphSeparator ? String.fromCharCode(code) : '\n'
  }

  /** Passes over what a sticky pattern without line breaks fits. */
  skip(pattern: RegExp): void {
    pattern.lastIndex = this.position
    if (pattern.test(this.source)) this.position = pattern.lastIndex
  }

  /** The character behind what a sticky pattern fits. */
  codeAfter(pattern: RegExp): number {
    this.skip(pattern)
    return this.code()
  }

  /** The character behind the spaces that may be here. */
  codeAfterSpaces(): number {
    return this.code() === space ? this.codeAfter(spaces) : this.code()
  }

  skipBlanks(): void {
    while (isBlank(this.code())) this.position += 1
  }

  skipToLineEnd(): void {
    this.skip(inLine)
  }

  /** `---` or `...` alone at the start of a line. */
  isAtDocumentMark(): boolean {
    if (this.column !== 0 || !isGap(this.code(3))) return false
    const code = this.code()
    return (code === 0x2d || code === 0x2e) && this.code(1) === code && this.code(2) === code
  }

  fail(problem: string, context: string, contextOffset: number): never {
    throw new YamlFault('ScannerError', problem, this.place, { context, contextOffset })
  }
}
