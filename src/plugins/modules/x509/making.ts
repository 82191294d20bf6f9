/** Makes requests, certificates and revocation lists: openssl does the work, in a private folder. */
import { randomBytes, X509Certificate } from 'node:crypto'
import { SaltError } from '../../../base/errors.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { extensionSection, extensionsIn, requestedExtensions } from './extensions.ts'
import { isSameKey, keyFile, publicPem, readPrivateKey, readPublicKey, secretOf } from './keys.ts'
import { type NamePart, nameOptions, nameParts, parseName, subjectWord } from './names.ts'
import { Workshop } from './openssl.ts'
import { pemEntry, prettyHex, readPem } from './pem.ts'
import { readCertificate, requestFacts } from './reading.ts'
import { withPolicy } from './signing-policies.ts'

type Arguments = Readonly<Record<string, unknown>>

function wrong(message: string): SaltError {
  return new SaltError('bad-arguments', message)
}

/** `-sha256`; the names are those of Python and of openssl. */
function digestOption(name: unknown): string {
  const digest = String(name ?? 'sha256')
    .toLowerCase()
    .replaceAll('_', '-')
  if (!/^[a-z0-9-]{2,20}$/.test(digest) || digest.startsWith('-')) throw wrong(`${String(name)} is no digest`)
  return `-${digest === '' ? 'sha256' : digest}`
}

function digestOf(args: Arguments): string {
  const given = args.digest ?? args.algorithm
  return digestOption(given === '' ? undefined : given)
}

interface RequestWish {
  readonly key: unknown
  readonly passphrase: unknown
  readonly parts: readonly NamePart[]
  readonly extensions: ReadonlyMap<string, string>
  readonly digest: string
}

/** The PEM text of a request, signed with the key that it is about. */
async function makeRequest(ctx: FunctionContext, wish: RequestWish): Promise<string> {
  using workshop = new Workshop(ctx)
  const passphrase = secretOf(wish.passphrase)
  const { asymmetricKeyType } = readPrivateKey(ctx, wish.key, passphrase)
  const section = wish.extensions.size === 0 ? '' : 'req_extensions = extensions\n'
  const config = workshop.write(
    'request.cnf',
    `[req]\nprompt = no\ndistinguished_name = name\n${section}[name]\n${extensionSection('extensions', wish.extensions)}`,
  )
  const words = ['req', '-new', '-utf8', '-config', config, '-subj', subjectWord(wish.parts)]
  const digest = isEdwards(asymmetricKeyType) ? [] : [wish.digest]
  const out = ['-key', keyFile(ctx, workshop, wish.key, 'key.pem'), '-out', workshop.path('request.pem')]
  await workshop.run([...words, ...digest, ...out], passphrase)
  return workshop.read('request.pem')
}

/** Their signatures have the digest in them. */
function isEdwards(type: string | undefined): boolean {
  return type === 'ed25519' || type === 'ed448'
}

/** x509.create_csr. Throws `bad-arguments`. */
export async function createRequest(ctx: FunctionContext, args: Arguments): Promise<string> {
  const key = args.private_key ?? args.public_key
  if (key === undefined || key === null) throw wrong('private_key is required')
  const extensions = new Map(extensionsIn(args))
  // There is no authority yet that it could name.
  extensions.delete('authorityKeyIdentifier')
  const passphrase = args.private_key_passphrase ?? args.public_key_passphrase
  const text = await makeRequest(ctx, { key, passphrase, parts: nameParts(args), extensions, digest: digestOf(args) })
  return pemEntry(text).text
}

/** x509.create_certificate, signed here. Throws `bad-arguments`, or `execution-failed` with the words of openssl. */
export async function createCertificate(ctx: FunctionContext, given: Arguments): Promise<string> {
  const args = await withPolicy(ctx, given)
  const key = args.signing_private_key
  if (key === undefined || key === null) throw wrong('signing_private_key is required')
  const passphrase = secretOf(args.signing_private_key_passphrase)
  const signer = readPrivateKey(ctx, key, passphrase)
  const about = args.csr ?? args.public_key ?? args.private_key ?? key
  const unlock = args.public_key_passphrase ?? args.private_key_passphrase ?? (about === key ? passphrase : undefined)
  const publicKey = await readPublicKey(ctx, about, secretOf(unlock))
  const authority = authorityOf(ctx, args, key)
  const signerKey = await readPublicKey(ctx, key, passphrase)
  if (authority === undefined && !isSameKey(publicKey, signerKey)) {
    throw wrong('signing_cert is required to certify another key than that of signing_private_key')
  }
  if (authority !== undefined && !isSameKey(authority.publicKey, signerKey)) {
    throw wrong('signing_private_key does not match signing_cert')
  }
  const { parts, extensions } = await contentOf(ctx, args)
  const digest = digestOf(args)
  const request = await makeRequest(ctx, { key, passphrase, parts, extensions: new Map(), digest })
  using workshop = new Workshop(ctx)
  const words = [
    ...['x509', '-req', '-in', workshop.write('request.pem', request)],
    ...['-force_pubkey', workshop.write('public.pem', publicPem(publicKey))],
    ...(authority === undefined
      ? ['-signkey']
      : ['-CA', workshop.write('authority.pem', authority.toString()), '-CAkey']),
    keyFile(ctx, workshop, key, 'key.pem'),
    ...['-set_serial', `0x${serialOf(args)}`],
    ...validity(args),
    ...(isEdwards(signer.asymmetricKeyType) ? [] : [digest]),
    ...(await extensionWords(workshop, extensions)),
    ...['-out', workshop.path('certificate.pem')],
  ]
  await workshop.run(words, passphrase)
  return pemEntry(workshop.read('certificate.pem'), 'CERTIFICATE').text
}

/** The certificate of whoever signs; undefined where the new one is its own. */
function authorityOf(ctx: FunctionContext, args: Arguments, key: unknown): X509Certificate | undefined {
  const { signing_cert: given } = args
  if (given === undefined || given === null || given === '' || given === key) return undefined
  return readCertificate(ctx, given)
}

interface Content {
  readonly parts: readonly NamePart[]
  readonly extensions: ReadonlyMap<string, string>
}

/** Subject and extensions: what the arguments say, and else what a request says. */
async function contentOf(ctx: FunctionContext, args: Arguments): Promise<Content> {
  const own = nameParts(args)
  const extensions = extensionsIn(args)
  if (args.csr === undefined || args.csr === null) return { parts: own, extensions }
  const facts = await requestFacts(ctx, args.csr)
  const requested = requestedExtensions(facts['X509v3 Extensions'])
  const named = await requestName(ctx, args.csr)
  const parts = args.subject === undefined ? merged(named, own) : own
  return {
    parts,
    extensions: extensionsIn({ ...Object.fromEntries(extensionsIn(requested)), ...Object.fromEntries(extensions) }),
  }
}

/** The name in a request, in its order. */
async function requestName(ctx: FunctionContext, csr: unknown): Promise<NamePart[]> {
  using workshop = new Workshop(ctx)
  const file = workshop.write('request.pem', readPem(ctx, csr, 'CERTIFICATE REQUEST').text)
  const shown = await workshop.run(['req', '-in', file, '-noout', '-subject', ...nameOptions])
  return Object.entries(parseName(shown)).flatMap(([field, value]) =>
    [value].flat().map((one) => [field, one] as const),
  )
}

/** The name of a request with other values for the fields that are given. */
function merged(named: readonly NamePart[], own: readonly NamePart[]): NamePart[] {
  const given = (field: string): boolean => own.some(([name]) => name === field)
  return [...named.filter(([field]) => !given(field)), ...own]
}

function serialOf({ serial_number: given, serial_bits: bits = 64 }: Arguments): string {
  if (given === undefined || given === null) {
    const bytes = randomBytes(Math.min(Math.max(Math.ceil(Number(bits) / 8), 8), 20))
    // A serial number is positive, and not longer for it.
    bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
    return bytes.toString('hex')
  }
  const hex = typeof given === 'number' ? given.toString(16) : String(given).replaceAll(':', '').replace(/^0x/i, '')
  if (!/^[0-9a-f]{1,40}$/i.test(hex)) throw wrong(`${String(given)} is no serial number`)
  return hex
}

function validity({ days_valid: days = 365, not_before: start, not_after: end }: Arguments): string[] {
  if ((start ?? end ?? undefined) === undefined) {
    const count = Number(days)
    if (!Number.isInteger(count) || count < 1 || count > 400_000) throw wrong('days_valid must be a number of days')
    return ['-days', String(count)]
  }
  // openssl has these since 3.4; an older one says that it does not know them.
  const from = start === undefined || start === null ? [] : ['-not_before', opensslDate(start)]
  return [...from, ...(end === undefined || end === null ? ['-days', String(days)] : ['-not_after', opensslDate(end)])]
}

/** `2026-11-21 02:38:35` → `20261121023835Z` */
function opensslDate(value: unknown): string {
  const text = String(value)
  const digits = text.replace(/[- :TZ]/g, '')
  if (!/^\d{14}$/.test(digits)) throw wrong(`${text} is no time of the form YYYY-MM-DD HH:MM:SS`)
  return `${digits}Z`
}

/** Of openssl; undefined before somebody wanted to know. */
let majorVersion: number | undefined

/** Since its third version openssl adds identifiers of keys where nothing is said of them. */
async function extensionWords(workshop: Workshop, extensions: ReadonlyMap<string, string>): Promise<string[]> {
  const all = new Map(extensions)
  majorVersion ??= Number(/OpenSSL (\d+)\./.exec(await workshop.run(['version']))?.[1] ?? 0)
  if (majorVersion >= 3) {
    for (const name of ['subjectKeyIdentifier', 'authorityKeyIdentifier']) if (!all.has(name)) all.set(name, 'none')
  }
  if (all.size === 0) return []
  return [
    '-extfile',
    workshop.write('extensions.cnf', extensionSection('extensions', all)),
    '-extensions',
    'extensions',
  ]
}

export interface RevokedEntry {
  /** Hex digits. */
  readonly serial: string
  readonly date: Date
  readonly reason: string | undefined
}

const reasons = [
  'unspecified',
  'keyCompromise',
  'CACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
]

/** Certificates to revoke, as arguments name them. Throws `bad-arguments`. */
export function revokedEntries(
  ctx: FunctionContext,
  revoked: readonly Arguments[],
  withExpired: boolean,
  now: Date,
): RevokedEntry[] {
  return revoked.flatMap((item) => {
    const certificate = item.certificate === undefined ? undefined : readCertificate(ctx, item.certificate)
    const serial = certificate?.serialNumber ?? String(item.serial_number ?? '').replaceAll(':', '')
    if (!/^[0-9a-f]{1,40}$/i.test(serial)) throw wrong('each entry of revoked needs a certificate or a serial_number')
    const end = certificate?.validToDate ?? timeOf(item.not_after)
    if (!withExpired && end !== undefined && end < now) return []
    const reason = item.reason === undefined || item.reason === null ? undefined : String(item.reason)
    if (reason !== undefined && !reasons.includes(reason)) {
      throw wrong(`${reason} is no reason to revoke a certificate: use one of ${reasons.join(', ')}`)
    }
    return [{ serial: serial.toUpperCase(), date: timeOf(item.revocation_date) ?? now, reason }]
  })
}

/** `2015-03-01 00:00:00`, in UTC. */
function timeOf(value: unknown): Date | undefined {
  if (value === undefined || value === null) return undefined
  const time = new Date(`${String(value).replace(' ', 'T').replace(/Z$/, '')}Z`)
  if (Number.isNaN(time.getTime())) throw wrong(`${String(value)} is no time of the form YYYY-MM-DD HH:MM:SS`)
  return time
}

/** `YYMMDDHHMMSSZ`, as the index of `openssl ca` has it. */
function indexTime(time: Date): string {
  return `${time.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`
}

/** x509.create_crl. */
export async function createList(
  ctx: FunctionContext,
  args: Arguments,
  entries: readonly RevokedEntry[],
): Promise<string> {
  const { signing_private_key: key, signing_cert: certificate, days_valid: days = 100 } = args
  if (key === undefined || certificate === undefined) throw wrong('signing_private_key and signing_cert are required')
  using workshop = new Workshop(ctx)
  const passphrase = secretOf(args.signing_private_key_passphrase)
  const { asymmetricKeyType } = readPrivateKey(ctx, key, passphrase)
  // Expired on paper only: an entry counts whatever stands there.
  const lines = entries.map(({ serial, date, reason }) => {
    const even = serial.length % 2 === 0 ? serial : `0${serial}`
    return `R\t491231235959Z\t${indexTime(date)}${reason === undefined ? '' : `,${reason}`}\t${even}\tunknown\t/CN=revoked\n`
  })
  const index = workshop.write('index.txt', lines.join(''))
  workshop.write('index.txt.attr', 'unique_subject = no\n')
  const config = workshop.write('ca.cnf', `[ca]\ndefault_ca = this\n[this]\ndatabase = ${index}\ndefault_md = sha256\n`)
  const words = ['ca', '-gencrl', '-config', config, '-crldays', String(Number(days))]
  const files = [
    '-keyfile',
    keyFile(ctx, workshop, key, 'key.pem'),
    '-cert',
    workshop.write('ca.pem', readCertificate(ctx, certificate).toString()),
  ]
  const digest = isEdwards(asymmetricKeyType) ? ['-md', 'null'] : ['-md', digestOf(args).slice(1)]
  await workshop.run([...words, ...files, ...digest, '-out', workshop.path('list.pem')], passphrase)
  return pemEntry(workshop.read('list.pem'), 'X509 CRL').text
}

/** Whether a list was signed by the key of a certificate. */
export async function isListOf(ctx: FunctionContext, list: unknown, certificate: unknown): Promise<boolean> {
  using workshop = new Workshop(ctx)
  const file = workshop.write('list.pem', readPem(ctx, list, 'X509 CRL').text)
  const authority = workshop.write('ca.pem', readPem(ctx, certificate, 'CERTIFICATE').text)
  const { stderr } = await workshop.try(['crl', '-noout', '-in', file, '-CAfile', authority])
  return stderr.includes('verify OK')
}

/** Name of the copy that is kept of a certificate. */
export function copyName(pem: string, prependName: boolean): string {
  const certificate = new X509Certificate(pem)
  const name = parseName(certificate.subject ?? '').CN
  const front = prependName && name !== undefined ? `${[name].flat()[0]}-` : ''
  return `${front.replaceAll('/', '_')}${prettyHex(certificate.serialNumber)}.crt`
}
