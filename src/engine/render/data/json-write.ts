/** Values of templates as Python's `json.dumps` writes them. */
import { Float } from '../../../base/float.ts'
import { floatRepr } from '../../../base/python-number-repr.ts'
import { compare } from '../values/compare.ts'
import { Markup, Tuple, type Value } from '../values/kinds.ts'
import { PyError, typeError, valueError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { Walk } from '../values/walk.ts'

export interface JsonWriteOptions {
  readonly sortKeys?: boolean
  /** What each level is indented by; everything on one line when left out. */
  readonly indent?: string
  /** Whether characters beyond ASCII are escaped. */
  readonly ensureAscii?: boolean
}

/** Throws TypeError for values and keys that JSON does not have, ValueError for a value inside itself. */
export function writeJson(value: Value, options: JsonWriteOptions = {}): string {
  return new Writer(options).text(value, '')
}

const deepest = 900

class Writer {
  readonly #options: JsonWriteOptions
  readonly #around = new Set<Value>()
  readonly #walk = new Walk()

  constructor(options: JsonWriteOptions) {
    this.#options = options
  }

  text(value: Value, margin: string): string {
    const word = scalarWord(value)
    if (word !== undefined) return word
    if (typeof value === 'string') return this.#quoted(value)
    if (value instanceof Markup) return this.#quoted(value.text)
    if (Array.isArray(value)) return this.#inside(value, () => this.#list(value, margin))
    if (value instanceof Tuple) return this.#inside(value, () => this.#list(value.items, margin))
    if (value instanceof Map) return this.#inside(value, () => this.#object(value, margin))
    throw typeError(`Object of type ${typeName(value)} is not JSON serializable`)
  }

  #inside(value: Value, write: () => string): string {
    this.#walk.step()
    if (this.#around.has(value)) throw valueError('Circular reference detected')
    if (this.#around.size >= deepest)
      throw new PyError('RecursionError', 'maximum recursion depth exceeded while encoding a JSON object')
    this.#around.add(value)
    const text = write()
    this.#around.delete(value)
    return text
  }

  #list(items: readonly Value[], margin: string): string {
    return this.#joined('[', ']', margin, (inner) => items.map((item) => this.text(item, inner)))
  }

  #object(dict: ReadonlyMap<Value, Value>, margin: string): string {
    const pairs = [...dict]
    if (this.#options.sortKeys === true) pairs.sort(([left], [right]) => -compare(right, left))
    return this.#joined('{', '}', margin, (inner) =>
      pairs.map(([key, item]) => `${this.#quoted(keyText(key))}: ${this.text(item, inner)}`),
    )
  }

  #joined(open: string, close: string, margin: string, write: (inner: string) => readonly string[]): string {
    const { indent } = this.#options
    const inner = indent === undefined ? '' : `${margin}${indent}`
    const parts = write(inner)
    if (parts.length === 0) return open + close
    if (indent === undefined) return `${open}${parts.join(', ')}${close}`
    return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`
  }

  #quoted(text: string): string {
    const quoted = `"${text.replace(/["\\\p{Cc}]/gu, escapeOf)}"`
    // Python leaves DEL as it is.
    return this.#options.ensureAscii === true ? quoted.replace(/[\u0080-\uffff]/g, unicodeEscape) : quoted
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

function escapeOf(character: string): string {
  if (character > ' ' && character !== '"' && character !== '\\') return character
  return escapes[character] ?? unicodeEscape(character)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The word of a number, a boolean or null; undefined for anything else. */
function scalarWord(value: Value): string | undefined {
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value).toString() : floatWord(value)
  return value instanceof Float ? floatWord(value.value) : undefined
}

function floatWord(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  return floatRepr(value)
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key
  if (key instanceof Markup) return key.text
  const word = scalarWord(key)
  if (word !== undefined) return word
  throw typeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`)
}
