/** x509.certificate_managed. */
import { join } from 'node:path'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { type MoreArguments, type StateContext, state } from '../../../engine/plugin.ts'
import type { Changes, StatePlan } from '../../../engine/state/plan.ts'
import { failure } from '../../../engine/state/wording.ts'
import { remoteTrial, type Trial } from './certificate-authority.ts'
import { type Facts, factsOf, isFresh, sameFacts, without } from './facts.ts'
import { contentOf, type FileArguments, fileArguments, planFile, planFrom } from './pem-file.ts'
import { isKeyRight, type KeyArguments, newKey } from './private-key.ts'
import { content } from './request.ts'

const certificateArguments = {
  name: s.path('The file'),
  days_remaining: s.withDefault(s.integer('Renew it when no more days are left; 0: never'), 90),
  managed_private_key: s.optional(s.record(s.any(), 'Arguments of private_key_managed for the key that it is about')),
  append_certs: s.withDefault(
    s.union([s.array(s.text()), s.text()], 'Certificates to put behind it: paths or PEM texts'),
    [],
  ),
  ca_server: s.optional(s.string('Minion that is to sign it, by its signing_policy')),
  signing_policy: s.optional(s.string('Policy whose arguments win over these')),
  signing_private_key: s.optional(s.text('Private key to sign it with: a path or PEM text')),
  signing_private_key_passphrase: s.optional(s.any('Passphrase of that key')),
  signing_cert: s.optional(s.text('Certificate of that key: a path or PEM text; without it, the new one is its own')),
  public_key: s.optional(s.text('Key that it is about: a certificate, a request, a private or a public key')),
  private_key: s.optional(s.text('As public_key')),
  public_key_passphrase: s.optional(s.any('Passphrase of that key')),
  private_key_passphrase: s.optional(s.any('As public_key_passphrase')),
  csr: s.optional(s.text('Request whose key, subject and extensions it is to have: a path or PEM text')),
  days_valid: s.withDefault(s.integer('How many days it is to be valid'), 365),
  not_before: s.optional(s.string('Time from which it is valid, in UTC (needs OpenSSL 3.4)')),
  not_after: s.optional(s.string('Time to which it is valid, in UTC (needs OpenSSL 3.4)')),
  serial_number: s.optional(s.any('Serial number in hex digits; a random one by default')),
  serial_bits: s.optional(s.integer('Size of the random serial number')),
  digest: s.optional(s.string('Digest of the signature; sha256 by default')),
  algorithm: s.optional(s.string('As digest')),
  copypath: s.optional(s.path('Folder for a copy that is named after the serial number')),
  prepend_cn: s.withDefault(s.boolean('Name the copy after the CN, too'), false),
  ...fileArguments,
}

interface CertificateArguments extends FileArguments {
  readonly days_remaining: number
  readonly managed_private_key?: Readonly<Record<string, unknown>> | undefined
  readonly append_certs: readonly string[] | string
  readonly ca_server?: string | undefined
  readonly signing_policy?: string | undefined
  readonly signing_private_key?: string | undefined
  readonly signing_cert?: string | undefined
  readonly public_key?: string | undefined
  readonly private_key?: string | undefined
  readonly serial_number?: unknown
  readonly copypath?: string | undefined
  readonly prepend_cn: boolean
}

/** What is new each time, or says nothing about what is wanted. */
const passing = ['Not Before', 'Not After', 'MD5 Finger Print', 'SHA1 Finger Print', 'SHA-256 Finger Print']

/** A private key that comes with the certificate. */
interface OwnKey {
  readonly file: string
  readonly text: string
  readonly isNew: boolean
}

async function planCertificate(
  ctx: StateContext,
  want: CertificateArguments,
  { extra }: MoreArguments,
): Promise<StatePlan> {
  const { name } = want
  const old = contentOf(ctx, want)
  const now = old === undefined ? undefined : await ctx.salt('x509.read_certificate', [old]).catch(() => undefined)
  const usual = await ownKey(ctx, want)
  const first = await trialOf(ctx, want, extra, usual)
  const isRight =
    now !== undefined && usual?.isNew !== true && (await isCertificateRight(ctx, want, factsOf(now), first))
  // A key that is to be new is so with each new certificate.
  const rotates = !isRight && usual?.isNew === false && want.managed_private_key?.new === true
  const key = rotates ? { ...usual, text: await newKey(ctx, keyWish(want)), isNew: true } : usual
  const trial = rotates ? await trialOf(ctx, want, extra, key) : first
  const tail = await appended(ctx, want)
  const front = key?.file === name ? key.text : ''
  const kept = isRight ? `${front}${await entryOf(ctx, old)}${tail}` : undefined
  const oldFacts = now ?? (old === undefined ? `${name} does not exist.` : `${name} is not a valid Certificate.`)
  const keyChange: Changes = key?.isNew === true ? { 'Private Key': 'New private key generated' } : {}
  const told = (facts: unknown): Changes => ({
    ...(isRight ? {} : { Certificate: { Old: oldFacts, New: facts } }),
    ...keyChange,
  })
  return planFile(ctx, want, {
    usualMode: front === '' ? 0o644 : 0o600,
    isRight: isRight && old === kept,
    content: async () => kept ?? `${front}${await trial.make()}${tail}`,
    dryChanges: told(trial.facts),
    changes: async (text) => told(await ctx.salt('x509.read_certificate', [text])),
    async after(text) {
      if (key !== undefined && key.file !== name && key.isNew) {
        await ctx.salt('x509.write_pem', [key.text], { path: key.file })
      }
      if (!isRight && want.ca_server === undefined) await keepIssued(ctx, want, text)
    },
  })
}

function trialOf(ctx: StateContext, want: CertificateArguments, extra: Facts, key: OwnKey | undefined): Promise<Trial> {
  const keywords = certificateKeywords(want, extra, key)
  return want.ca_server === undefined ? localTrial(ctx, keywords) : remoteTrial(ctx, want.ca_server, keywords)
}

async function localTrial(ctx: StateContext, keywords: Facts): Promise<Trial> {
  const pem = String(await ctx.salt('x509.create_certificate', [], { ...keywords, text: true, testrun: true }))
  const policy = await policyOf(ctx, keywords.signing_policy)
  const facts = factsOf(await ctx.salt('x509.read_certificate', [pem]))
  // A certificate without another signer is its own.
  const signer = policy.signing_cert ?? keywords.signing_cert ?? pem
  return { facts, signer, make: async () => pem }
}

async function policyOf(ctx: StateContext, name: unknown): Promise<Facts> {
  return name === undefined ? {} : factsOf(await ctx.salt('x509.get_signing_policy', [name]))
}

async function isCertificateRight(
  ctx: StateContext,
  want: CertificateArguments,
  now: Facts,
  { facts, signer }: Trial,
): Promise<boolean> {
  const serial = want.serial_number === undefined ? ['Serial Number'] : []
  const plain = (one: Facts): Facts => withoutSerial(without(one, ...passing, ...serial), want)
  if (!sameFacts(plain(now), plain(facts))) return false
  if (!isFresh(now['Not After'], want.days_remaining)) return false
  return (await ctx.salt('x509.verify_signature', [want.name], { signing_pub_key: signer })) === true
}

/** One that names itself as its authority has its own serial number in it, which is new each time. */
function withoutSerial(
  facts: Facts,
  { serial_number, signing_cert, ca_server, signing_policy }: CertificateArguments,
): Facts {
  const extensions = facts['X509v3 Extensions']
  if (!isRecord(extensions)) return facts
  const isOwn = serial_number === undefined && signing_cert === undefined && signing_policy === undefined
  const drop = ca_server === undefined ? [] : ['authorityKeyIdentifier']
  const identifier = extensions.authorityKeyIdentifier
  const masked =
    isOwn && typeof identifier === 'string'
      ? { authorityKeyIdentifier: identifier.replace(/serial:[0-9A-F:]+/, 'serial:--') }
      : {}
  return { ...facts, 'X509v3 Extensions': without({ ...extensions, ...masked }, ...drop) }
}

function keyWish({ managed_private_key: given = {} }: CertificateArguments): KeyArguments {
  return {
    bits: Number(given.bits ?? 2048),
    passphrase: given.passphrase,
    cipher: String(given.cipher ?? 'aes_256_cbc'),
    new: false,
    overwrite: given.overwrite === true,
    algo: String(given.algo ?? 'rsa'),
    keysize: given.keysize === undefined ? undefined : Number(given.keysize),
  }
}

/** The key of managed_private_key: the one that is there, or a new one. */
async function ownKey(ctx: StateContext, want: CertificateArguments): Promise<OwnKey | undefined> {
  const given = want.managed_private_key
  if (given === undefined) return undefined
  const file = typeof given.name === 'string' && given.name !== '' ? given.name : want.name
  const isThere = contentOf(ctx, { name: file })?.includes('PRIVATE KEY-----') === true
  if (isThere && (await isKeyRight(ctx, file, keyWish(want)))) {
    const text = String(await ctx.salt('x509.get_pem_entry', [file, 'PRIVATE KEY']))
    return { file, text, isNew: false }
  }
  return { file, text: await newKey(ctx, keyWish(want)), isNew: true }
}

/** Arguments of x509.create_certificate. */
function certificateKeywords(want: CertificateArguments, extra: Facts, key: OwnKey | undefined): Facts {
  const own = new Set([
    'name',
    'days_remaining',
    'managed_private_key',
    'append_certs',
    'ca_server',
    'copypath',
    'prepend_cn',
    'private_key',
    'private_key_passphrase',
    ...Object.keys(fileArguments),
  ])
  const rest = Object.fromEntries(Object.entries(want).filter(([name, value]) => !own.has(name) && value !== undefined))
  const given: Facts = { ...want }
  const lock = given.public_key_passphrase ?? given.private_key_passphrase ?? want.managed_private_key?.passphrase
  const about = key?.text ?? want.public_key ?? want.private_key
  return {
    ...extra,
    ...rest,
    ...(about === undefined ? {} : { public_key: about }),
    ...(lock === undefined || lock === null ? {} : { public_key_passphrase: lock }),
  }
}

async function entryOf(ctx: StateContext, text: string | undefined): Promise<string> {
  return String(await ctx.salt('x509.get_pem_entry', [text, 'CERTIFICATE']))
}

async function appended(ctx: StateContext, { append_certs }: CertificateArguments): Promise<string> {
  const texts: string[] = []
  for (const one of [append_certs].flat()) {
    if (typeof one === 'string' && one !== '') texts.push(await entryOf(ctx, one))
  }
  return texts.join('')
}

/** A copy for those who may have to revoke it. */
async function keepIssued(ctx: StateContext, want: CertificateArguments, text: string): Promise<void> {
  const policy = await policyOf(ctx, want.signing_policy)
  const folder = policy.copypath ?? want.copypath
  if (typeof folder !== 'string' || folder === '') return
  const facts = factsOf(await ctx.salt('x509.read_certificate', [text]))
  const name = [factsOf(facts.Subject).CN ?? ''].flat().map(String)[0] ?? ''
  const isNamed = (policy.prepend_cn ?? want.prepend_cn) === true && name !== ''
  const file = `${isNamed ? `${name.replaceAll('/', '_')}-` : ''}${String(facts['Serial Number'])}.crt`
  await ctx.salt('x509.write_pem', [text], { path: join(folder, file), pem_type: 'CERTIFICATE' })
}

export const certificateManaged = state({
  doc: 'Have a certificate in a file, renewed in time; signed by a key of this minion or by another minion.',
  args: certificateArguments,
  extra: content,
  examples: [
    "/etc/pki/ca.crt:\n  x509.certificate_managed:\n    - signing_private_key: /etc/pki/ca.key\n    - CN: ca.example.com\n    - C: US\n    - basicConstraints: 'critical CA:true'\n    - keyUsage: 'critical cRLSign, keyCertSign'\n    - subjectKeyIdentifier: hash\n    - days_valid: 3650\n    - days_remaining: 0",
    '/etc/pki/www.crt:\n  x509.certificate_managed:\n    - ca_server: ca\n    - signing_policy: www\n    - public_key: /etc/pki/www.key\n    - CN: www.example.com\n    - days_remaining: 30',
  ],
  plan: async (ctx, want, more) => {
    if (want.ca_server !== undefined && want.signing_policy === undefined) {
      throw failure('signing_policy must be specified if ca_server is.')
    }
    const { signing_private_key, signing_cert, public_key, private_key, csr } = want
    const sources = [signing_private_key, signing_cert, public_key, private_key, csr, ...[want.append_certs].flat()]
    return planFrom(ctx, want, sources, () => planCertificate(ctx, want, more))
  },
})
