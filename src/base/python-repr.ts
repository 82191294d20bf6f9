/** Values as Python prints them: users of Salt know this form from `--out raw`, `--out txt` and its messages. */
import { isRecord } from './narrow.ts'
import { Secret } from './secret.ts'
import { isWrittenKey, keyText, writtenEntries } from './written-keys.ts'

/** `repr(value)`: `{'a': [1, 'two', None, True]}`, `1.0`, `b'\x00'`. */
export function pythonRepr(value: unknown): string {
  if (value === undefined) return 'None'
  if (typeof value === 'string') return textRepr(value)
  if (isWrittenKey(value)) return keyText(value)
  if (value instanceof Secret) return textRepr(value.toString())
  if (value instanceof Uint8Array) return bytesRepr(value)
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${[...value].map(pythonRepr).join(', ')}}`
  if (value instanceof Map) return pairsRepr([...value])
  if (isRecord(value)) return pairsRepr(writtenEntries(value))
  return textRepr(String(value))
}

/** `str(value)`: as `pythonRepr`, but a text stands without quotes. */
export function pythonString(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value)
}

function pairsRepr(pairs: readonly (readonly [unknown, unknown])[]): string {
  return `{${pairs.map(([key, value]) => `${pythonRepr(key)}: ${pythonRepr(value)}`).join(', ')}}`
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
