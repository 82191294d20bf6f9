/** Ini files on disk: read and written in the encoding that they have. */
import { readFileSync, statSync } from 'node:fs'
import { SaltError, systemCode } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { writeSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { IniDocument } from './document.ts'

export interface IniRequest {
  readonly file_name: string
  readonly separator: string
  readonly encoding?: string | undefined
  readonly no_spaces?: boolean
}

/** Names as Python has them, without dashes → as Node has them. */
const encodings: Readonly<Record<string, BufferEncoding>> = {
  utf8: 'utf8',
  utf8sig: 'utf8',
  ascii: 'latin1',
  usascii: 'latin1',
  latin1: 'latin1',
  iso88591: 'latin1',
  utf16: 'utf16le',
  utf16le: 'utf16le',
}

const longestBytes = 16 * 1024 * 1024
const byteOrderMark = '\uFEFF'

function encodingOf({ encoding }: IniRequest): BufferEncoding {
  const found = encodings[(encoding ?? 'utf-8').toLowerCase().replace(/[-_ ]/g, '')]
  if (found !== undefined) return found
  throw new SaltError('bad-arguments', `the encoding ${encoding} is not supported for ini files`, {
    hint: 'Use utf-8, latin-1, ascii or utf-16.',
  })
}

export interface IniFile {
  readonly document: IniDocument
  /** Writes it, if it is another than before. */
  save(): void
}

/** A file that is not there is empty, and comes to be with what is written. Throws `execution-failed`. */
export function openIni(ctx: FunctionContext, request: IniRequest): IniFile {
  const encoding = encodingOf(request)
  const text = readText(ctx, request.file_name, encoding)
  const mark = text.startsWith(byteOrderMark) ? byteOrderMark : ''
  const document = new IniDocument(text.slice(mark.length), {
    separator: request.separator,
    noSpaces: request.no_spaces ?? false,
  })
  return {
    document,
    save() {
      const after = mark + document.toString()
      if (after === text || after === `${text}\n`) return
      writeSystemFile(ctx, request.file_name, Buffer.from(after, encoding))
    },
  }
}

function readText(ctx: FunctionContext, path: string, encoding: BufferEncoding): string {
  const place = ctx.at(path)
  try {
    const { size } = statSync(place)
    if (size > longestBytes) throw new SaltError('execution-failed', `${path} is too large for an ini file`)
    return readFileSync(place).toString(encoding)
  } catch (error) {
    if (error instanceof SaltError) throw error
    if (systemCode(error) === 'ENOENT') return ''
    throw new SaltError('execution-failed', `Unable to open file '${path}'. ${systemReason(error)}`, { cause: error })
  }
}
