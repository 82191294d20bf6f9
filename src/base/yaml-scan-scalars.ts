/** Scanning of YAML scalars: plain, quoted, and blocks. Lines are folded as PyYAML folds them. */
import {
  carriageReturn,
  isBlank,
  isBreak,
  isDigit,
  isGap,
  isLineEnd,
  lineFeed,
  space,
  tab,
  type YamlReader,
} from './yaml-reader.ts'

/** Line breaks between two pieces of text, as they are gathered. */
interface Breaks {
  first: string
  more: string
}

/** One line break means a blank; of several the first is dropped. */
function folded({ first, more }: Breaks): string {
  if (!first.startsWith('\n')) return first + more
  return more === '' ? ' ' : more
}

/** Blanks and line breaks between two pieces of text. */
class Gap {
  /** Blanks on the line of the text before. */
  blanks = ''
  /** Set as soon as a line break was met. */
  breaks: Breaks | undefined

  get text(): string {
    return this.breaks === undefined ? this.blanks : folded(this.breaks)
  }

  /** @param refuseTab Called for a tab that begins a line. */
  take(reader: YamlReader, refuseTab?: () => void): void {
    for (let code = reader.code(); isBlank(code) || isBreak(code); code = reader.code()) {
      if (isBreak(code)) {
        if (this.breaks === undefined) this.breaks = { first: reader.takeBreak(), more: '' }
        else this.breaks.more += reader.takeBreak()
        continue
      }
      if (this.breaks === undefined) this.blanks += String.fromCharCode(code)
      else if (code === tab) refuseTab?.()
      reader.position += 1
    }
  }
}

export interface PlainScalar {
  readonly text: string
  /** The scalar was followed by a line break, so that a key may come next. */
  readonly endsLine: boolean
}

/** @param indent Column of the collection around. */
export function scanPlain(reader: YamlReader, indent: number, inFlow: boolean): PlainScalar {
  const start = reader.place
  const first = takePlainRun(reader, inFlow, start)
  if (!isBlank(reader.code()) && !isBreak(reader.code())) return { text: first, endsLine: false }
  const refuseTab = (): void => {
    if (reader.column > indent) return
    reader.fail('found a tab character that violates indentation', 'while scanning a plain scalar', start)
  }
  let text = first
  for (;;) {
    const gap = new Gap()
    gap.take(reader, refuseTab)
    const endsHere = (!inFlow && reader.column <= indent) || reader.isAtDocumentMark() || reader.code() === 0x23
    const run = endsHere ? '' : takePlainRun(reader, inFlow, start)
    if (run === '') return { text, endsLine: gap.breaks !== undefined }
    text += gap.text + run
    if (!isBlank(reader.code()) && !isBreak(reader.code())) return { text, endsLine: false }
  }
}

/** What goes on in a plain scalar whatever follows it: all but gaps, and colons before gaps. */
const plainInBlock = /(?:[^ \t\n\r\u0085\u2028\u2029:]|:(?![ \t\n\r\u0085\u2028\u2029]|$))+/y
const plainInFlow = /[^ \t\n\r\u0085\u2028\u2029:,[\]{}]+/y

/** Characters up to the next blank, line break or mark that ends a plain scalar. */
function takePlainRun(reader: YamlReader, inFlow: boolean, start: number): string {
  const from = reader.position
  // One look at the whole run: a call for every character takes long before the code is hot.
  if (!inFlow) reader.skip(plainInBlock)
  else {
    reader.skip(plainInFlow)
    while (!isPlainEnd(reader, start)) {
      reader.position += 1
      reader.skip(plainInFlow)
    }
  }
  return reader.source.slice(from, reader.position)
}

function isPlainEnd(reader: YamlReader, start: number): boolean {
  const code = reader.code()
  if (isGap(code)) return true
  if (code === 0x3a) {
    const next = reader.code(1)
    if (next === 0x2c || isBracket(next) || next === 0x3f)
      reader.fail("found unexpected ':'", 'while scanning a plain scalar', start)
    return isGap(next)
  }
  return code === 0x2c || isBracket(code)
}

/** `[ ] { }` */
function isBracket(code: number): boolean {
  return code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d
}

const quotedContext = 'while scanning a quoted scalar'

/** A text in quotes; the reader stands on the first one. */
export function scanQuoted(reader: YamlReader): string {
  const start = reader.place
  const quote = reader.code()
  const isSingle = quote === 0x27
  reader.position += 1
  let text = ''
  for (;;) {
    if (reader.isAtDocumentMark()) reader.fail('found unexpected document indicator', quotedContext, start)
    if (reader.code() === 0) reader.fail('found unexpected end of stream', quotedContext, start)
    const gap = new Gap()
    text += isSingle ? takeSingleQuoted(reader) : takeDoubleQuoted(reader, start, gap)
    if (reader.code() === quote) break
    gap.take(reader)
    text += gap.text
  }
  reader.position += 1
  return text
}

/** What needs no thought in quotes. */
const singleQuoted = /[^ \t\n\r\u0085\u2028\u2029']+/y
const doubleQuoted = /[^ \t\n\r\u0085\u2028\u2029"\\]+/y

function takeSingleQuoted(reader: YamlReader): string {
  let text = ''
  let from = reader.position
  for (let code = reader.codeAfter(singleQuoted); !isGap(code); code = reader.codeAfter(singleQuoted)) {
    if (code === 0x27) {
      if (reader.code(1) !== 0x27) break
      text += reader.source.slice(from, reader.position + 1)
      reader.position += 2
      from = reader.position
    } else reader.position += 1
  }
  return text + reader.source.slice(from, reader.position)
}

/** Up to the next blank, line break or quote. An escaped line break is noted in the gap: it means nothing. */
function takeDoubleQuoted(reader: YamlReader, start: number, gap: Gap): string {
  let text = ''
  for (;;) {
    const from = reader.position
    const code = reader.codeAfter(doubleQuoted)
    text += reader.source.slice(from, reader.position)
    if (code !== 0x5c) return text
    if (isBreak(reader.code(1))) {
      reader.position += 1
      reader.takeBreak()
      gap.breaks = { first: '', more: '' }
      return text
    }
    text += takeEscape(reader, start)
  }
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\u001b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
}
const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

function takeEscape(reader: YamlReader, start: number): string {
  const context = 'while parsing a quoted scalar'
  const letter = reader.source.charAt(reader.position + 1)
  const meaning = escapes[letter]
  const hexLength = hexLengths[letter]
  if (meaning === undefined && hexLength === undefined) reader.fail('found unknown escape character', context, start)
  reader.position += 2
  if (hexLength === undefined) return meaning ?? ''
  const hex = reader.source.slice(reader.position, reader.position + hexLength)
  if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < hexLength)
    reader.fail('did not find expected hexdecimal number', context, start)
  const code = Number.parseInt(hex, 16)
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    reader.fail('found invalid Unicode character escape code', context, start)
  reader.position += hexLength
  return String.fromCodePoint(code)
}

const blockContext = 'while scanning a block scalar'

/** A literal (`|`) or folded (`>`) block; the reader stands on its mark. @param indent Column of the collection around. */
export function scanBlock(reader: YamlReader, indent: number): string {
  const start = reader.place
  const isLiteral = reader.code() === 0x7c
  reader.position += 1
  const { keep, width } = takeBlockHeader(reader, start)
  let column = width === 0 ? 0 : Math.max(indent, 0) + width
  let breaks = ''
  if (column === 0) ({ column, breaks } = takeFirstBreaks(reader, indent, start))
  else breaks = takeBreaks(reader, column, start)
  let text = ''
  let lineBreak = ''
  let wasIndented = false
  while (reader.column === column && reader.code() !== 0) {
    const isIndented = isBlank(reader.code())
    if (!isLiteral && lineBreak.startsWith('\n') && !wasIndented && !isIndented) text += breaks === '' ? ' ' : ''
    else text += lineBreak
    const from = reader.position
    reader.skipToLineEnd()
    text += breaks + reader.source.slice(from, reader.position)
    wasIndented = isIndented
    lineBreak = reader.takeBreak()
    breaks = takeBreaks(reader, column, start)
  }
  if (keep === 'none') return text
  return text + lineBreak + (keep === 'all' ? breaks : '')
}

/** Which of the line breaks at the end count, and the width of the indentation where it is told (else 0). */
function takeBlockHeader(reader: YamlReader, start: number): { keep: 'none' | 'one' | 'all'; width: number } {
  let keep: 'none' | 'one' | 'all' = 'one'
  let width = 0
  const takeWidth = (): void => {
    if (!isDigit(reader.code())) return
    width = reader.code() - 0x30
    if (width === 0) reader.fail('found an indentation indicator equal to 0', blockContext, start)
    reader.position += 1
  }
  const takeSign = (): boolean => {
    const code = reader.code()
    if (code !== 0x2b && code !== 0x2d) return false
    keep = code === 0x2b ? 'all' : 'none'
    reader.position += 1
    return true
  }
  if (takeSign()) takeWidth()
  else {
    takeWidth()
    if (width > 0) takeSign()
  }
  reader.skipBlanks()
  if (reader.code() === 0x23) reader.skipToLineEnd()
  if (!isLineEnd(reader.code())) reader.fail('did not find expected comment or line break', blockContext, start)
  reader.takeBreak()
  return { keep, width }
}

/** Empty lines before the first line with text, which tells how deep the block is indented. */
function takeFirstBreaks(reader: YamlReader, indent: number, start: number): { column: number; breaks: string } {
  let deepest = 0
  let breaks = ''
  for (;;) {
    while (reader.code() === space) reader.position += 1
    deepest = Math.max(deepest, reader.column)
    if (reader.code() === tab) refuseTab(reader, start)
    if (!isBreak(reader.code())) break
    breaks += reader.takeBreak()
  }
  return { column: Math.max(deepest, indent + 1, 1), breaks }
}

function takeBreaks(reader: YamlReader, column: number, start: number): string {
  let breaks = ''
  for (;;) {
    while (reader.column < column && reader.code() === space) reader.position += 1
    if (reader.column < column && reader.code() === tab) refuseTab(reader, start)
    const code = reader.code()
    if (code !== lineFeed && code !== carriageReturn && !isBreak(code)) return breaks
    breaks += reader.takeBreak()
  }
}

function refuseTab(reader: YamlReader, start: number): never {
  reader.fail('found a tab character where an indentation space is expected', blockContext, start)
}
