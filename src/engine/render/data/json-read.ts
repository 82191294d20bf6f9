/** JSON text to values of templates, as Python's `json.loads` reads it: exact integers, floats that stay floats, NaN. */
import { asFloat, type Float } from '../../../base/float.ts'
import { Dict } from '../values/dict.ts'
import type { Value } from '../values/kinds.ts'

/** Bad JSON, with 1-based line and column. */
export class JsonFault extends Error {
  readonly line: number
  readonly column: number

  constructor(message: string, text: string, offset: number) {
    super(message)
    const before = text.slice(0, offset).split('\n')
    this.line = before.length
    this.column = [...(before.at(-1) ?? '')].length + 1
  }
}

/** Throws `JsonFault`. */
export function readJson(text: string): Value {
  return new Reader(text).document()
}

const deepest = 900
const numberForm = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
const blanks = /[ \t\n\r]*/y
const plainText = /[^"\\\p{Cc}]*/uy
const words: readonly (readonly [string, Value])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reader {
  readonly #text: string
  #position = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): Value {
    this.#take(blanks)
    const value = this.#value()
    this.#take(blanks)
    if (this.#position < this.#text.length) this.#fail('Extra data')
    return value
  }

  #fail(message: string, offset = this.#position): never {
    throw new JsonFault(message, this.#text, offset)
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#position = pattern.lastIndex
    return found
  }

  /** Passes over a mark with the blanks before it. */
  #takeMark(mark: string): boolean {
    this.#take(blanks)
    if (this.#text[this.#position] !== mark) return false
    this.#position += 1
    return true
  }

  #value(): Value {
    switch (this.#text[this.#position]) {
      case '"':
        this.#position += 1
        return this.#string()
      case '[':
        return this.#nested(() => this.#list())
      case '{':
        return this.#nested(() => this.#object())
    }
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#position)) continue
      this.#position += word.length
      return value
    }
    const number = this.#take(numberForm)
    if (number === undefined) this.#fail('Expecting value')
    return numberOf(number)
  }

  #nested(read: () => Value): Value {
    this.#position += 1
    this.#depth += 1
    if (this.#depth > deepest) this.#fail('the nesting is too deep')
    const value = read()
    this.#depth -= 1
    return value
  }

  #list(): Value[] {
    const items: Value[] = []
    if (this.#takeMark(']')) return items
    do {
      this.#take(blanks)
      items.push(this.#value())
    } while (this.#takeMark(','))
    if (!this.#takeMark(']')) this.#fail("Expecting ',' delimiter")
    return items
  }

  #object(): Dict {
    const dict = new Dict()
    if (this.#takeMark('}')) return dict
    do {
      if (!this.#takeMark('"')) this.#fail('Expecting property name enclosed in double quotes')
      const key = this.#string()
      if (!this.#takeMark(':')) this.#fail("Expecting ':' delimiter")
      this.#take(blanks)
      dict.set(key, this.#value())
    } while (this.#takeMark(','))
    if (!this.#takeMark('}')) this.#fail("Expecting ',' delimiter")
    return dict
  }

  /** The rest of a text whose first quote was taken. */
  #string(): string {
    const start = this.#position - 1
    let text = ''
    for (;;) {
      text += this.#take(plainText)?.[0] ?? ''
      const mark = this.#text[this.#position]
      if (mark === undefined) this.#fail('Unterminated string starting at', start)
      if (mark < ' ') this.#fail('Invalid control character at')
      this.#position += 1
      if (mark === '"') return text
      text += mark === '\\' ? this.#escape() : mark
    }
  }

  #escape(): string {
    const letter = this.#text[this.#position] ?? ''
    const meaning = escapes[letter]
    if (meaning === undefined && letter !== 'u') this.#fail('Invalid \\escape', this.#position - 1)
    this.#position += 1
    if (meaning !== undefined) return meaning
    const hex = this.#text.slice(this.#position, this.#position + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail('Invalid \\uXXXX escape')
    this.#position += 4
    return String.fromCharCode(Number.parseInt(hex, 16))
  }
}

function numberOf([text, fraction, exponent]: RegExpExecArray): number | bigint | Float {
  const number = Number(text)
  if (fraction !== undefined || exponent !== undefined) return asFloat(number)
  return Number.isSafeInteger(number) ? (Object.is(number, -0) ? 0 : number) : BigInt(text)
}
