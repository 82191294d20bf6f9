/**
 * YAML text to tokens, as libyaml cuts it: block structure becomes tokens of its own, and a key is known for one only when
 * its colon is met. So errors are found at the same places as in PyYAML.
 */
import { YamlFault } from './yaml-fault.ts'
import { isBlank, isBreak, isGap, lineFeed, space, tab, YamlReader } from './yaml-reader.ts'
import { type Directive, scanAnchor, scanDirective, scanTag, type Tag } from './yaml-scan-marks.ts'
import { scanBlock, scanPlain, scanQuoted } from './yaml-scan-scalars.ts'

export type MarkKind =
  | 'end'
  | 'document-start'
  | 'document-end'
  | 'block-sequence'
  | 'block-mapping'
  | 'block-end'
  | 'flow-sequence'
  | 'flow-sequence-end'
  | 'flow-mapping'
  | 'flow-mapping-end'
  | 'entry'
  | 'flow-entry'
  | 'key'
  | 'value'

export type YamlToken = { readonly start: number } & (
  | { readonly kind: MarkKind }
  | { readonly kind: 'anchor' | 'alias'; readonly name: string }
  | { readonly kind: 'tag'; readonly tag: Tag }
  | { readonly kind: 'directive'; readonly directive: Directive }
  | { readonly kind: 'scalar'; readonly tag: undefined; readonly text: string; readonly plain: boolean }
)

/** May stand at the start of any line, and counts as a column. */
const byteOrderMark = 0xfeff
/** A key is no longer than this, and on one line. */
const keyLimit = 1024
const nestingLimit = 1000
const noKey = -1

export class YamlScanner {
  readonly #reader: YamlReader
  #tokens: YamlToken[] = []
  /** Tokens before this one were taken. */
  #next = 0
  /** Tokens that were taken and forgotten. */
  #forgotten = 0
  #ended = false
  /** What `peek` has found: nothing that comes can stand before it any more. */
  #peeked: YamlToken | undefined
  #indent = -1
  readonly #indents: number[] = []
  #flowLevel = 0
  #keyAllowed = true
  /**
   * Where a key may have begun, should a colon follow on the same line: for each flow level the number of the token that it
   * begins with, or `noKey`, and what belongs to it. Numbers in lists: most scalars are such a place, and cost no object.
   */
  readonly #keys: number[] = [noKey]
  readonly #keyPlaces: number[] = [0]
  readonly #keyLines: number[] = [0]
  readonly #keyColumns: number[] = [0]
  /** Keys that must be there: at the column of the block. */
  readonly #keysRequired: boolean[] = [false]

  constructor(source: string) {
    this.#reader = new YamlReader(source)
  }

  /** The token that `take` will return. Throws `YamlFault`. */
  peek(): YamlToken {
    this.#peeked ??= this.#find()
    return this.#peeked
  }

  #find(): YamlToken {
    while (this.#needsMore() && !this.#ended) this.#fetch()
    const token = this.#tokens[this.#next]
    if (token === undefined) throw new YamlFault('ParserError', 'the text ends too early', this.#reader.place)
    return token
  }

  take(): YamlToken {
    const token = this.peek()
    if (token.kind === 'end') return token
    this.#peeked = undefined
    this.#next += 1
    if (this.#next > 64) {
      this.#tokens = this.#tokens.slice(this.#next)
      this.#forgotten += this.#next
      this.#next = 0
    }
    return token
  }

  #needsMore(): boolean {
    if (this.#next >= this.#tokens.length) return true
    const current = this.#forgotten + this.#next
    for (let level = 0; level < this.#keys.length; level++) {
      if (this.#validKey(level) === current) return true
    }
    return false
  }

  /** The possible key of a level, unless the text has gone on too far for it to be one. */
  #validKey(level: number): number {
    const key = this.#keys[level] ?? noKey
    if (key === noKey) return noKey
    const reader = this.#reader
    const isNear = (this.#keyPlaces[level] ?? 0) + keyLimit >= reader.position
    if (this.#keyLines[level] === reader.line && isNear) return key
    this.#dropKey(level)
    return noKey
  }

  #dropKey(level: number): void {
    if (this.#keysRequired[level] === true) {
      this.#reader.fail("could not find expected ':'", 'while scanning a simple key', this.#keyPlaces[level] ?? 0)
    }
    this.#keys[level] = noKey
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return
    this.#forgetKey()
    const { column, place, line } = this.#reader
    const level = this.#flowLevel
    this.#keys[level] = this.#forgotten + this.#tokens.length
    this.#keyPlaces[level] = place
    this.#keyLines[level] = line
    this.#keyColumns[level] = column
    this.#keysRequired[level] = level === 0 && this.#indent === column
  }

  #forgetKey(): void {
    if (this.#keys[this.#flowLevel] !== noKey) this.#dropKey(this.#flowLevel)
  }

  #push(token: YamlToken): void {
    this.#tokens.push(token)
  }

  /** Opens a block when the text is further to the right than before. @param at Index of the first token inside. */
  #indentTo(column: number, kind: 'block-sequence' | 'block-mapping', start: number, at = this.#tokens.length): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return
    if (this.#indents.length >= nestingLimit) this.#tooDeep()
    this.#indents.push(this.#indent)
    this.#indent = column
    this.#tokens.splice(at, 0, { kind, start })
  }

  #tooDeep(): never {
    this.#reader.fail('the nesting is too deep', 'while scanning for the next token', this.#reader.place)
  }

  /** Closes the blocks that the text has left. */
  #unindentTo(column: number): void {
    if (this.#flowLevel > 0) return
    while (this.#indent > column) {
      this.#push({ kind: 'block-end', start: this.#reader.place })
      this.#indent = this.#indents.pop() ?? -1
    }
  }

  #skipToToken(): void {
    const reader = this.#reader
    for (;;) {
      let code = reader.code()
      if (code === byteOrderMark && reader.column === 0) {
        reader.position += 1
        code = reader.code()
      }
      while (code === space || (code === tab && (this.#flowLevel > 0 || !this.#keyAllowed))) {
        if (code === tab) reader.position += 1
        code = reader.codeAfterSpaces()
      }
      if (code === 0x23) {
        reader.skipToLineEnd()
        code = reader.code()
      }
      if (code !== lineFeed && !isBreak(code)) return
      reader.takeBreak()
      if (this.#flowLevel === 0) this.#keyAllowed = true
    }
  }

  #fetch(): void {
    this.#skipToToken()
    const reader = this.#reader
    for (let level = 0; level < this.#keys.length; level++) this.#validKey(level)
    this.#unindentTo(reader.column)
    const code = reader.code()
    if (code === 0) this.#fetchEnd()
    else if (reader.column === 0 && code === 0x25) this.#fetchDirective()
    else if (reader.isAtDocumentMark()) this.#fetchDocumentMark()
    else this.#fetchOther(code)
  }

  #fetchOther(code: number): void {
    const nextIsGap = isGap(this.#reader.code(1))
    const inFlow = this.#flowLevel > 0
    switch (code) {
      case 0x5b: // [
        return this.#fetchFlowStart('flow-sequence')
      case 0x7b: // {
        return this.#fetchFlowStart('flow-mapping')
      case 0x5d: // ]
        return this.#fetchFlowEnd('flow-sequence-end')
      case 0x7d: // }
        return this.#fetchFlowEnd('flow-mapping-end')
      case 0x2c: // ,
        return this.#fetchFlowEntry()
      case 0x2d: // -
        return nextIsGap ? this.#fetchEntry() : this.#fetchPlain()
      case 0x3f: // ?
        return inFlow || nextIsGap ? this.#fetchKey() : this.#fetchPlain()
      case 0x3a: // :
        return inFlow || nextIsGap ? this.#fetchValue() : this.#fetchPlain()
      case 0x2a: // *
      case 0x26: // &
        return this.#fetchAnchor(code === 0x2a ? 'alias' : 'anchor')
      case 0x21: // !
        return this.#fetchTag()
      case 0x27: // '
      case 0x22: // "
        return this.#fetchQuoted()
      case 0x7c: // |
      case 0x3e: // >
        return inFlow ? this.#refuse() : this.#fetchBlock()
      case 0x25: // %
      case 0x40: // @
      case 0x60: // `
        return this.#refuse()
      default:
        return isBlank(code) ? this.#refuse() : this.#fetchPlain()
    }
  }

  #refuse(): never {
    const { place } = this.#reader
    this.#reader.fail('found character that cannot start any token', 'while scanning for the next token', place)
  }

  /** A token of `length` characters. */
  #mark(kind: MarkKind, length: number): void {
    this.#push({ kind, start: this.#reader.place })
    this.#reader.position += length
  }

  #leaveBlocks(): void {
    this.#unindentTo(-1)
    this.#forgetKey()
    this.#keyAllowed = false
  }

  #fetchEnd(): void {
    this.#reader.close()
    this.#leaveBlocks()
    this.#ended = true
    this.#mark('end', 0)
  }

  #fetchDirective(): void {
    this.#leaveBlocks()
    const start = this.#reader.place
    this.#push({ kind: 'directive', start, directive: scanDirective(this.#reader) })
  }

  #fetchDocumentMark(): void {
    this.#leaveBlocks()
    this.#mark(this.#reader.code() === 0x2d ? 'document-start' : 'document-end', 3)
  }

  #fetchFlowStart(kind: 'flow-sequence' | 'flow-mapping'): void {
    this.#saveKey()
    if (this.#flowLevel >= nestingLimit) this.#tooDeep()
    this.#keys.push(noKey)
    this.#flowLevel += 1
    this.#keyAllowed = true
    this.#mark(kind, 1)
  }

  #fetchFlowEnd(kind: 'flow-sequence-end' | 'flow-mapping-end'): void {
    this.#forgetKey()
    if (this.#flowLevel > 0) {
      this.#flowLevel -= 1
      this.#keys.pop()
    }
    this.#keyAllowed = false
    this.#mark(kind, 1)
  }

  #fetchFlowEntry(): void {
    this.#forgetKey()
    this.#keyAllowed = true
    this.#mark('flow-entry', 1)
  }

  #fetchEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) this.#refuseHere('block sequence entries are not allowed in this context')
      this.#indentTo(this.#reader.column, 'block-sequence', this.#reader.place)
    }
    this.#forgetKey()
    this.#keyAllowed = true
    this.#mark('entry', 1)
  }

  #fetchKey(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) this.#refuseHere('mapping keys are not allowed in this context')
      this.#indentTo(this.#reader.column, 'block-mapping', this.#reader.place)
    }
    this.#forgetKey()
    this.#keyAllowed = this.#flowLevel === 0
    this.#mark('key', 1)
  }

  #fetchValue(): void {
    const level = this.#flowLevel
    const key = this.#validKey(level)
    if (key !== noKey) {
      const at = key - this.#forgotten
      const place = this.#keyPlaces[level] ?? 0
      this.#tokens.splice(at, 0, { kind: 'key', start: place })
      this.#indentTo(this.#keyColumns[level] ?? 0, 'block-mapping', place, at)
      this.#keys[level] = noKey
      this.#keyAllowed = false
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed) this.#refuseHere('mapping values are not allowed in this context')
        this.#indentTo(this.#reader.column, 'block-mapping', this.#reader.place)
      }
      this.#keyAllowed = this.#flowLevel === 0
    }
    this.#mark('value', 1)
  }

  #refuseHere(problem: string): never {
    throw new YamlFault('ScannerError', problem, this.#reader.place)
  }

  #fetchAnchor(kind: 'anchor' | 'alias'): void {
    this.#saveKey()
    this.#keyAllowed = false
    const start = this.#reader.place
    this.#push({ kind, start, name: scanAnchor(this.#reader) })
  }

  #fetchTag(): void {
    this.#saveKey()
    this.#keyAllowed = false
    const start = this.#reader.place
    this.#push({ kind: 'tag', start, tag: scanTag(this.#reader, this.#flowLevel > 0) })
  }

  #fetchQuoted(): void {
    this.#saveKey()
    this.#keyAllowed = false
    const start = this.#reader.place
    this.#push({ kind: 'scalar', tag: undefined, plain: false, text: scanQuoted(this.#reader), start })
  }

  #fetchBlock(): void {
    this.#forgetKey()
    this.#keyAllowed = true
    const start = this.#reader.place
    this.#push({ kind: 'scalar', tag: undefined, plain: false, text: scanBlock(this.#reader, this.#indent), start })
  }

  #fetchPlain(): void {
    this.#saveKey()
    this.#keyAllowed = false
    const start = this.#reader.place
    const { text, endsLine } = scanPlain(this.#reader, this.#indent, this.#flowLevel > 0)
    this.#push({ kind: 'scalar', tag: undefined, plain: true, text, start })
    if (endsLine) this.#keyAllowed = true
  }
}
