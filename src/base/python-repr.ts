/** Values as Python prints them: users of Salt know this form from `--out raw`, `--out txt` and its messages. */
import { Float } from './float.ts'
import { Secret } from './secret.ts'

/** `repr(value)`: `{'a': [1, 'two', None, True]}`, `1.0`, `b'\x00'`. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return textRepr(value)
  if (typeof value === 'number')
    return Number.isInteger(value) && !Object.is(value, -0) ? intRepr(value) : floatRepr(value)
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Float) return floatRepr(value.value)
  if (value instanceof Secret) return textRepr(value.toString())
  if (value instanceof Uint8Array) return bytesRepr(value)
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${[...value].map(pythonRepr).join(', ')}}`
  if (value instanceof Map) return pairsRepr([...value])
  if (typeof value === 'object') return pairsRepr(Object.entries(value))
  return textRepr(String(value))
}

/** `str(value)`: as `pythonRepr`, but a text stands without quotes. */
export function pythonString(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value)
}

function pairsRepr(pairs: readonly (readonly [unknown, unknown])[]): string {
  return `{${pairs.map(([key, value]) => `${pythonRepr(key)}: ${pythonRepr(value)}`).join(', ')}}`
}

function intRepr(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString()
}

/** Python's shortest form of a float: `1.0`, `1e-07`, `1e+16`, `inf`. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? '-' : '+'
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const plain = fixedForm(mantissa, exponent)
  return plain.includes('.') ? plain : `${plain}.0`
}

/** `1.5` and 3 → `1500`. Between the bounds of `floatRepr` JavaScript might choose another form by itself. */
function fixedForm(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

const namedEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }

function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  // Python escapes what it calls not printable: separators but the space, and all of Unicode's "other".
  const body = text.replace(
    /[\\]|(?! )[\p{C}\p{Z}]/gu,
    (character) => namedEscapes[character] ?? numericEscape(character),
  )
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote
}

function numericEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

function bytesRepr(bytes: Uint8Array): string {
  let body = ''
  let singleQuote = false
  let doubleQuote = false
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    singleQuote ||= character === "'"
    doubleQuote ||= character === '"'
    body += namedEscapes[character] ?? (byte >= 0x20 && byte < 0x7f ? character : numericEscape(character))
  }
  return singleQuote && !doubleQuote ? `b"${body}"` : `b'${body.replaceAll("'", "\\'")}'`
}
