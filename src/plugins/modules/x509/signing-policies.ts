/** Signing policies: what an authority puts into certificates that others ask it for, whatever they ask for. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { readPem } from './pem.ts'

type Policy = Readonly<Record<string, unknown>>

/** Undefined where there is no policy of that name, in the pillar or in the configuration. */
export function signingPolicy(ctx: FunctionContext, name: string): Policy | undefined {
  for (const policies of [ctx.pillar.x509_signing_policies, ctx.config.get('x509_signing_policies')]) {
    const found = isRecord(policies) ? policies[name] : undefined
    if (isRecord(found)) return found
    if (Array.isArray(found)) return Object.assign({}, ...found.filter(isRecord))
  }
  return undefined
}

/** The arguments, with those of the policy that they name in place of their own. Throws `bad-arguments`. */
export async function withPolicy(ctx: FunctionContext, args: Policy): Promise<Policy> {
  const { signing_policy: name } = args
  if (name === undefined || name === null) return args
  const policy = signingPolicy(ctx, String(name))
  if (policy === undefined) throw new SaltError('bad-arguments', `Signing policy ${String(name)} does not exist.`)
  return { ...args, ...policy }
}

/** What everybody may know of a policy: its certificate, and not its private key. */
export function publicPolicy(ctx: FunctionContext, policy: Policy): Record<string, unknown> {
  const { signing_private_key: _key, signing_private_key_passphrase: _passphrase, ...rest } = policy
  return rest.signing_cert === undefined
    ? rest
    : { ...rest, signing_cert: readPem(ctx, rest.signing_cert, 'CERTIFICATE').text }
}

/** What another minion may ask for: what goes into the certificate, and nothing about files or keys of this one. */
const requestable = new Set([
  'csr',
  'public_key',
  'signing_policy',
  'days_valid',
  'not_before',
  'not_after',
  'digest',
  'algorithm',
])

/** Throws `denied` where a minion asks for what it must not. */
export async function assertRequestable(
  ctx: FunctionContext,
  args: Policy,
  requester: unknown,
  isContent: (name: string) => boolean,
): Promise<void> {
  const name = args.signing_policy
  if (name === undefined || name === null) throw new SaltError('bad-arguments', 'signing_policy must be specified')
  const policy = signingPolicy(ctx, String(name))
  if (policy === undefined) throw new SaltError('bad-arguments', `Signing policy ${String(name)} does not exist.`)
  if (policy.minions !== undefined) {
    if (typeof requester !== 'string')
      throw new SaltError('denied', 'minion sending this request could not be identified')
    const matcher = String(policy.minions).includes('@') ? 'match.compound' : 'match.glob'
    if ((await ctx.salt(matcher, [policy.minions, requester])) !== true) {
      throw new SaltError('denied', `${requester} not permitted to use signing policy ${String(name)}`)
    }
  }
  const refused = Object.keys(args).filter((key) => !requestable.has(key) && !isContent(key))
  if (refused.length > 0)
    throw new SaltError('denied', `a request for a certificate must not have ${refused.join(', ')}`)
  for (const key of ['csr', 'public_key'] as const) {
    const value = args[key]
    if (value !== undefined && value !== null && !String(value).includes('-----BEGIN')) {
      throw new SaltError('denied', `${key} of a request for a certificate must be PEM text`)
    }
  }
}
