/** Source text to tokens, with Jinja's rules of white space. */
import { escapePattern } from '../../functions/python-regex.ts'
import { repr } from '../values/print.ts'
import { unescapeText } from './string-literal.ts'
import { TemplateSyntaxError } from './syntax-error.ts'
import type { SyntaxOptions } from './syntax-options.ts'
import type { Token, TokenKind } from './token.ts'

/** The source as it is read: `\n` for every line break, without the last one. */
export function normalizeSource(source: string, options: SyntaxOptions): string {
  const text = source.replace(/\r\n?/g, '\n')
  return text.endsWith('\n') && !options.keepTrailingNewline ? text.slice(0, -1) : text
}

/**
 * The tokens up to the first one that cannot be read, and the error that this is: a parser that fails before it gets there has
 * found the first mistake.
 *
 * @param source As `normalizeSource` gives it.
 */
export function readTokens(source: string, options: SyntaxOptions): { tokens: Token[]; error?: TemplateSyntaxError } {
  const lexer = new Lexer(source, options)
  try {
    lexer.read()
    return { tokens: lexer.tokens }
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return { tokens: lexer.tokens, error }
    throw error
  }
}

type Opening = 'raw' | 'comment' | 'block' | 'variable' | 'line-statement' | 'line-comment'

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

const space = /\s+/y
const float = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy
const name = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy
const text = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y
const operator = /\/\/|\*\*|==|!=|<=|>=|[+\-/*%~[\](){}<>=.:|,;]/y

class Lexer {
  readonly #source: string
  readonly #options: SyntaxOptions
  readonly tokens: Token[] = []
  readonly #opening: RegExp
  readonly #kinds: readonly Opening[]
  #position = 0
  #line = 1
  #lineOffset = 0
  /** Of the line that `#line` counts. */
  #lineEnd: number
  #startsLine = true

  constructor(source: string, options: SyntaxOptions) {
    this.#source = source
    this.#options = options
    this.#lineEnd = endOfLine(source, 0)
    const rules = openingRules(options)
    this.#kinds = rules.map(({ kind }) => kind)
    this.#opening = new RegExp(rules.map(({ pattern }) => `(${pattern})`).join('|'), 'gm')
  }

  read(): void {
    while (this.#position < this.#source.length) this.#readNext()
    const line = this.tokens.at(-1)?.line ?? 1
    this.tokens.push({ kind: 'end', text: '', offset: this.#source.length, line })
  }

  #readNext(): void {
    this.#opening.lastIndex = this.#position
    const match = this.#opening.exec(this.#source)
    if (match === null) {
      this.#data(this.#source.slice(this.#position), this.#position)
      this.#position = this.#source.length
      return
    }
    const kind = this.#kinds[match.slice(1).findIndex((group) => group !== undefined)] ?? 'block'
    const sign = /[-+]$/.exec(match[0].replace(/\s*raw[\s\S]*$/, ''))?.[0] ?? ''
    const before = this.#source.slice(this.#position, match.index)
    this.#data(this.#before(before, sign, kind), this.#position)
    this.#position = match.index + match[0].length
    this.#startsLine = match[0].endsWith('\n')
    this.#readTag(kind, match.index)
  }

  /** The text in front of a tag without the white space that the tag removes. */
  #before(text: string, sign: string, kind: Opening): string {
    if (kind === 'line-statement' || kind === 'line-comment') return text
    if (sign === '-') return text.trimEnd()
    if (sign === '+' || !this.#options.lstripBlocks || kind === 'variable') return text
    const lineStart = text.lastIndexOf('\n') + 1
    if (lineStart === 0 && !this.#startsLine) return text
    return text.slice(lineStart).trim() === '' ? text.slice(0, lineStart) : text
  }

  #readTag(kind: Opening, offset: number): void {
    switch (kind) {
      case 'comment':
        return this.#skipComment()
      case 'line-comment':
        return this.#skipLineComment()
      case 'raw':
        return this.#readRaw()
      case 'block':
      case 'variable':
        this.#push(kind === 'block' ? 'block-begin' : 'variable-begin', '', offset)
        return this.#readCode(kind === 'block' ? 'block-end' : 'variable-end', this.#endPattern(kind))
      case 'line-statement':
        this.#push('block-begin', '', offset)
        return this.#readCode('block-end', /[^\S\n]*(?:\n|$)/y)
    }
  }

  #skipComment(): void {
    const end = this.#search(this.#blockLikeEnd(this.#options.commentEnd))
    if (end !== undefined) this.#passed(end)
    else if (this.#position < this.#source.length) throw this.#error('Missing end of comment tag', this.#position)
  }

  #skipLineComment(): void {
    const end = this.#source.indexOf('\n', this.#position)
    this.#position = end === -1 ? this.#source.length : end
  }

  #readRaw(): void {
    const { blockStart } = this.#options
    const pattern = `${escapePattern(blockStart)}([-+]?)\\s*endraw\\s*${this.#blockLikeEnd(this.#options.blockEnd)}`
    const end = this.#search(pattern)
    // Jinja does not mind where nothing at all comes behind it.
    if (end === undefined && this.#position === this.#source.length) return
    if (end === undefined) throw this.#error('Missing end of raw directive', this.#position)
    const body = this.#source.slice(this.#position, end.index)
    this.#data(this.#before(body, end[1] ?? '', 'block'), this.#position)
    this.#passed(end)
  }

  #search(pattern: string): RegExpExecArray | undefined {
    const expression = new RegExp(pattern, 'g')
    expression.lastIndex = this.#position
    return expression.exec(this.#source) ?? undefined
  }

  #passed(match: RegExpExecArray): void {
    this.#position = match.index + match[0].length
    this.#startsLine = match[0].endsWith('\n')
  }

  #blockLikeEnd(end: string): string {
    const escaped = escapePattern(end)
    return `(?:\\+${escaped}|-${escaped}\\s*|${escaped}${this.#options.trimBlocks ? '\\n?' : ''})`
  }

  #endPattern(kind: 'block' | 'variable'): RegExp {
    if (kind === 'block') return new RegExp(this.#blockLikeEnd(this.#options.blockEnd), 'y')
    const end = escapePattern(this.#options.variableEnd)
    return new RegExp(`-${end}\\s*|${end}`, 'y')
  }

  #readCode(endKind: TokenKind, end: RegExp): void {
    const expected: string[] = []
    while (this.#position < this.#source.length) {
      const closing = expected.length === 0 ? this.#match(end) : undefined
      if (closing !== undefined) {
        this.#push(endKind, '', this.#position)
        this.#position += closing.length
        this.#startsLine = closing.endsWith('\n')
        return
      }
      this.#readCodeToken(expected)
    }
    // A line statement may end with the source.
    if (this.#match(end) === '') this.#push(endKind, '', this.#position)
  }

  #readCodeToken(expected: string[]): void {
    const offset = this.#position
    const blank = this.#match(space)
    if (blank !== undefined) {
      this.#position += blank.length
      return
    }
    const [kind, found] = this.#codeToken()
    if (kind === 'operator') this.#balance(found, expected, offset)
    this.#push(kind === 'operator' ? found : kind, kind === 'string' ? this.#unescaped(found, offset) : found, offset)
    this.#position += found.length
  }

  #codeToken(): readonly [kind: string, text: string] {
    const kinds: readonly (readonly [string, RegExp])[] = [
      ['float', float],
      ['integer', integer],
      ['name', name],
      ['string', text],
      ['operator', operator],
    ]
    for (const [kind, pattern] of kinds) {
      const found = this.#match(pattern)
      if (found !== undefined) return [kind, found]
    }
    const [character = ''] = this.#source.slice(this.#position, this.#position + 2)
    throw this.#error(`unexpected char ${repr(character)} at ${this.#position}`, this.#position)
  }

  #balance(operator: string, expected: string[], offset: number): void {
    const closer = closers[operator]
    if (closer !== undefined) expected.push(closer)
    if (!')]}'.includes(operator)) return
    const wanted = expected.pop()
    if (wanted === operator) return
    throw this.#error(
      wanted === undefined ? `unexpected '${operator}'` : `unexpected '${operator}', expected '${wanted}'`,
      offset,
    )
  }

  #unescaped(literal: string, offset: number): string {
    const body = unescapeText(literal.slice(1, -1))
    if (body === undefined) throw this.#error('a text has an escape that is not complete', offset)
    return body
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    return pattern.exec(this.#source)?.[0]
  }

  #data(data: string, offset: number): void {
    if (data !== '') this.#push('data', data, offset)
  }

  #push(kind: TokenKind, text: string, offset: number): void {
    this.tokens.push({ kind, text, offset, line: this.#lineAt(offset) })
  }

  /** Offsets only grow, but for errors, which end the work. */
  #lineAt(offset: number): number {
    if (offset < this.#lineOffset) return this.#source.slice(0, offset).split('\n').length
    while (this.#lineEnd < offset) {
      this.#line += 1
      this.#lineOffset = this.#lineEnd + 1
      this.#lineEnd = endOfLine(this.#source, this.#lineOffset)
    }
    return this.#line
  }

  #error(message: string, offset: number): TemplateSyntaxError {
    return new TemplateSyntaxError(message, this.#lineAt(offset), offset)
  }
}

function endOfLine(source: string, offset: number): number {
  const end = source.indexOf('\n', offset)
  return end === -1 ? Number.POSITIVE_INFINITY : end
}

/** What opens a tag; longer delimiters are tried first. */
function openingRules(options: SyntaxOptions): { kind: Opening; pattern: string }[] {
  const block = escapePattern(options.blockStart)
  const blockEnd = escapePattern(options.blockEnd)
  const rules: { kind: Opening; start: string; pattern: string }[] = [
    { kind: 'comment', start: options.commentStart, pattern: `${escapePattern(options.commentStart)}[-+]?` },
    { kind: 'block', start: options.blockStart, pattern: `${block}[-+]?` },
    { kind: 'variable', start: options.variableStart, pattern: `${escapePattern(options.variableStart)}[-+]?` },
  ]
  const { lineStatementPrefix: statement, lineCommentPrefix: comment } = options
  if (statement !== undefined) {
    rules.push({ kind: 'line-statement', start: statement, pattern: `^[ \\t\\v]*${escapePattern(statement)}` })
  }
  if (comment !== undefined) {
    rules.push({ kind: 'line-comment', start: comment, pattern: `(?:^|(?<=\\S))[^\\S\\n]*${escapePattern(comment)}` })
  }
  rules.sort((left, right) => right.start.length - left.start.length)
  const raw = `${block}[-+]?\\s*raw\\s*(?:-${blockEnd}\\s*|${blockEnd})`
  return [{ kind: 'raw', pattern: raw }, ...rules]
}
