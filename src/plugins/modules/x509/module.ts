import { chmodSync, existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { withoutPublication } from '../../../engine/functions/bind.ts'
import { writeSystemFile } from '../../../engine/functions/system-files.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { isExtension } from './extensions.ts'
import { isSameKey, keyBits, makePrivateKey, publicPem, readPrivateKey, readPublicKey, secretOf } from './keys.ts'
import { copyName, createCertificate, createList, createRequest, isListOf, revokedEntries } from './making.ts'
import { parseName, subjectArguments } from './names.ts'
import { pemEntries, pemEntry, readPem, textOrFile } from './pem.ts'
import { certificateFacts, listFacts, readCertificate, requestFacts } from './reading.ts'
import { remoteCertificate } from './remote-signing.ts'
import { assertRequestable, publicPolicy, signingPolicy } from './signing-policies.ts'

const path = s.optional(s.path('File to write it to; without it, text must be true'))
const text = s.withDefault(s.boolean('Give the PEM text instead of writing a file'), false)
const certificate = s.text('The certificate: a path or PEM text')
const anyKey = s.text('A path or PEM text of a certificate, a request, a public or a private key')
const passphrase = s.optional(s.any('Passphrase of the private key'))
const facts = s.record(s.any())
const pemOrMessage = s.text('The PEM text, or that it was written')
const content = s.any(
  'Fields of the subject (CN, C, ST, L, O, OU, Email …) and extensions (basicConstraints, keyUsage, subjectAltName …)',
)
const globPath = s.path('Pattern of paths')

/** Exactly one of both must be given (`bad-arguments`). */
function assertTarget(target: string | undefined, asText: boolean): void {
  const isPath = target !== undefined && target !== ''
  if (isPath === asText) {
    const both = isPath ? ', not both.' : '.'
    throw new SaltError('bad-arguments', `Either path or text must be specified${both}`)
  }
}

/** Writes it, where there is a place to write it to. */
function given(ctx: FunctionContext, pem: string, target: string | undefined, overwrite = true): string {
  return target === undefined || target === '' ? pem : writePem(ctx, pem, target, overwrite)
}

/** Other users cannot read what was made by this. */
function writePem(ctx: FunctionContext, pem: string, target: string, overwrite = true): string {
  const entry = pemEntry(pem)
  const old = overwrite ? [] : pemEntries(textOrFile(ctx, target))
  const keys = old.filter((one) => one.type.endsWith('PRIVATE KEY'))
  const parameters = old.filter((one) => one.type === 'DH PARAMETERS')
  const all = entry.type === 'CERTIFICATE' ? [...keys, entry, ...parameters] : [entry]
  const isSecret = all.some((one) => one.type.endsWith('PRIVATE KEY'))
  // A file that is there keeps its mode, which others must not read a key by.
  if (isSecret && existsSync(ctx.at(target))) chmodSync(ctx.at(target), 0o600)
  writeSystemFile(ctx, target, all.map((one) => one.text).join(''), { mode: 0o600 })
  return `PEM written to ${target}`
}

function filesLike(ctx: FunctionContext, pattern: string): readonly string[] {
  const root = ctx.at('/').replace(/\/$/, '')
  return globSync(ctx.at(pattern))
    .map((file) => (root === '' ? file : file.slice(root.length)))
    .sort()
}

/** What is known of each file that a pattern means; others are left out. */
async function ofEach<T>(ctx: FunctionContext, pattern: string, read: (file: string) => Promise<T> | T) {
  const found: Record<string, T> = {}
  for (const file of filesLike(ctx, pattern)) {
    try {
      found[file] = await read(file)
    } catch (error) {
      ctx.log.debug('A file has nothing that could be read', { file, error })
    }
  }
  return found
}

function nameIn(ctx: FunctionContext, pem: string): string {
  return [parseName(readCertificate(ctx, pem).subject ?? '').CN ?? ''].flat()[0] ?? ''
}

const dayMs = 86_400_000

/** A copy for those who may have to revoke it. */
function keepIssued(ctx: FunctionContext, args: Readonly<Record<string, unknown>>, pem: string): void {
  const { copypath, prepend_cn } = { ...args, ...policyOf(ctx, args) }
  if (typeof copypath === 'string' && copypath !== '') {
    writePem(ctx, pem, join(copypath, copyName(pem, prepend_cn === true)))
  }
}

function policyOf(ctx: FunctionContext, args: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return typeof args.signing_policy === 'string' ? (signingPolicy(ctx, args.signing_policy) ?? {}) : {}
}

export const x509 = defineModule({
  name: 'x509',
  doc: 'Makes and reads certificates, requests, revocation lists and keys, with the openssl of the system.',
  functions: {
    create_private_key: fn({
      doc: 'Make a private key.',
      args: {
        path,
        text,
        bits: s.withDefault(s.integer('Size in bits'), 2048),
        passphrase,
        cipher: s.withDefault(s.string('How it is encrypted where there is a passphrase'), 'aes_256_cbc'),
        verbose: s.withDefault(s.boolean('Accepted, and without effect here'), true),
        algo: s.withDefault(s.string('Kind of the key: rsa, ec, ed25519 or ed448'), 'rsa'),
        keysize: s.optional(s.integer('As bits')),
      },
      returns: pemOrMessage,
      examples: [
        "salt '*' x509.create_private_key path=/srv/pki/www.key",
        "salt '*' x509.create_private_key text=true algo=ec bits=256",
      ],
      async run(ctx, args) {
        assertTarget(args.path, args.text)
        const bits = args.keysize ?? (args.algo === 'ec' && args.bits === 2048 ? 256 : args.bits)
        const lock = secretOf(args.passphrase)
        return given(
          ctx,
          await makePrivateKey({ algo: args.algo, bits, cipher: args.cipher, passphrase: lock }),
          args.path,
        )
      },
    }),
    create_csr: fn({
      doc: 'Make a request for a certificate.',
      args: {
        path,
        text,
        private_key: s.optional(s.text('The private key that it is about: a path or PEM text')),
        private_key_passphrase: passphrase,
        digest: s.optional(s.string('Digest of the signature; sha256 by default')),
        algorithm: s.optional(s.string('As digest')),
      },
      extra: content,
      returns: pemOrMessage,
      examples: ["salt '*' x509.create_csr path=/srv/pki/www.csr private_key=/srv/pki/www.key CN=www.example.com"],
      async run(ctx, args, { extra }) {
        assertTarget(args.path, args.text)
        return given(ctx, await createRequest(ctx, { ...extra, ...args }), args.path)
      },
    }),
    create_certificate: fn({
      doc: 'Make a certificate, signed by a key of this minion or by another minion that is an authority.',
      args: {
        path,
        text,
        overwrite: s.withDefault(s.boolean('Replace a private key and DH parameters that are in the file, too'), true),
        ca_server: s.optional(s.string('Minion that is to sign it, by its signing_policy')),
        signing_policy: s.optional(s.string('Policy whose arguments win over these')),
        signing_private_key: s.optional(s.text('Private key to sign it with: a path or PEM text')),
        signing_private_key_passphrase: passphrase,
        signing_cert: s.optional(
          s.text('Certificate of that key: a path or PEM text; without it, the new one is its own'),
        ),
        public_key: s.optional(anyKey),
        public_key_passphrase: passphrase,
        csr: s.optional(s.text('Request whose key, subject and extensions it is to have: a path or PEM text')),
        days_valid: s.withDefault(s.integer('How many days it is to be valid'), 365),
        not_before: s.optional(s.string('Time from which it is valid, in UTC (needs OpenSSL 3.4)')),
        not_after: s.optional(s.string('Time to which it is valid, in UTC (needs OpenSSL 3.4)')),
        serial_number: s.optional(s.any('Serial number in hex digits; a random one by default')),
        serial_bits: s.withDefault(s.integer('Size of the random serial number'), 64),
        digest: s.optional(s.string('Digest of the signature; sha256 by default')),
        algorithm: s.optional(s.string('As digest')),
        copypath: s.optional(s.path('Folder for a copy that is named after the serial number')),
        prepend_cn: s.withDefault(s.boolean('Name the copy after the CN, too'), false),
        testrun: s.withDefault(s.boolean('Keep no copy: the certificate is only to be looked at'), false),
      },
      extra: content,
      returns: pemOrMessage,
      examples: [
        "salt '*' x509.create_certificate path=/srv/pki/ca.crt signing_private_key=/srv/pki/ca.key CN=ca basicConstraints='critical CA:true'",
        "salt '*' x509.create_certificate path=/srv/pki/www.crt ca_server=ca signing_policy=www public_key=/srv/pki/www.key CN=www",
      ],
      async run(ctx, args, { extra }) {
        assertTarget(args.path, args.text)
        const { path: target, text: _text, overwrite, ca_server: server, testrun, ...rest } = args
        const all = { ...withoutPublication(extra), ...rest }
        if (server !== undefined) return given(ctx, await remoteCertificate(ctx, server, all), target, overwrite)
        const pem = await createCertificate(ctx, all)
        if (!testrun) keepIssued(ctx, all, pem)
        return given(ctx, pem, target, overwrite)
      },
    }),
    create_crl: fn({
      doc: 'Make a list of certificates that are revoked.',
      args: {
        path,
        text,
        signing_private_key: s.optional(s.text('Private key to sign it with: a path or PEM text')),
        signing_private_key_passphrase: passphrase,
        signing_cert: s.optional(s.text('Certificate of that key: a path or PEM text')),
        revoked: s.withDefault(
          s.union(
            [s.array(s.record(s.any())), s.record(s.record(s.any()))],
            'Entries of serial_number or certificate, revocation_date, not_after and reason',
          ),
          [],
        ),
        include_expired: s.withDefault(s.boolean('Keep certificates that have expired'), false),
        days_valid: s.withDefault(s.integer('Days to the next list'), 100),
        digest: s.withDefault(s.string('Digest of the signature; sha256 by default'), ''),
      },
      returns: pemOrMessage,
      examples: [
        "salt '*' x509.create_crl path=/srv/pki/ca.crl signing_private_key=/srv/pki/ca.key signing_cert=/srv/pki/ca.crt",
      ],
      async run(ctx, args) {
        assertTarget(args.path, args.text)
        const list = Array.isArray(args.revoked) ? args.revoked : Object.values(args.revoked)
        const entries = revokedEntries(ctx, list, args.include_expired, new Date())
        return given(ctx, await createList(ctx, args, entries), args.path)
      },
    }),
    read_certificate: fn({
      doc: 'Tell what a certificate says.',
      args: { certificate },
      returns: facts,
      examples: ["salt '*' x509.read_certificate /srv/pki/www.crt"],
      run: (ctx, args) => certificateFacts(ctx, args.certificate),
    }),
    read_certificates: fn({
      doc: 'Tell what the certificates say whose paths fit a pattern.',
      args: { glob_path: globPath },
      returns: s.record(facts, 'Path → what it says'),
      examples: ["salt '*' x509.read_certificates '/srv/pki/*.crt'"],
      run: (ctx, args) => ofEach(ctx, args.glob_path, (file) => certificateFacts(ctx, file)),
    }),
    read_csr: fn({
      doc: 'Tell what a request for a certificate says.',
      args: { csr: s.text('The request: a path or PEM text') },
      returns: facts,
      examples: ["salt '*' x509.read_csr /srv/pki/www.csr"],
      run: (ctx, args) => requestFacts(ctx, args.csr),
    }),
    read_crl: fn({
      doc: 'Tell what a revocation list says.',
      args: { crl: s.text('The list: a path or PEM text') },
      returns: facts,
      examples: ["salt '*' x509.read_crl /srv/pki/ca.crl"],
      run: (ctx, args) => listFacts(ctx, args.crl),
    }),
    get_pem_entry: fn({
      doc: 'Give the first entry of a PEM text, well formed: line breaks may be missing.',
      args: {
        text: s.text('A path or PEM text'),
        pem_type: s.optional(s.string('Type of the entry, such as CERTIFICATE')),
      },
      returns: s.text(),
      examples: ["salt '*' x509.get_pem_entry /srv/pki/www.crt pem_type=CERTIFICATE"],
      run: (ctx, args) => readPem(ctx, args.text, args.pem_type).text,
    }),
    get_pem_entries: fn({
      doc: 'Give the first PEM entry of each file whose path fits a pattern; private keys are left out.',
      args: { glob_path: globPath },
      returns: s.record(s.text(), 'Path → PEM text'),
      examples: ["salt '*' x509.get_pem_entries '/srv/pki/*.crt'"],
      run: (ctx, args) =>
        ofEach(ctx, args.glob_path, (file) => {
          const { type, text: pem } = pemEntry(textOrFile(ctx, file))
          // This is what a mine gets to see.
          if (type.endsWith('PRIVATE KEY')) throw new SaltError('denied', `${file} holds a private key`)
          return pem
        }),
    }),
    write_pem: fn({
      doc: 'Write an entry of a PEM text into a file that only its owner can read.',
      args: {
        text: s.text('PEM text, or the path of a file'),
        path: s.path('The file'),
        overwrite: s.withDefault(s.boolean('Replace a private key and DH parameters that are in the file, too'), true),
        pem_type: s.optional(s.string('Type of the entry, such as CERTIFICATE')),
      },
      returns: s.string(),
      examples: ["salt '*' x509.write_pem /srv/pki/bundle.pem path=/srv/pki/www.crt pem_type=CERTIFICATE"],
      run: (ctx, args) => writePem(ctx, readPem(ctx, args.text, args.pem_type).text, args.path, args.overwrite),
    }),
    get_public_key: fn({
      doc: 'Give the public key of a certificate, a request or a private key.',
      args: { key: anyKey, passphrase },
      returns: s.text(),
      examples: ["salt '*' x509.get_public_key /srv/pki/www.crt"],
      run: async (ctx, args) => publicPem(await readPublicKey(ctx, args.key, secretOf(args.passphrase))),
    }),
    get_private_key_size: fn({
      doc: 'Tell the size of a private key in bits.',
      args: { private_key: s.text('A path or PEM text'), passphrase },
      returns: s.integer(),
      examples: ["salt '*' x509.get_private_key_size /srv/pki/www.key"],
      run: (ctx, args) => keyBits(readPrivateKey(ctx, args.private_key, secretOf(args.passphrase))),
    }),
    verify_private_key: fn({
      doc: 'Tell whether a private key belongs to a certificate, a request or another key.',
      args: { private_key: s.text('A path or PEM text'), public_key: anyKey, passphrase },
      returns: s.boolean(),
      examples: ["salt '*' x509.verify_private_key /srv/pki/www.key /srv/pki/www.crt"],
      async run(ctx, args) {
        const own = await readPublicKey(
          ctx,
          readPem(ctx, args.private_key, 'PRIVATE KEY').text,
          secretOf(args.passphrase),
        )
        return isSameKey(own, await readPublicKey(ctx, args.public_key))
      },
    }),
    verify_signature: fn({
      doc: 'Tell whether a certificate was signed with a key; with its own, by default.',
      args: { certificate, signing_pub_key: s.optional(anyKey), signing_pub_key_passphrase: passphrase },
      returns: s.boolean(),
      examples: ["salt '*' x509.verify_signature /srv/pki/www.crt signing_pub_key=/srv/pki/ca.crt"],
      async run(ctx, args) {
        const found = readCertificate(ctx, args.certificate)
        const { signing_pub_key: signer, signing_pub_key_passphrase: lock } = args
        return found.verify(signer === undefined ? found.publicKey : await readPublicKey(ctx, signer, secretOf(lock)))
      },
    }),
    verify_crl: fn({
      doc: 'Tell whether a revocation list was signed by an authority.',
      args: { crl: s.text('The list: a path or PEM text'), cert: certificate },
      returns: s.boolean(),
      examples: ["salt '*' x509.verify_crl /srv/pki/ca.crl /srv/pki/ca.crt"],
      run: (ctx, args) => isListOf(ctx, args.crl, args.cert),
    }),
    expires: fn({
      doc: 'Tell whether a certificate has expired, or will within so many days.',
      args: { certificate, days: s.withDefault(s.integer('Number of days'), 0) },
      returns: s.boolean(),
      examples: ["salt '*' x509.expires /srv/pki/www.crt days=7"],
      run: (ctx, args) =>
        readCertificate(ctx, args.certificate).validToDate.getTime() <= Date.now() + args.days * dayMs,
    }),
    expired: fn({
      doc: 'Tell whether a certificate has expired, with its CN.',
      args: { certificate },
      returns: s.object({ path: s.string(), cn: s.string(), expired: s.boolean() }),
      examples: ["salt '*' x509.expired /srv/pki/www.crt"],
      run: (ctx, args) => ({
        path: args.certificate,
        cn: nameIn(ctx, args.certificate),
        expired: readCertificate(ctx, args.certificate).validToDate.getTime() <= Date.now(),
      }),
    }),
    will_expire: fn({
      doc: 'Tell whether a certificate will expire within so many days, with its CN.',
      args: { certificate, days: s.integer('Number of days') },
      returns: s.object({ path: s.string(), check_days: s.integer(), cn: s.string(), will_expire: s.boolean() }),
      examples: ["salt '*' x509.will_expire /srv/pki/www.crt days=30"],
      run: (ctx, args) => ({
        path: args.certificate,
        check_days: args.days,
        cn: nameIn(ctx, args.certificate),
        will_expire: readCertificate(ctx, args.certificate).validToDate.getTime() <= Date.now() + args.days * dayMs,
      }),
    }),
    get_signing_policy: fn({
      doc: 'Show a signing policy (x509_signing_policies of the configuration or the pillar), without its private key.',
      args: { signing_policy_name: s.string('Name of the policy') },
      returns: s.union([facts, s.string()]),
      examples: ["salt '*' x509.get_signing_policy www"],
      run(ctx, args) {
        const policy = signingPolicy(ctx, args.signing_policy_name)
        if (policy !== undefined) return publicPolicy(ctx, policy)
        return `Signing policy ${args.signing_policy_name} does not exist.`
      },
    }),
    sign_remote_certificate: fn({
      doc: 'Make a certificate for another minion, by a signing policy. The master must permit it to the peers.',
      args: {
        argdic: s.record(
          s.any(),
          'Arguments of create_certificate: signing_policy, public_key or csr, subject and extensions',
        ),
      },
      extra: s.any('Who asks'),
      returns: s.text('The certificate, or what is wrong'),
      examples: ["salt ca x509.sign_remote_certificate '{signing_policy: www, public_key: PEM-TEXT}'"],
      async run(ctx, args, { extra }) {
        try {
          const isContent = (name: string): boolean => subjectArguments.includes(name) || isExtension(name)
          await assertRequestable(ctx, args.argdic, extra.__pub_id, isContent)
          const pem = await createCertificate(ctx, args.argdic)
          keepIssued(ctx, args.argdic, pem)
          return pem
        } catch (error) {
          if (error instanceof SaltError) return error.message
          throw error
        }
      },
    }),
  },
})
