/** What certificates, requests and revocation lists say, in the form in which Salt tells it. */
import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { SaltError } from '../../../base/errors.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { parseExtensions } from './extensions.ts'
import { keyBits, publicPem } from './keys.ts'
import { nameOptions, parseName } from './names.ts'
import { Workshop } from './openssl.ts'
import { pemEntry, prettyHex, readPem } from './pem.ts'

type Facts = Record<string, unknown>

/** `2026-11-21 02:38:35`, in UTC. */
function shownTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ')
}

/** Throws `bad-arguments`. */
export function readCertificate(ctx: FunctionContext, given: unknown): X509Certificate {
  const { text } = readPem(ctx, given, 'CERTIFICATE')
  try {
    return new X509Certificate(text)
  } catch (cause) {
    throw new SaltError('bad-arguments', 'The certificate cannot be read.', { cause })
  }
}

const onlyExtensions =
  'no_header,no_version,no_serial,no_signame,no_validity,no_subject,no_issuer,no_pubkey,no_sigdump,no_aux'

export async function certificateFacts(ctx: FunctionContext, given: unknown): Promise<Facts> {
  const certificate = readCertificate(ctx, given)
  using workshop = new Workshop(ctx)
  const file = workshop.write('certificate.pem', certificate.toString())
  const words = ['x509', '-in', file, '-noout', '-subject_hash', '-issuer_hash', '-text', '-certopt', onlyExtensions]
  const shown = await workshop.run(words)
  const [subjectHash = '', issuerHash = ''] = shown.match(/^[0-9a-f]{8}$/gm) ?? []
  const extensions = parseExtensions(block(shown, 'X509v3 extensions:'))
  const fingerprint = (name: string): string => prettyHex(createHash(name).update(certificate.raw).digest('hex'))
  return {
    Version: versionOf(certificate.raw),
    'Key Size': keyBits(certificate.publicKey),
    'Serial Number': prettyHex(certificate.serialNumber),
    'SHA-256 Finger Print': fingerprint('sha256'),
    'MD5 Finger Print': fingerprint('md5'),
    'SHA1 Finger Print': fingerprint('sha1'),
    Subject: parseName(certificate.subject ?? ''),
    'Subject Hash': prettyHex(subjectHash),
    Issuer: parseName(certificate.issuer ?? ''),
    'Issuer Hash': prettyHex(issuerHash),
    'Not Before': shownTime(certificate.validFromDate),
    'Not After': shownTime(certificate.validToDate),
    'Public Key': publicPem(certificate.publicKey),
    ...(Object.keys(extensions).length === 0 ? {} : { 'X509v3 Extensions': extensions }),
  }
}

/** The version stands first, as a context tag, where it is not 1 (RFC 5280, 4.1). */
function versionOf(raw: Buffer): number {
  const at = raw.indexOf(Buffer.from([0xa0, 0x03, 0x02, 0x01]))
  return at < 0 || at > 12 ? 1 : (raw[at + 4] ?? 0) + 1
}

export async function requestFacts(ctx: FunctionContext, given: unknown): Promise<Facts> {
  const { text } = readPem(ctx, given, 'CERTIFICATE REQUEST')
  using workshop = new Workshop(ctx)
  const file = workshop.write('request.pem', text)
  const shown = await workshop.run(['req', '-in', file, '-noout', '-text', '-subject', '-pubkey', ...nameOptions])
  const key = createPublicKey(pemEntry(shown, 'PUBLIC KEY').text)
  return {
    Version: Number(/Version:\s*(\d+)/.exec(shown)?.[1] ?? 1),
    Subject: parseName(nameAfter(shown, 'subject=')),
    'Public Key Hash': createHash('sha1')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
    'X509v3 Extensions': parseExtensions(block(shown, 'Requested Extensions:')),
  }
}

/** The lines of a name, which stand behind this word and have no space before it. */
function nameAfter(text: string, word: string): string {
  const [, rest = ''] = text.split(new RegExp(`^${word}`, 'm'))
  return rest.split(/^(?:-----|Certificate)/m)[0] ?? ''
}

/** What stands below a title and further in than it. */
function block(text: string, title: string): string {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.trim() === title)
  if (start < 0) return ''
  const indent = indentOf(lines[start] ?? '')
  const length = lines.slice(start + 1).findIndex((line) => line.trim() !== '' && indentOf(line) <= indent)
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n')
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

export async function listFacts(ctx: FunctionContext, given: unknown): Promise<Facts> {
  const { text } = readPem(ctx, given, 'X509 CRL')
  using workshop = new Workshop(ctx)
  const file = workshop.write('list.pem', text)
  const shown = await workshop.run(['crl', '-in', file, '-noout', '-text', '-issuer', ...nameOptions])
  const field = (name: string): string => new RegExp(`^ *${name}:? (.*)$`, 'm').exec(shown)?.[1]?.trim() ?? ''
  return {
    Version: field('Version'),
    'Signature Algorithm': field('Signature Algorithm'),
    Issuer: parseName(nameAfter(shown, 'issuer=')),
    'Last Update': opensslTime(field('Last Update')),
    'Next Update': opensslTime(field('Next Update')),
    'Revoked Certificates': revokedIn(shown),
  }
}

/** `Nov 21 02:38:35 2026 GMT` */
function opensslTime(text: string): string {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? text : shownTime(time)
}

/** One mapping for each: serial number → what is said about it. */
function revokedIn(shown: string): Facts[] {
  const [, list = ''] = /^Revoked Certificates:\n([\s\S]*?)(?=^ {4}Signature Algorithm:)/m.exec(shown) ?? []
  return list.split(/^\s*Serial Number: /m).flatMap((entry) => {
    const [serial = '', ...lines] = entry.split('\n')
    if (serial.trim() === '') return []
    const date = /Revocation Date: (.*)/.exec(entry)?.[1] ?? ''
    const reason = /X509v3 CRL Reason Code:\s*\n\s*(.*)/.exec(lines.join('\n'))?.[1]
    const facts: Facts = {
      [prettyHex(serial.trim())]: {
        'Revocation Date': opensslTime(date),
        ...(reason === undefined ? {} : { 'X509v3 CRL Reason Code': reason.trim() }),
      },
    }
    return [facts]
  })
}
