/** Distinguished names: from arguments to openssl, and from what openssl prints back to mappings. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'

/** Names of arguments → names that openssl knows, in the order in which a name is put together. */
const fields: readonly (readonly [argument: string, field: string])[] = [
  ['C', 'C'],
  ['ST', 'ST'],
  ['SP', 'ST'],
  ['L', 'L'],
  ['STREET', 'street'],
  ['street', 'street'],
  ['O', 'O'],
  ['OU', 'OU'],
  ['CN', 'CN'],
  ['Email', 'emailAddress'],
  ['emailAddress', 'emailAddress'],
  ['MAIL', 'emailAddress'],
  ['SN', 'SN'],
  ['surname', 'SN'],
  ['GN', 'GN'],
  ['givenName', 'GN'],
  ['initials', 'initials'],
  ['title', 'title'],
  ['UID', 'UID'],
  ['DC', 'DC'],
  ['SERIALNUMBER', 'serialNumber'],
  ['serialNumber', 'serialNumber'],
]

/** Arguments that are parts of a name. */
export const subjectArguments: readonly string[] = [...fields.map(([argument]) => argument), 'subject']

export type NamePart = readonly [field: string, value: string]

/** The parts of the name that the arguments describe; a list gives a field several times. */
export function nameParts(args: Readonly<Record<string, unknown>>): NamePart[] {
  const { subject } = args
  if (typeof subject === 'string' && subject !== '') return splitName(subject)
  if (Array.isArray(subject)) return subject.map(pythonString).flatMap(splitName)
  const given = isRecord(subject) ? subject : args
  const parts = fields.flatMap(([argument, field]) => {
    const value = given[argument]
    return value === undefined || value === null ? [] : [value].flat().map((one) => [field, pythonString(one)] as const)
  })
  for (const [field, value] of parts) assertPlain(field, value)
  return parts
}

/** `CN=example.com,O=Example`: what stands last is what a certificate has first (RFC 4514). */
function splitName(text: string): NamePart[] {
  const parts = text.match(/(?:\\.|[^,\\])+/gs) ?? []
  return parts.reverse().map((part) => {
    const [, field, value = ''] = /^\s*([A-Za-z0-9.]+)\s*=\s*(.*?)\s*$/s.exec(part) ?? []
    if (field === undefined) throw new SaltError('bad-arguments', `${JSON.stringify(part)} is no part of a name`)
    const known = fields.find(([argument]) => argument.toLowerCase() === field.toLowerCase())?.[1] ?? field
    return [known, value.replace(/\\(.)/gs, '$1')]
  })
}

function assertPlain(field: string, value: string): void {
  if (/[\r\n\0]/.test(value)) throw new SaltError('bad-arguments', `${field} must not have line breaks`)
}

/** As `openssl req -subj` takes it. */
export function subjectWord(parts: readonly NamePart[]): string {
  return parts.length === 0
    ? '/'
    : parts.map(([field, value]) => `/${field}=${value.replace(/[\\/+=]/g, '\\$&')}`).join('')
}

/** Options by which openssl prints a name in lines that `parseName` reads. */
export const nameOptions = ['-nameopt', 'sep_multiline,utf8,esc_2253,esc_ctrl,sname'] as const

/** The lines `CN=host` of a name as a mapping; a field that stands twice is a list. */
export function parseName(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {}
  for (const line of text.replace(/^(?:subject|issuer)=\s*/, '').split(/\n| \+ /)) {
    const [, field, escaped = ''] = /^\s*([A-Za-z0-9.]+)\s?=\s?(.*)$/.exec(line) ?? []
    if (field === undefined) continue
    const value = escaped.replace(/\\([0-9A-F]{2}|.)/g, (_, code: string) =>
      code.length === 2 ? String.fromCharCode(Number.parseInt(code, 16)) : code,
    )
    const before = found[field]
    found[field] = before === undefined ? value : [before, value].flat()
  }
  return found
}
