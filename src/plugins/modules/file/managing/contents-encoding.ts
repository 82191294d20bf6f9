/** Texts in other encodings than UTF-8, under the names that Python gives them. */
import { SaltError } from '../../../../base/errors.ts'

/** Highest code point of an encoding, and how its bytes are made. */
interface Encoding {
  readonly limit: number
  readonly node: BufferEncoding
  readonly start?: readonly number[]
  readonly isSwapped?: boolean
}

const everything = Number.POSITIVE_INFINITY
const utf8: Encoding = { limit: everything, node: 'utf8' }
const latin1: Encoding = { limit: 0x100, node: 'latin1' }
const ascii: Encoding = { limit: 0x80, node: 'latin1' }

const encodings: Readonly<Record<string, Encoding>> = {
  utf8,
  u8: utf8,
  utf8sig: { ...utf8, start: [0xef, 0xbb, 0xbf] },
  latin1,
  l1: latin1,
  iso88591: latin1,
  '8859': latin1,
  cp819: latin1,
  ascii,
  usascii: ascii,
  '646': ascii,
  utf16: { limit: everything, node: 'utf16le', start: [0xff, 0xfe] },
  utf16le: { limit: everything, node: 'utf16le' },
  utf16be: { limit: everything, node: 'utf16le', isSwapped: true },
}

/** What stands for a character that the encoding does not have, by Python's name of the way to deal with it. */
const replacements: Readonly<Record<string, (character: string) => string>> = {
  ignore: () => '',
  replace: () => '?',
  xmlcharrefreplace: (character) => `&#${character.codePointAt(0)};`,
  backslashreplace: (character) => escaped(character.codePointAt(0) ?? 0),
}

function escaped(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

/** Throws `execution-failed` for an encoding that is not known, and for characters that it does not have. */
export function encodeContents(text: string, name: string | undefined, errors: string): Buffer {
  if (name === undefined || name === '') return Buffer.from(text)
  const encoding = encodings[name.toLowerCase().replace(/[-_ ]/g, '')]
  if (encoding === undefined) {
    throw new SaltError('execution-failed', `unknown encoding: ${name}`, {
      hint: 'Known are utf-8, utf-8-sig, ascii, latin-1, utf-16, utf-16-le and utf-16-be.',
    })
  }
  const bytes = Buffer.from(fitting(text, encoding, name, errors), encoding.node)
  if (encoding.isSwapped === true) bytes.swap16()
  return encoding.start === undefined ? bytes : Buffer.concat([Buffer.from(encoding.start), bytes])
}

function fitting(text: string, { limit }: Encoding, name: string, errors: string): string {
  if (limit === everything) return text
  return text.replace(/[^\0-\x7f]/gu, (character) => {
    if ((character.codePointAt(0) ?? 0) < limit) return character
    const replace = replacements[errors]
    if (replace !== undefined) return replace(character)
    throw new SaltError(
      'execution-failed',
      `'${name}' codec can't encode character '${character}': ordinal not in range(${limit})`,
      { hint: 'Use another encoding, or set encoding_errors.' },
    )
  })
}
