/** x509.csr_managed and x509.pem_managed. */
import { s } from '../../../base/schema.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { type MoreArguments, type StateContext, state } from '../../../engine/plugin.ts'
import type { StatePlan } from '../../../engine/state/plan.ts'
import { factsOf, sameFacts } from './facts.ts'
import { contentOf, type FileArguments, fileArguments, planFile, planFrom } from './pem-file.ts'

export const content = s.any(
  'Fields of the subject (CN, C, ST, L, O, OU, Email …) and extensions (basicConstraints, keyUsage, subjectAltName …)',
)

interface RequestArguments extends FileArguments {
  readonly private_key?: string | undefined
  readonly private_key_passphrase?: unknown
  readonly digest?: string | undefined
  readonly algorithm?: string | undefined
}

async function planRequest(ctx: StateContext, want: RequestArguments, { extra }: MoreArguments): Promise<StatePlan> {
  const { name, private_key, private_key_passphrase, digest, algorithm } = want
  const keywords = { ...extra, text: true, private_key, private_key_passphrase, digest, algorithm }
  const pem = String(await ctx.salt('x509.create_csr', [], keywords))
  const wanted = factsOf(await ctx.salt('x509.read_csr', [pem]))
  const old = contentOf(ctx, want)
  const now = old === undefined ? undefined : await ctx.salt('x509.read_csr', [old]).catch(() => undefined)
  const changes = { Old: now ?? `${name} is not a valid csr.`, New: wanted }
  return planFile(ctx, want, {
    usualMode: 0o644,
    isRight: sameFacts(now, wanted),
    content: pem,
    changes,
    dryChanges: changes,
  })
}

export const csrManaged = state({
  doc: 'Have a request for a certificate in a file.',
  args: {
    name: s.path('The file'),
    private_key: s.optional(s.text('The private key that it is about: a path or PEM text')),
    private_key_passphrase: s.optional(s.any('Passphrase of that key')),
    digest: s.optional(s.string('Digest of the signature; sha256 by default')),
    algorithm: s.optional(s.string('As digest')),
    ...fileArguments,
  },
  extra: content,
  examples: [
    "/etc/pki/www.csr:\n  x509.csr_managed:\n    - private_key: /etc/pki/www.key\n    - CN: www.example.com\n    - keyUsage: 'critical dataEncipherment'",
  ],
  plan: (ctx, want, more) => planFrom(ctx, want, [want.private_key], () => planRequest(ctx, want, more)),
})

async function planPem(ctx: StateContext, want: FileArguments & { readonly text: string }): Promise<StatePlan> {
  const pem = String(await ctx.salt('x509.get_pem_entry', [want.text]))
  const old = contentOf(ctx, want)
  const isSecret = /PRIVATE KEY-----/.test(`${pem}${old ?? ''}`)
  const lines = (text: string): string[] => text.split(/(?<=\n)/)
  const difference = isSecret ? '<show_changes=False>' : unifiedDiff(lines(old ?? ''), lines(pem))
  const changes = { diff: old === undefined ? 'New file' : difference }
  return planFile(ctx, want, {
    usualMode: isSecret ? 0o600 : 0o644,
    isRight: old === pem,
    content: pem,
    changes,
    dryChanges: changes,
  })
}

export const pemManaged = state({
  doc: 'Have an entry of a PEM text in a file, well formed: line breaks may be missing, as they are in the mine.',
  args: { name: s.path('The file'), text: s.text('PEM text'), ...fileArguments },
  examples: [
    '/usr/local/share/ca-certificates/our-ca.crt:\n  x509.pem_managed:\n    - text: \'{{ salt["mine.get"]("ca", "x509.get_pem_entries")["ca"]["/etc/pki/ca.crt"] | replace("\\n", "") }}\'',
  ],
  plan: (ctx, want) => planPem(ctx, want),
})
