/** PEM texts: entries between BEGIN and END lines, and where they come from. */
import { readFileSync, statSync } from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export interface PemEntry {
  /** `CERTIFICATE`, `RSA PRIVATE KEY` */
  readonly type: string
  /** Lines of 64 characters, with BEGIN and END, and a line break at the end. */
  readonly text: string
}

const longestBytes = 8 * 1024 * 1024
const entryPattern = /-----BEGIN ([0-9A-Z ]+)-----([A-Za-z0-9+/=\s:,.-]*?)-----END \1-----/g
const headerPattern = /^\s*(Proc-Type: 4,ENCRYPTED)\s+(DEK-Info: [A-Z0-9-]+,[0-9A-F]+)\s+([\s\S]*)$/

/** All entries of a text; line breaks may be missing or written as `\n`. */
export function pemEntries(text: string): PemEntry[] {
  return [...text.replaceAll('\\n', '\n').matchAll(entryPattern)].map(([, type = '', body = '']) => {
    const [, procType, dekInfo, rest = body] = headerPattern.exec(body) ?? []
    const header = procType === undefined ? [] : [procType, dekInfo ?? '', '']
    const lines = rest.replace(/\s+/g, '').match(/.{1,64}/g) ?? []
    return { type, text: [`-----BEGIN ${type}-----`, ...header, ...lines, `-----END ${type}-----`, ''].join('\n') }
  })
}

/** Which entries a name of a type stands for. */
function fits(type: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true
  // As Salt writes it, for keys of both forms.
  if (wanted === '(?:RSA )?PRIVATE KEY' || wanted === 'PRIVATE KEY') return type.endsWith('PRIVATE KEY')
  return wanted === 'CERTIFICATE REQUEST' ? type.endsWith('CERTIFICATE REQUEST') : type === wanted
}

/** The first entry of a type. Throws `bad-arguments`. */
export function pemEntry(text: string, type?: string): PemEntry {
  const found = pemEntries(text).find((entry) => fits(entry.type, type))
  if (found !== undefined) return found
  // The text may hold a private key, so that the message does not repeat it.
  const message = type === undefined ? 'PEM text not valid' : `PEM does not contain a single entry of type ${type}`
  throw new SaltError('bad-arguments', message)
}

/** Content of the file, where what is given is a path, or what is given. Throws `execution-failed`. */
export function textOrFile(ctx: FunctionContext, given: string): string {
  if (given.includes('-----BEGIN') || given.length > 4096 || given.includes('\0')) return given
  const place = ctx.at(given)
  try {
    const status = statSync(place, { throwIfNoEntry: false })
    if (status === undefined || !status.isFile()) return given
    if (status.size > longestBytes) throw new SaltError('execution-failed', `${given} is too large for a PEM file`)
    return readFileSync(place, 'latin1')
  } catch (error) {
    if (error instanceof SaltError) throw error
    throw new SaltError('execution-failed', `Cannot read ${given}: ${systemReason(error)}`, { cause: error })
  }
}

/** The first entry of a type in a file or a text. Throws `bad-arguments`. */
export function readPem(ctx: FunctionContext, given: unknown, type?: string): PemEntry {
  if (typeof given !== 'string' || given === '') {
    throw new SaltError(
      'bad-arguments',
      `a path or a PEM text is needed${type === undefined ? '' : ` of type ${type}`}`,
    )
  }
  const text = textOrFile(ctx, given)
  if (text === given && given.startsWith('/')) {
    throw new SaltError('bad-arguments', `${given} does not exist`)
  }
  return pemEntry(text, type)
}

/** `ABCD` → `AB:CD` */
export function prettyHex(hex: string): string {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return (even.toUpperCase().match(/../g) ?? []).join(':')
}
