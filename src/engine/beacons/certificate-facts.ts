import { X509Certificate } from 'node:crypto'

const dayMs = 86_400_000

/**
 * What Salt's beacon tells of a certificate: `issuer` (`C="DE",CN="host"`), `issuer_dict`, the same of `subject`; `notAfter` and
 * `notBefore`, `…_raw` as they are encoded; `version` as it is encoded (2 for version 3), `extensions`, and these.
 */
export interface CertificateFacts {
  readonly cert_path: string
  /** Decimal; as text, since it has more digits than numbers can have. */
  readonly serial_number: string
  readonly has_expired: boolean
  /** Ours: whole days until the end, negative after it. */
  readonly days_left: number
  readonly [more: string]: unknown
}

/** The facts of the first certificate of a PEM file. Throws what Node throws where it is none. */
export function certificateFacts(path: string, pem: Buffer, nowMs: number): CertificateFacts {
  const certificate = new X509Certificate(pem)
  const { issuer, subject, serialNumber, subjectAltName, keyUsage, raw } = certificate
  const end = certificate.validToDate.getTime()
  const extensions = [
    ...(subjectAltName === undefined ? [] : [{ ext_name: 'subjectAltName', ext_data: subjectAltName }]),
    ...(Array.isArray(keyUsage) ? [{ ext_name: 'extendedKeyUsage', ext_data: keyUsage.join(', ') }] : []),
    { ext_name: 'basicConstraints', ext_data: `CA:${certificate.ca ? 'TRUE' : 'FALSE'}` },
  ]
  return {
    cert_path: path,
    ...named('issuer', issuer),
    ...timed('notAfter', certificate.validToDate),
    ...timed('notBefore', certificate.validFromDate),
    serial_number: BigInt(`0x${serialNumber}`).toString(),
    ...signatureOf(certificate),
    ...named('subject', subject),
    version: versionOf(raw),
    extensions,
    has_expired: end <= nowMs,
    days_left: Math.floor((end - nowMs) / dayMs),
  }
}

/** `KEY=VALUE` lines, as Node gives a name; a further value of a key wins, as in Salt. */
function named(key: string, name: string): Record<string, unknown> {
  const parts = (name ?? '').split('\n').flatMap((line) => {
    const [, word = '', value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? []
    return word === '' ? [] : [[word, value] as const]
  })
  return {
    [key]: parts.map(([word, value]) => `${word}="${value}"`).join(','),
    [`${key}_dict`]: Object.fromEntries(parts),
  }
}

function timed(key: string, time: Date): Record<string, string> {
  const text = `${time.toISOString().slice(0, 19).replace('T', ' ')}Z`
  return { [`${key}_raw`]: text.replace(/[- :]/g, ''), [key]: text }
}

function signatureOf(certificate: object): Record<string, string> {
  const name: unknown = 'signatureAlgorithm' in certificate ? certificate.signatureAlgorithm : undefined
  return typeof name === 'string' ? { signature_algorithm: name } : {}
}

/** X.509: the certificate, in it what is signed, and first in that, under tag 0, the version where it is not 0. */
function versionOf(der: Buffer): number {
  const inner = skipHead(der, skipHead(der, 0))
  return der[inner] === 0xa0 ? (der[inner + 4] ?? 0) : 0
}

/** Where the content of an element begins. */
function skipHead(der: Buffer, at: number): number {
  const length = der[at + 1] ?? 0
  return at + 2 + (length < 0x80 ? 0 : length & 0x7f)
}
