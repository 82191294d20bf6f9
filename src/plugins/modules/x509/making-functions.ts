/** Functions of `x509` that make keys, requests, certificates and lists. */
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { withoutPublication } from '../../../engine/functions/bind.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { isExtension } from './extensions.ts'
import { makePrivateKey, secretOf } from './keys.ts'
import { copyName, createCertificate, createList, createRequest, revokedEntries } from './making.ts'
import { subjectArguments } from './names.ts'
import { readPem } from './pem.ts'
import { assertTarget, given, writePem } from './pem-writing.ts'
import { remoteCertificate } from './remote-signing.ts'
import { assertRequestable, publicPolicy, signingPolicy } from './signing-policies.ts'

const path = s.optional(s.path('File to write it to; without it, text must be true'))
const text = s.withDefault(s.boolean('Give the PEM text instead of writing a file'), false)
const anyKey = s.text('A path or PEM text of a certificate, a request, a public or a private key')
const passphrase = s.optional(s.any('Passphrase of the private key'))
const facts = s.record(s.any())
const pemOrMessage = s.text('The PEM text, or that it was written')
const content = s.any(
  'Fields of the subject (CN, C, ST, L, O, OU, Email …) and extensions (basicConstraints, keyUsage, subjectAltName …)',
)

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

export const makingFunctions = {
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
}
