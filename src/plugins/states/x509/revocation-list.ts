/** x509.crl_managed. */
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import type { StatePlan } from '../../../engine/state/plan.ts'
import { failure } from '../../../engine/state/wording.ts'
import { factsOf, isFresh, sameFacts, without } from './facts.ts'
import { contentOf, type FileArguments, fileArguments, planFile, planFrom } from './pem-file.ts'

interface ListArguments extends FileArguments {
  readonly signing_private_key: string
  readonly signing_private_key_passphrase?: unknown
  readonly signing_cert?: string | undefined
  readonly revoked: readonly unknown[]
  readonly days_valid: number
  readonly digest: string
  readonly days_remaining: number
  readonly include_expired: boolean
}

/** Entries as they stand in SLS files: mappings, or mappings of a name to a list of mappings. */
function revokedList(revoked: readonly unknown[]): Record<string, unknown>[] {
  return revoked.flatMap((item) => {
    if (!isRecord(item)) throw failure(`an entry of revoked must be a mapping`)
    if ('serial_number' in item || 'certificate' in item) return [item]
    return Object.values(item).map((properties) => Object.assign({}, ...[properties].flat().filter(isRecord)))
  })
}

async function planList(ctx: StateContext, want: ListArguments): Promise<StatePlan> {
  const { name, signing_private_key, signing_private_key_passphrase, signing_cert, days_valid, digest } = want
  if (signing_cert === undefined) throw failure('signing_cert is required')
  const revoked = revokedList(want.revoked).map((item) => plainTimes(item))
  const pem = String(
    await ctx.salt('x509.create_crl', [], {
      ...{ text: true, signing_private_key, signing_private_key_passphrase, signing_cert, days_valid, digest, revoked },
      include_expired: want.include_expired,
    }),
  )
  const wanted = factsOf(await ctx.salt('x509.read_crl', [pem]))
  const old = contentOf(ctx, want)
  const now = old === undefined ? undefined : await ctx.salt('x509.read_crl', [old]).catch(() => undefined)
  const isRight = now !== undefined && (await isListRight(ctx, want, now, wanted))
  const changes = {
    Old: now ?? (old === undefined ? `${name} does not exist.` : `${name} is not a valid CRL.`),
    New: wanted,
  }
  return planFile(ctx, want, { usualMode: 0o644, isRight, content: pem, changes, dryChanges: changes })
}

/** YAML makes a date of what looks like one. */
function plainTimes(item: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => [
      key,
      value instanceof Date ? value.toISOString().slice(0, 19).replace('T', ' ') : value,
    ]),
  )
}

async function isListRight(ctx: StateContext, want: ListArguments, now: unknown, wanted: unknown): Promise<boolean> {
  if (!sameFacts(comparable(now, want), comparable(wanted, want))) return false
  if (!isFresh(factsOf(now)['Next Update'], want.days_remaining)) return false
  return (await ctx.salt('x509.verify_crl', [want.name, want.signing_cert])) === true
}

/** Dates of the list are new each time, and so are those of entries without a date of their own. */
function comparable(facts: unknown, { revoked }: ListArguments): unknown {
  const plain = without(factsOf(facts), 'Last Update', 'Next Update')
  const isDated = revokedList(revoked).every((item) => item.revocation_date !== undefined)
  const entries = plain['Revoked Certificates']
  if (isDated || !Array.isArray(entries)) return plain
  const dated = new Set(
    revokedList(revoked).flatMap((item) => (item.revocation_date === undefined ? [] : [item.serial_number])),
  )
  const undatedEntries = entries.map((entry) =>
    Object.fromEntries(
      Object.entries(factsOf(entry)).map(([serial, said]) => [
        serial,
        dated.has(serial) ? said : without(factsOf(said), 'Revocation Date'),
      ]),
    ),
  )
  return { ...plain, 'Revoked Certificates': undatedEntries }
}

export const crlManaged = state({
  doc: 'Have a list of revoked certificates in a file, renewed in time.',
  args: {
    name: s.path('The file'),
    signing_private_key: s.text('Private key to sign it with: a path or PEM text'),
    signing_private_key_passphrase: s.optional(s.any('Passphrase of that key')),
    signing_cert: s.optional(s.text('Certificate of that key: a path or PEM text')),
    revoked: s.withDefault(
      s.array(s.any(), 'Entries of serial_number or certificate, revocation_date, not_after and reason'),
      [],
    ),
    days_valid: s.withDefault(s.integer('Days to the next list'), 100),
    digest: s.withDefault(s.string('Digest of the signature; sha256 by default'), ''),
    days_remaining: s.withDefault(s.integer('Renew it when no more days are left; 0: never'), 30),
    include_expired: s.withDefault(s.boolean('Keep certificates that have expired'), false),
    ...fileArguments,
  },
  examples: [
    "/etc/pki/ca.crl:\n  x509.crl_managed:\n    - signing_private_key: /etc/pki/ca.key\n    - signing_cert: /etc/pki/ca.crt\n    - revoked:\n      - lost_laptop:\n        - serial_number: D6:D2:DC:D8:4D:5C:C0:F4\n        - revocation_date: '2026-02-25 00:00:00'\n        - reason: keyCompromise",
  ],
  plan: (ctx, want) => planFrom(ctx, want, [want.signing_private_key, want.signing_cert], () => planList(ctx, want)),
})
