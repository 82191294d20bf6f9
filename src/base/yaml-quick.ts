/**
 * The values of a YAML text by one walk over its characters, several times as quick as by tokens and nodes, for the texts that
 * people write. What it does not know for certain, and every fault, is left to the reader that follows libyaml.
 */
import { plainValue, type YamlModel } from './yaml-construct.ts'
import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  giveUp,
  hasGivenUp,
  lineFeed,
  openBracket,
  space,
  YamlCursor,
} from './yaml-cursor.ts'
import { YamlFault } from './yaml-fault.ts'

export interface QuickYaml {
  readonly value: unknown
  /** Offsets of the keys of the outermost mapping, by their text. */
  readonly starts: ReadonlyMap<string, number>
}

/** Undefined where the text is none of the plain ones. */
export function readPlainYaml<M extends object, S extends object>(
  source: string,
  model: YamlModel<M, S>,
): QuickYaml | undefined {
  if (!source.endsWith('\n') || unusual.test(source)) return undefined
  try {
    const walk = new Walk(source, model)
    return { value: walk.document(), starts: walk.starts }
  } catch (error) {
    if (hasGivenUp(error) || error instanceof YamlFault) return undefined
    throw error
  }
}

/** Control characters, tabs, line ends other than a line feed. */
const unusual = /[^\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/

/** A key is no longer than this, and on one line. */
const keyLimit = 1024
/** Deeper ones are left to the other reader, which has a limit of its own. */
const depthLimit = 200

class Walk<M extends object, S extends object> extends YamlCursor {
  readonly starts = new Map<string, number>()
  readonly #model: YamlModel<M, S>
  #depth = 0

  constructor(text: string, model: YamlModel<M, S>) {
    super(text)
    this.#model = model
  }

  document(): unknown {
    const isMarked = this.text.startsWith('---\n')
    if (isMarked) this.at = 4
    this.toNextLine()
    if (this.column === -1) return isMarked ? giveUp() : null
    const value = this.#block(-1)
    return this.column === -1 ? value : giveUp()
  }

  /** A value whose first character is met. @param around Column of the collection that it is in. */
  #block(around: number): unknown {
    if (this.isAtEntry) return this.#entries(this.at - this.lineStart)
    if (this.isAtFlow) return this.#flowInBlock()
    if (this.isAtBlockScalar) return this.blockScalar(around)
    const { at, lineStart } = this
    const text = this.scalar(false)
    this.skipSpaces()
    if (!this.isAtColon) return this.#lastOfLine(text, at, lineStart, around)
    return this.lineStart === lineStart ? this.#pairs(at - lineStart, text, at) : giveUp()
  }

  #flowInBlock(): unknown {
    const value = this.#flow()
    this.endLine()
    return value
  }

  #deeper(): void {
    this.#depth += 1
    if (this.#depth > depthLimit) giveUp()
  }

  #entries(column: number): unknown[] {
    this.#deeper()
    const items: unknown[] = []
    do {
      this.at += 1
      this.skipSpaces()
      if (this.isLineDone) {
        this.endLine()
        items.push(this.column > column ? this.#block(column) : null)
      } else items.push(this.#block(column))
    } while (this.column === column && this.isAtEntry)
    if (this.column > column) giveUp()
    this.#depth -= 1
    return items
  }

  /** The colon behind the first key is met. */
  #pairs(column: number, firstKey: string, firstStart: number): M {
    this.#deeper()
    const mapping = this.#model.mapping()
    const isOutermost = this.#depth === 1
    let key = firstKey
    let start = firstStart
    for (;;) {
      if (isOutermost) this.starts.set(key, start)
      const known = this.#newKey(mapping, this.#key(key, start))
      this.at += 1
      this.#model.setKey(mapping, known, this.#valueOfPair(column))
      if (this.column !== column) break
      if (this.isAtEntry) giveUp()
      start = this.at
      const line = this.lineStart
      key = this.scalar(false)
      this.skipSpaces()
      if (!this.isAtColon || this.lineStart !== line) giveUp()
    }
    if (this.column > column) giveUp()
    this.#depth -= 1
    return mapping
  }

  /** The key that begins at `start` and ends before the colon. */
  #key(text: string, start: number): unknown {
    if (this.at - start > keyLimit) giveUp()
    if (!this.isPlain(start)) return this.#model.key(text)
    // A merge, which needs nodes.
    if (text === '<<') giveUp()
    return this.#model.key(text === '=' ? text : plainValue(text))
  }

  #newKey(mapping: M, key: unknown): unknown {
    return this.#model.hasKey(mapping, key) ? giveUp() : key
  }

  #valueOfPair(column: number): unknown {
    this.skipSpaces()
    if (this.isLineDone) {
      this.endLine()
      if (this.column > column) return this.#block(column)
      return this.column === column && this.isAtEntry ? this.#entries(column) : null
    }
    if (this.isAtEntry) giveUp()
    if (this.isAtFlow) return this.#flowInBlock()
    if (this.isAtBlockScalar) return this.blockScalar(column)
    const { at, lineStart } = this
    return this.#lastOfLine(this.scalar(false), at, lineStart, column)
  }

  /** A plain text may go on in lines that are further to the right than what is around it. */
  #lastOfLine(text: string, start: number, lineStart: number, around: number): unknown {
    const isPlain = this.isPlain(start)
    this.skipSpaces()
    const mayGoOn = isPlain && this.code() === lineFeed
    this.endLine()
    if (!isPlain) return text
    return plainValue(mayGoOn && this.column > around ? this.plainOfLines(start, lineStart, around, false) : text)
  }

  #flow(): unknown {
    this.#deeper()
    const value = this.code() === openBracket ? this.#flowItems() : this.#flowPairs()
    this.at += 1
    this.#depth -= 1
    return value
  }

  #flowItems(): unknown[] {
    const items: unknown[] = []
    this.at += 1
    for (this.skipFlowGap(); this.code() !== closeBracket; this.skipFlowGap()) {
      items.push(this.#flowValue())
      this.#takeComma(closeBracket)
    }
    return items
  }

  #flowPairs(): M {
    const mapping = this.#model.mapping()
    const isOutermost = this.#depth === 1
    this.at += 1
    for (this.skipFlowGap(); this.code() !== closeBrace; this.skipFlowGap()) {
      const { at, lineStart } = this
      const text = this.scalar(true)
      this.skipSpaces()
      if (this.code() !== colon || this.code(1) !== space || this.lineStart !== lineStart) giveUp()
      if (isOutermost) this.starts.set(text, at)
      const key = this.#newKey(mapping, this.#key(text, at))
      this.at += 1
      this.skipFlowGap()
      this.#model.setKey(mapping, key, this.#flowValue())
      this.#takeComma(closeBrace)
    }
    return mapping
  }

  #takeComma(end: number): void {
    this.skipFlowGap()
    if (this.code() === comma) this.at += 1
    else if (this.code() !== end) giveUp()
  }

  #flowValue(): unknown {
    if (this.isAtFlow) return this.#flow()
    const { at, lineStart } = this
    const text = this.scalar(true)
    if (!this.isPlain(at)) return text
    this.skipSpaces()
    return plainValue(this.code() === lineFeed ? this.plainOfLines(at, lineStart, -1, true) : text)
  }
}
