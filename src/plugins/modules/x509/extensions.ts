/** Extensions of certificates: from arguments to the configuration of openssl, and back from what openssl prints. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'

/** In the order in which they are put in: a key identifier before what refers to it. */
const names: readonly (readonly [short: string, long: string])[] = [
  ['basicConstraints', 'X509v3 Basic Constraints'],
  ['keyUsage', 'X509v3 Key Usage'],
  ['extendedKeyUsage', 'X509v3 Extended Key Usage'],
  ['subjectKeyIdentifier', 'X509v3 Subject Key Identifier'],
  ['authorityKeyIdentifier', 'X509v3 Authority Key Identifier'],
  ['issuerAltName', 'X509v3 Issuer Alternative Name'],
  ['authorityInfoAccess', 'Authority Information Access'],
  ['subjectAltName', 'X509v3 Subject Alternative Name'],
  ['crlDistributionPoints', 'X509v3 CRL Distribution Points'],
  ['issuingDistributionPoint', 'X509v3 Issuing Distribution Point'],
  ['certificatePolicies', 'X509v3 Certificate Policies'],
  ['policyConstraints', 'X509v3 Policy Constraints'],
  ['inhibitAnyPolicy', 'X509v3 Inhibit Any Policy'],
  ['nameConstraints', 'X509v3 Name Constraints'],
  ['noCheck', 'OCSP No Check'],
  ['tlsfeature', 'TLS Feature'],
  ['nsComment', 'Netscape Comment'],
  ['nsCertType', 'Netscape Cert Type'],
]

/** Other names that arguments may have. */
const aliases: Readonly<Record<string, string>> = {
  issuserAltName: 'issuerAltName',
  'X509v3 Authority Info Access': 'authorityInfoAccess',
  'X509v3 OCSP No Check': 'noCheck',
  'Netscape Certificate Type': 'nsCertType',
}

function shortName(name: string): string | undefined {
  return aliases[name] ?? names.find(([short, long]) => short === name || long === name)?.[0]
}

export function isExtension(name: string): boolean {
  return shortName(name) !== undefined
}

/** Short name → value as openssl takes it, in order. Throws `bad-arguments`. */
export function extensionsIn(args: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const given = new Map(
    Object.entries(args).flatMap(([name, value]) => {
      const short = shortName(name)
      return short === undefined || value === undefined || value === null || value === ''
        ? []
        : [[short, value] as const]
    }),
  )
  return new Map(
    names.flatMap(([short]) => (given.has(short) ? [[short, wordsOf(short, given.get(short))] as const] : [])),
  )
}

function wordsOf(name: string, value: unknown): string {
  const text = isRecord(value)
    ? mappingWords(value)
    : Array.isArray(value)
      ? value.map(pythonString).join(',')
      : pythonString(value)
  if (/[\r\n\0]/.test(text)) throw new SaltError('bad-arguments', `${name} must not have line breaks`)
  const [, mark, rest = text] = /^\s*(critical)[\s,]+(.*)$/s.exec(text) ?? []
  return `${mark === undefined ? '' : 'critical,'}${normalized(name, rest)}`
}

/** `{critical: true, ca: true, pathlen: 0}`, as newer states have it. */
function mappingWords(value: Readonly<Record<string, unknown>>): string {
  const { critical, value: plain, ...rest } = value
  const words = [
    ...(critical === true ? ['critical'] : []),
    ...(plain === undefined ? [] : [plain].flat().map(pythonString)),
    ...Object.entries(rest).map(
      ([key, one]) =>
        `${key === 'ca' ? 'CA' : key}:${typeof one === 'boolean' ? (one ? 'TRUE' : 'FALSE') : pythonString(one)}`,
    ),
  ]
  return words.join(',')
}

function normalized(name: string, text: string): string {
  if (name === 'noCheck') return 'ignored'
  if (!name.endsWith('AltName')) return text
  return text
    .replace(/\bIP Address:/gi, 'IP:')
    .replace(/(^|,)\s*(dns|ip|uri|rid|mail|email|dirname):/gi, (_, before: string, kind: string) => {
      const kinds: Readonly<Record<string, string>> = { mail: 'email', email: 'email', dirname: 'dirName' }
      return `${before}${kinds[kind.toLowerCase()] ?? kind.toUpperCase()}:`
    })
}

/** A section of a configuration, in which openssl reads nothing but these values. */
export function extensionSection(section: string, extensions: ReadonlyMap<string, string>): string {
  const lines = [...extensions].map(([name, value]) => `${name} = ${value.replace(/[\\$#"'`]/g, '\\$&')}`)
  return [`[${section}]`, ...lines, ''].join('\n')
}

/** Short name → value, `critical` first where it is, from the part of `openssl … -text` that lists extensions. */
export function parseExtensions(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  let name: string | undefined
  let indent = 0
  for (const line of text.split('\n')) {
    const space = line.length - line.trimStart().length
    if (line.trim() === '') continue
    const [, title, isCritical] = /^\s+(\S[^:]*|[\d.]+):\s*(critical)?\s*$/.exec(line) ?? []
    if (title !== undefined && (name === undefined || space <= indent)) {
      name = shortName(title) ?? title
      indent = space
      found[name] = isCritical === undefined ? '' : 'critical'
    } else if (name !== undefined && space > indent) {
      const before = found[name] ?? ''
      const value = line.trim()
      found[name] = before === '' ? value : `${before}${before === 'critical' ? ' ' : '\n'}${value}`
    }
  }
  return found
}

/** Extensions as openssl shows them, in the form in which it takes them. */
export function requestedExtensions(shown: unknown): Record<string, string> {
  if (!isRecord(shown)) return {}
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, asGiven(name, String(value))]))
}

function asGiven(name: string, shown: string): string {
  const mark = shown.startsWith('critical') ? 'critical,' : ''
  const found = (pattern: RegExp, form: (match: RegExpMatchArray) => string): string =>
    mark + [...shown.matchAll(pattern)].map(form).join(',')
  if (name === 'crlDistributionPoints') return found(/URI:(\S+)/g, ([, uri]) => `URI:${uri}`)
  if (name === 'certificatePolicies') return found(/Policy: (\S+)/g, ([, policy = '']) => policy)
  if (name !== 'authorityInfoAccess') return shown
  return found(
    /(OCSP|CA Issuers) - URI:(\S+)/g,
    ([, kind, uri]) => `${kind === 'OCSP' ? kind : 'caIssuers'};URI:${uri}`,
  )
}
