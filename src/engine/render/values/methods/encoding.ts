/** Texts to bytes and back under Python's names of encodings. */
import { PyError } from '../py-error.ts'

type Encoding = 'utf8' | 'latin1' | 'ascii' | 'utf16le'

const encodings: Readonly<Record<string, Encoding>> = {
  utf8: 'utf8',
  u8: 'utf8',
  latin1: 'latin1',
  iso88591: 'latin1',
  l1: 'latin1',
  ascii: 'ascii',
  usascii: 'ascii',
  utf16le: 'utf16le',
}

function encodingOf(name: string): Encoding {
  const encoding = encodings[name.toLowerCase().replace(/[-_ ]/g, '')]
  if (encoding === undefined) throw new PyError('LookupError', `unknown encoding: ${name}`)
  return encoding
}

/** `text.encode(encoding)`. Throws UnicodeEncodeError for characters that the encoding does not have. */
export function encodeText(text: string, name = 'utf-8'): Uint8Array {
  const encoding = encodingOf(name)
  const limit = encoding === 'latin1' ? 0x100 : encoding === 'ascii' ? 0x80 : Number.POSITIVE_INFINITY
  for (const character of Number.isFinite(limit) ? text : '') {
    if ((character.codePointAt(0) ?? 0) < limit) continue
    throw new PyError(
      'UnicodeEncodeError',
      `'${name}' codec can't encode character '${character}': ordinal not in range(${limit})`,
    )
  }
  return Uint8Array.from(Buffer.from(text, encoding))
}

/** `bytes.decode(encoding)`. Throws UnicodeDecodeError for bytes that are no text. */
export function decodeBytes(bytes: Uint8Array, name = 'utf-8'): string {
  const encoding = encodingOf(name)
  if (encoding !== 'utf8') return Buffer.from(bytes).toString(encoding)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new PyError('UnicodeDecodeError', "'utf-8' codec can't decode the bytes: they are no UTF-8", { cause })
  }
}
