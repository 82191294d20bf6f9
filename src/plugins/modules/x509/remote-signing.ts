/** Certificates that another minion signs: asked for over the master, which must permit it to the peers. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { publicPem, readPublicKey, secretOf } from './keys.ts'
import { pemEntry, readPem } from './pem.ts'

const notForOthers = new Set([
  'copypath',
  'prepend_cn',
  'signing_private_key',
  'signing_private_key_passphrase',
  'signing_cert',
  'public_key_passphrase',
  'private_key',
  'private_key_passphrase',
  'serial_bits',
  'overwrite',
])

/** Only what goes into the certificate: of a private key, its public half. */
async function requestOf(
  ctx: FunctionContext,
  args: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const rest = Object.fromEntries(
    Object.entries(args).filter(([name, value]) => !notForOthers.has(name) && value !== undefined && value !== null),
  )
  const key = args.public_key ?? args.private_key
  const lock = secretOf(args.public_key_passphrase ?? args.private_key_passphrase)
  if (rest.csr !== undefined) return { ...rest, csr: readPem(ctx, rest.csr, 'CERTIFICATE REQUEST').text }
  if (key === undefined || key === null) throw new SaltError('bad-arguments', 'public_key or csr is required')
  return { ...rest, public_key: publicPem(await readPublicKey(ctx, key, lock)) }
}

/** Throws `bad-arguments`, or `execution-failed` with the words of the other minion. */
export async function remoteCertificate(
  ctx: FunctionContext,
  server: string,
  args: Readonly<Record<string, unknown>>,
): Promise<string> {
  if (args.signing_policy === undefined || args.signing_policy === null) {
    throw new SaltError('bad-arguments', 'signing_policy must be specified if ca_server is.')
  }
  const answer = await askAuthority(ctx, server, 'x509.sign_remote_certificate', await requestOf(ctx, args))
  if (typeof answer === 'string' && answer.includes('-----BEGIN CERTIFICATE-----'))
    return pemEntry(answer, 'CERTIFICATE').text
  throw new SaltError('execution-failed', `${server} has not signed the certificate: ${String(answer)}`)
}

/** What the other minion answers. Throws `execution-failed` where none does. */
async function askAuthority(ctx: FunctionContext, server: string, fun: string, argument: unknown): Promise<unknown> {
  const answers = await ctx.salt('publish.publish', [server, fun, [argument]], { timeout: 30 })
  if (!isRecord(answers) || !Object.hasOwn(answers, server)) {
    throw new SaltError('execution-failed', `ca_server did not respond; salt master must permit peers to call ${fun}.`)
  }
  return answers[server]
}
