/** Functions of `x509` that tell what files hold. */
import { globSync } from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { keyBits, publicPem, readPrivateKey, readPublicKey, secretOf } from './keys.ts'
import { pemEntry, readPem, textOrFile } from './pem.ts'
import { certificateFacts, listFacts, requestFacts } from './reading.ts'

const certificate = s.text('The certificate: a path or PEM text')
const anyKey = s.text('A path or PEM text of a certificate, a request, a public or a private key')
const passphrase = s.optional(s.any('Passphrase of the private key'))
const facts = s.record(s.any())
const globPath = s.path('Pattern of paths')

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

export const readingFunctions = {
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
}
