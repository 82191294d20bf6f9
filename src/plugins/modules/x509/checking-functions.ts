/** Functions of `x509` that tell whether something fits together, or is over. */
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { isSameKey, readPublicKey, secretOf } from './keys.ts'
import { isListOf } from './making.ts'
import { parseName } from './names.ts'
import { readPem } from './pem.ts'
import { readCertificate } from './reading.ts'

const certificate = s.text('The certificate: a path or PEM text')
const anyKey = s.text('A path or PEM text of a certificate, a request, a public or a private key')
const passphrase = s.optional(s.any('Passphrase of the private key'))

const dayMs = 86_400_000

function nameIn(ctx: FunctionContext, pem: string): string {
  return [parseName(readCertificate(ctx, pem).subject ?? '').CN ?? ''].flat()[0] ?? ''
}

export const checkingFunctions = {
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
    run: (ctx, args) => readCertificate(ctx, args.certificate).validToDate.getTime() <= Date.now() + args.days * dayMs,
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
}
