/** `'%s of %d' % values`. */

import { Range, Tuple, Undefined, type Value } from './kinds.ts'
import { formatMagnitude, isNegative } from './number-format.ts'
import { isFloat, numeric } from './numbers.ts'
import { asciiRepr, repr, str } from './print.ts'
import { PyError, typeError, valueError } from './py-error.ts'
import { checkLength, codePointLength, codePointSlice, padded } from './text.ts'
import { typeName } from './type-name.ts'

const directive = /%(?:\(([^)]*)\))?([#0\- +]*)(\*|\d+)?(?:\.(\*|\d+)?)?[hlL]?([\s\S]?)/g

/** Reads values one after the other, or by name from a dictionary. */
class Values {
  readonly #all: Value
  readonly #items: readonly Value[]
  #next = 0
  #byName = false

  constructor(all: Value) {
    this.#all = all
    this.#items = all instanceof Tuple ? all.items : [all]
  }

  next(): Value {
    if (this.#next >= this.#items.length) throw typeError('not enough arguments for format string')
    return this.#items[this.#next++]
  }

  named(name: string): Value {
    if (this.#all instanceof Undefined) this.#all.fail()
    if (!(this.#all instanceof Map)) throw typeError('format requires a mapping')
    this.#byName = true
    const value: Value | undefined = this.#all.get(name)
    if (value === undefined) throw new PyError('KeyError', repr(name))
    return value
  }

  integer(): number {
    const number = numeric(this.next())
    if (number === undefined) throw typeError('* wants int')
    return Number(number)
  }

  /** What has items by key counts as a mapping, and what a mapping holds need not be used. */
  #isMapping(): boolean {
    const all = this.#all
    if (all instanceof Undefined) return true
    return all instanceof Map || Array.isArray(all) || all instanceof Uint8Array || all instanceof Range
  }

  failOnRest(): void {
    if (this.#byName || this.#next >= this.#items.length || this.#isMapping()) return
    throw typeError('not all arguments converted during string formatting')
  }
}

/** The text with values put in for its directives. Throws TypeError, ValueError or KeyError as Python does. */
export function formatPercent(format: string, all: Value): string {
  const values = new Values(all)
  const text = format.replace(
    directive,
    (
      whole: string,
      name: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      type: string,
      offset: number,
    ) => {
      if (type === '%' && whole === '%%') return '%'
      if (type === '') throw valueError('incomplete format')
      const columns = width === '*' ? values.integer() : Number(width ?? 0)
      const digits = whole.includes('.') ? (precision === '*' ? values.integer() : Number(precision ?? 0)) : undefined
      checkLength(columns)
      const value = name === undefined ? values.next() : values.named(name)
      return formatOne(value, type, flags, columns, digits, offset + whole.length - 1)
    },
  )
  values.failOnRest()
  return text
}

function formatOne(
  value: Value,
  type: string,
  flags: string,
  width: number,
  precision: number | undefined,
  index: number,
): string {
  const side = flags.includes('-') ? 'right' : 'left'
  if ('sra'.includes(type)) {
    const text = type === 's' ? str(value) : type === 'r' ? repr(value) : asciiRepr(value)
    return padded(precision === undefined ? text : codePointSlice(text, 0, precision), width, side)
  }
  if (type === 'c' && typeof value === 'string' && codePointLength(value) === 1) return padded(value, width, side)
  const zeroColumns = flags.includes('0') && side === 'left' ? width : 0
  return padded(formatNumber(value, type, { flags, precision, zeroColumns }, index), width, side)
}

interface NumberFlags {
  readonly flags: string
  readonly precision: number | undefined
  /** How many columns the number fills at least, with zeros behind its sign. */
  readonly zeroColumns: number
}

function formatNumber(
  value: Value,
  type: string,
  { flags, precision, zeroColumns }: NumberFlags,
  index: number,
): string {
  if (!'diuxXoeEfFgGc'.includes(type)) {
    const code = (type.codePointAt(0) ?? 0).toString(16)
    throw valueError(`unsupported format character '${type}' (0x${code}) at index ${index}`)
  }
  const number = numeric(value)
  if (value instanceof Undefined) value.fail()
  if (number === undefined) throw wrongType(type, value)
  const isWhole = 'diu'.includes(type)
  if (!isWhole && 'xXoc'.includes(type) && isFloat(value)) throw wrongType(type, value)
  const truncated = isWhole && typeof number === 'number' ? BigInt(Math.trunc(number)) : value
  const sign = isNegative(truncated) ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const style = { type: isWhole ? 'd' : type, precision, alternate: flags.includes('#'), separator: '' }
  const digits = formatMagnitude(truncated, { ...style, zeroColumns: zeroColumns - sign.length })
  return sign + (isWhole ? digits.padStart(precision ?? 0, '0') : digits)
}

function wrongType(type: string, value: Value): PyError {
  if ('diu'.includes(type)) return typeError(`%${type} format: a real number is required, not ${typeName(value)}`)
  if ('xXo'.includes(type)) return typeError(`%${type} format: an integer is required, not ${typeName(value)}`)
  return typeError(type === 'c' ? '%c requires int or char' : `must be real number, not ${typeName(value)}`)
}
