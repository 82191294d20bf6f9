/** What a certificate of another minion would be, without asking it to sign anything. */
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { failure } from '../../../engine/state/wording.ts'
import { type Facts, factsOf } from './facts.ts'

/** What a certificate would be, and how it is made in earnest. */
export interface Trial {
  readonly facts: Facts
  /** Certificate that the signature is checked with. */
  readonly signer: unknown
  make(): Promise<string>
}

/** Throws `execution-failed` where the minion does not answer, or has no such policy. */
export async function remoteTrial(ctx: StateContext, server: string, keywords: Facts): Promise<Trial> {
  const policy = await remotePolicy(ctx, server, String(keywords.signing_policy))
  const { signing_policy: _name, ...own } = keywords
  const { minions: _minions, copypath: _copy, prepend_cn: _prepend, signing_cert: authority, ...rules } = policy
  if (typeof authority !== 'string') throw failure(`The signing policy of ${server} has no signing_cert.`)
  // Signed by nobody: all that matters is what it says.
  const key = await ctx.salt('x509.create_private_key', [], { text: true, algo: 'ec' })
  const nobody = await ctx.salt('x509.create_certificate', [], {
    text: true,
    testrun: true,
    signing_private_key: key,
    CN: 'nobody',
  })
  const pem = await ctx.salt('x509.create_certificate', [], {
    ...own,
    ...rules,
    ...{ text: true, testrun: true, signing_private_key: key, signing_cert: nobody },
  })
  const { Subject, 'Subject Hash': hash } = factsOf(await ctx.salt('x509.read_certificate', [authority]))
  const facts = factsOf(await ctx.salt('x509.read_certificate', [pem]))
  return {
    facts: { ...facts, Issuer: Subject, 'Issuer Hash': hash },
    signer: authority,
    make: async () =>
      String(await ctx.salt('x509.create_certificate', [], { ...keywords, text: true, ca_server: server })),
  }
}

async function remotePolicy(ctx: StateContext, server: string, name: string): Promise<Facts> {
  const answers = await ctx.salt('publish.publish', [server, 'x509.get_signing_policy', [name]], { timeout: 30 })
  const policy = isRecord(answers) ? answers[server] : undefined
  if (isRecord(policy)) return policy
  throw failure(
    typeof policy === 'string'
      ? policy
      : 'ca_server did not respond; salt master must permit peers to call x509.get_signing_policy and x509.sign_remote_certificate.',
  )
}
