/** `'{} of {name:>5}'.format(…)`. */

import { isText, type Kwargs, Undefined, type Value } from './kinds.ts'
import { formatMagnitude, isNegative } from './number-format.ts'
import { isFloat, numeric } from './numbers.ts'
import { asciiRepr, repr, str } from './print.ts'
import { PyError, typeError, valueError } from './py-error.ts'
import { checkLength, codePointSlice, padded } from './text.ts'
import { typeName } from './type-name.ts'

/** How a field such as `{0.name[key]}` gets from value to value. */
export interface FieldAccess {
  readonly attribute: (value: Value, name: string) => Value
  readonly item: (value: Value, key: Value) => Value
}

/** Where the fields of a format find their values. */
interface Fields {
  readonly access: FieldAccess
  readonly args: readonly Value[]
  readonly named: (name: string) => Value | undefined
  /** Of the next field without a name; undefined once a field had a number. */
  nextIndex: number | undefined
}

/** `format.format(*args, **kwargs)`. Throws ValueError, IndexError or KeyError as Python does. */
export function formatBraces(format: string, args: readonly Value[], kwargs: Kwargs, access: FieldAccess): string {
  return expand(format, { access, args, named: (name) => kwargs.get(name), nextIndex: 0 }, 0)
}

/** `format.format_map(mapping)`. */
export function formatMapping(format: string, mapping: Value, access: FieldAccess): string {
  return expand(format, { access, args: [], named: (name) => access.item(mapping, name), nextIndex: 0 }, 0)
}

function expand(format: string, fields: Fields, depth: number): string {
  if (depth > 2) throw valueError('Max string recursion exceeded')
  let text = ''
  let index = 0
  while (index < format.length) {
    const character = format.charAt(index)
    if (character !== '{' && character !== '}') {
      text += character
      index += 1
    } else if (format.charAt(index + 1) === character) {
      text += character
      index += 2
    } else if (character === '}') {
      throw valueError("Single '}' encountered in format string")
    } else {
      const end = closingBrace(format, index)
      text += formatField(format.slice(index + 1, end), fields, depth)
      index = end + 1
    }
  }
  return text
}

function closingBrace(format: string, start: number): number {
  let depth = 0
  for (let index = start; index < format.length; index++) {
    if (format[index] === '{') depth += 1
    if (format[index] === '}' && --depth === 0) return index
  }
  throw valueError(
    start === format.length - 1 ? "Single '{' encountered in format string" : "expected '}' before end of string",
  )
}

function formatField(field: string, fields: Fields, depth: number): string {
  const [, path = '', conversion, , specification = ''] =
    /^((?:\[[^\]]*\]|[^:!])*)(?:!(.?))?(:([\s\S]*))?$/.exec(field) ?? []
  let value = fieldValue(path, fields)
  if (conversion !== undefined) value = converted(value, conversion)
  const expanded = specification.includes('{') ? expand(specification, fields, depth + 1) : specification
  return formatValue(value, expanded)
}

function converted(value: Value, conversion: string): string {
  if (conversion === 's') return str(value)
  if (conversion === 'r') return repr(value)
  if (conversion === 'a') return asciiRepr(value)
  throw valueError(`Unknown conversion specifier '${conversion}'`)
}

function fieldValue(path: string, fields: Fields): Value {
  const [, first = '', rest = ''] = /^([^.[]*)([\s\S]*)$/.exec(path) ?? []
  let value = firstValue(first, fields)
  for (const [, attribute, item = ''] of rest.matchAll(/\.([^.[]+)|\[([^\]]*)\]/g)) {
    value =
      attribute === undefined
        ? fields.access.item(value, /^\d+$/.test(item) ? Number(item) : item)
        : fields.access.attribute(value, attribute)
    if (value instanceof Undefined) value.fail()
  }
  return value
}

function firstValue(name: string, fields: Fields): Value {
  if (name === '' || /^\d+$/.test(name)) {
    const value = fields.args[fieldIndex(name, fields)]
    if (value === undefined) throw new PyError('IndexError', 'tuple index out of range')
    return value
  }
  const value = fields.named(name)
  if (value === undefined) throw new PyError('KeyError', repr(name))
  return value
}

/** Fields are numbered by hand or by themselves, never both. */
function fieldIndex(name: string, fields: Fields): number {
  const { nextIndex } = fields
  if (name === '') {
    if (nextIndex === undefined) {
      throw valueError('cannot switch from manual field specification to automatic field numbering')
    }
    fields.nextIndex = nextIndex + 1
    return nextIndex
  }
  if (nextIndex !== undefined && nextIndex > 0) {
    throw valueError('cannot switch from automatic field numbering to manual field specification')
  }
  fields.nextIndex = undefined
  return Number(name)
}

const specificationForm = /^(?:([\s\S])?([<>=^]))?([+\- ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/u

/** `format(value, specification)`. Throws ValueError for a specification that does not fit. */
function formatValue(value: Value, specification: string): string {
  if (specification === '') return str(value)
  const match = specificationForm.exec(specification)
  if (match === null)
    throw valueError(`Invalid format specifier '${specification}' for object of type '${typeName(value)}'`)
  const [, fill, align, sign, noNegativeZero, alternate, zero, width, separator = '', precision, type = ''] = match
  const columns = Number(width ?? 0)
  const digits = precision === undefined ? undefined : Number(precision)
  checkLength(columns)
  const number = numeric(value)
  if (number === undefined) {
    failOnNumberStyle(value, match)
    return formatText(value, { fill: fill ?? zero, align, columns, digits, type })
  }
  if (digits !== undefined && !isFloat(value) && 'bcdnoxX'.includes(type)) {
    throw valueError('Precision not allowed in integer format specifier')
  }
  if (noNegativeZero !== undefined && !isFloat(value) && 'bcdnoxX'.includes(type)) {
    throw valueError('Negative zero coercion (z) not allowed in integer format specifier')
  }
  const minus = isNegative(value) ? '-' : sign === '+' || sign === ' ' ? sign : ''
  const isZeroFilled = (fill ?? zero) === '0' && (align ?? '=') === '='
  const style = { type, precision: digits, alternate: alternate !== undefined, separator }
  const body = formatMagnitude(value, isZeroFilled ? { ...style, zeroColumns: columns - minus.length } : style)
  if (align === '=' || (zero !== undefined && align === undefined)) {
    return minus + padded(body, columns - minus.length, 'left', fill ?? (zero === undefined ? ' ' : '0'))
  }
  return aligned(minus + body, columns, align ?? '>', fill ?? (zero === undefined ? ' ' : '0'))
}

/** Throws ValueError for what only numbers can have. */
function failOnNumberStyle(
  value: Value,
  [, , , sign, noNegativeZero, alternate, , , separator, , type]: RegExpExecArray,
) {
  if (!isText(value) || (type !== undefined && type !== 's')) return
  if (separator !== undefined) throw valueError(`Cannot specify '${separator}' with 's'.`)
  const refused = [
    sign === ' ' ? 'Space' : sign && 'Sign',
    noNegativeZero && 'Negative zero coercion (z)',
    alternate && 'Alternate form (#)',
  ].find((one) => one !== undefined)
  if (refused !== undefined) throw valueError(`${refused} not allowed in string format specifier`)
}

interface TextStyle {
  readonly fill: string | undefined
  readonly align: string | undefined
  readonly columns: number
  readonly digits: number | undefined
  readonly type: string
}

function formatText(value: Value, { fill, align, columns, digits, type }: TextStyle): string {
  if (!isText(value)) throw typeError(`unsupported format string passed to ${typeName(value)}.__format__`)
  if (type !== '' && type !== 's')
    throw valueError(`Unknown format code '${type}' for object of type '${typeName(value)}'`)
  if (align === '=') throw valueError("'=' alignment not allowed in string format specifier")
  const text = str(value)
  return aligned(digits === undefined ? text : codePointSlice(text, 0, digits), columns, align ?? '<', fill ?? ' ')
}

function aligned(text: string, columns: number, align: string, fill: string): string {
  if (align === '^') {
    const missing = Math.max(0, columns - [...text].length)
    const left = Math.floor(missing / 2)
    return fill.repeat(left) + text + fill.repeat(missing - left)
  }
  return padded(text, columns, align === '>' ? 'left' : 'right', fill)
}
