/** YAML text as PyYAML's `safe_dump` (on libyaml) writes it, byte for byte: the form in which Salt prints and stores. */
import { Float } from './float.ts'
import { floatRepr } from './python-number-repr.ts'
import { Secret } from './secret.ts'
import { compareText } from './text.ts'
import { writtenEntries } from './written-keys.ts'
import { fitsSimpleKey, writeLiteral, writePlain, writeText, YamlText } from './yaml-emit-scalars.ts'

export interface EmitOptions {
  /**
   * PyYAML's `default_flow_style`: false for blocks only (default), true for brackets and braces only, `'leaves'` (None in
   * Python) for brackets around collections that hold nothing but scalars.
   */
  readonly flow?: boolean | 'leaves'
  /** Whether the keys of a mapping are sorted; by default all are. */
  readonly sortKeys?: boolean | ((mapping: object) => boolean)
  /** Whether an object met twice is written once and referred to (`&id001`, `*id001`), as PyYAML does; default true. */
  readonly anchors?: boolean
  /** Columns per level, 2 to 9; anything else is 2, as in PyYAML. */
  readonly indent?: number
}

/**
 * Plain objects and Maps become mappings, arrays lists, Sets `!!set`, bytes `!!binary`; `Float` keeps its `.0`,
 * undefined is null, a Secret its dots. The text ends with a line break.
 */
export function emitYaml(value: unknown, options: EmitOptions = {}): string {
  const emitter = new Emitter(options)
  emitter.collectShared(value)
  emitter.node(value, { indent: -1, inFlow: false, isMappingValue: false })
  return `${emitter.out}\n`
}

/** A word that is written as it is, whatever it means to a reader. */
export class YamlWord {
  readonly word: string

  constructor(word: string) {
    this.word = word
  }
}

const defaultStep = 2
const width = 80

interface Place {
  /** Indentation of the collection around; -1 at the top. */
  readonly indent: number
  readonly inFlow: boolean
  readonly isMappingValue: boolean
}

type Pair = readonly [unknown, unknown]

class Emitter {
  readonly out = new YamlText()
  readonly #options: EmitOptions
  readonly #step: number
  /** Collections met so far; those met twice have a number. */
  readonly #anchors = new Map<object, number>()
  readonly #written = new Set<object>()
  #anchorCount = 0

  constructor(options: EmitOptions) {
    this.#options = options
    const { indent = defaultStep } = options
    this.#step = indent >= 2 && indent <= 9 ? indent : defaultStep
  }

  /** Numbers what will be met twice, in the order in which PyYAML numbers it. A value inside itself always needs one. */
  collectShared(value: unknown, around: ReadonlySet<object> = new Set()): void {
    if (!isCollection(value)) return
    const known = this.#anchors.get(value)
    if (known !== undefined && (this.#options.anchors !== false || around.has(value))) {
      if (known === 0) this.#anchors.set(value, ++this.#anchorCount)
      return
    }
    this.#anchors.set(value, known ?? 0)
    const inside = this.#options.anchors === false ? new Set(around).add(value) : around
    for (const child of this.#children(value)) this.collectShared(child, inside)
  }

  node(value: unknown, place: Place): void {
    if (!isCollection(value)) {
      this.#scalar(value, place, false)
      return
    }
    if (this.#anchor(value)) return
    if (value instanceof Set) this.out.indicator('!!set', { blank: true })
    const inFlow = place.inFlow || this.#isFlow(value)
    if (Array.isArray(value)) {
      if (inFlow || value.length === 0) this.#flowSequence(value, place)
      else this.#blockSequence(value, place)
      return
    }
    const pairs = this.#pairs(value)
    if (inFlow || pairs.length === 0) this.#flowMapping(pairs, place)
    else this.#blockMapping(pairs, place)
  }

  /** True when a reference stands for the whole value. */
  #anchor(value: object): boolean {
    const number = this.#anchors.get(value) ?? 0
    if (number === 0) return false
    const isReference = this.#written.has(value)
    this.#written.add(value)
    this.out.indicator(`${isReference ? '*' : '&'}id${String(number).padStart(3, '0')}`, { blank: true })
    return isReference
  }

  #isFlow(value: object): boolean {
    const { flow = false } = this.#options
    if (flow !== 'leaves') return flow
    return this.#children(value).every((child) => !isCollection(child) && !(child instanceof Uint8Array))
  }

  #children(value: object): readonly unknown[] {
    return Array.isArray(value) ? value : this.#pairs(value).flat()
  }

  #pairs(value: object): readonly Pair[] {
    const pairs = rawPairs(value)
    const { sortKeys = true } = this.#options
    return (typeof sortKeys === 'function' ? sortKeys(value) : sortKeys) ? sorted(pairs) : pairs
  }

  #blockSequence(items: readonly unknown[], place: Place): void {
    // A list under a key stands at the key's own column.
    const isIndentless = place.isMappingValue && !this.out.onlyIndented
    const indent = isIndentless ? Math.max(place.indent, 0) : this.#deeper(place.indent, 0)
    for (const item of items) {
      this.out.indentTo(indent)
      this.out.indicator('-', { blank: true, isIndentation: true })
      this.node(item, { indent, inFlow: false, isMappingValue: false })
    }
  }

  #blockMapping(pairs: readonly Pair[], place: Place): void {
    const indent = this.#deeper(place.indent, 0)
    const inside: Place = { indent, inFlow: false, isMappingValue: true }
    for (const [key, value] of pairs) {
      this.out.indentTo(indent)
      if (isSimpleKey(key)) {
        this.#scalar(key, inside, true)
        this.out.indicator(':')
      } else {
        this.out.indicator('?', { blank: true, isIndentation: true })
        this.node(key, inside)
        this.out.indentTo(indent)
        this.out.indicator(':', { blank: true, isIndentation: true })
      }
      this.node(value, inside)
    }
  }

  #flowSequence(items: readonly unknown[], place: Place): void {
    const indent = this.#deeper(place.indent, this.#step)
    this.out.indicator('[', { blank: true, isBlank: true })
    for (const [index, item] of items.entries()) {
      this.#flowItem(index, indent)
      this.node(item, { indent, inFlow: true, isMappingValue: false })
    }
    this.out.indicator(']')
  }

  #flowMapping(pairs: readonly Pair[], place: Place): void {
    const indent = this.#deeper(place.indent, this.#step)
    const inside: Place = { indent, inFlow: true, isMappingValue: true }
    this.out.indicator('{', { blank: true, isBlank: true })
    for (const [index, [key, value]] of pairs.entries()) {
      this.#flowItem(index, indent)
      if (isSimpleKey(key)) {
        this.#scalar(key, inside, true)
        this.out.indicator(':')
      } else {
        this.out.indicator('?', { blank: true })
        this.node(key, inside)
        if (this.out.column > width) this.out.indentTo(indent)
        this.out.indicator(':', { blank: true })
      }
      this.node(value, inside)
    }
    this.out.indicator('}')
  }

  #flowItem(index: number, indent: number): void {
    if (index > 0) this.out.indicator(',')
    if (this.out.column > width) this.out.indentTo(indent)
  }

  #scalar(value: unknown, { indent, inFlow }: Place, isSimpleKey: boolean): void {
    const place = { indent: this.#deeper(indent, this.#step), width, inFlow, isSimpleKey }
    if (value instanceof Uint8Array) {
      const text = base64Lines(value)
      this.out.indicator('!!binary', { blank: true })
      if (inFlow || isSimpleKey) writeText(this.out, text, { ...place, isSimpleKey: true })
      else writeLiteral(this.out, text, place.indent)
      return
    }
    const word = plainWord(value)
    if (word === undefined) writeText(this.out, scalarText(value), place)
    else writePlain(this.out, word, place)
  }

  #deeper(indent: number, atTop: number): number {
    return indent < 0 ? atTop : indent + this.#step
  }
}

function isCollection(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Float || value instanceof Uint8Array || value instanceof Secret || value instanceof YamlWord)
  )
}

function rawPairs(value: object): readonly Pair[] {
  if (value instanceof Map) return [...value]
  if (value instanceof Set) return [...value].map((item) => [item, null] as const)
  return writtenEntries(value)
}

/** Python sorts only what it can compare: all texts, or all numbers. */
function sorted(pairs: readonly Pair[]): readonly Pair[] {
  const keys = pairs.map(([key]) => key)
  if (keys.every((key) => typeof key === 'string')) {
    return pairs.toSorted(([a], [b]) => compareText(String(a), String(b)))
  }
  const isNumber = (key: unknown): boolean =>
    ['number', 'bigint', 'boolean'].includes(typeof key) || key instanceof Float
  return keys.every(isNumber) ? pairs.toSorted(([a], [b]) => Number(a) - Number(b)) : pairs
}

function isSimpleKey(key: unknown): boolean {
  if (isCollection(key) || key instanceof Uint8Array) return false
  return fitsSimpleKey(plainWord(key) ?? scalarText(key))
}

/** The word for a value that is no text; undefined for a text. */
function plainWord(value: unknown): string | undefined {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return floatWord(value)
    return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString()
  }
  if (value instanceof YamlWord) return value.word
  return value instanceof Float ? floatWord(value.value) : undefined
}

function floatWord(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const word = floatRepr(value)
  // Without a point YAML 1.1 would read `1e+22` as a text.
  return word.includes('.') ? word : word.replace('e', '.0e')
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}

/** Base64 in lines of 76 characters, each ended. */
function base64Lines(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\n')
}
