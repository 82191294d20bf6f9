/** x509.private_key_managed. */
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import type { StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf } from '../../../engine/state/wording.ts'
import { contentOf, type FileArguments, fileArguments, planFile } from './pem-file.ts'

const keyArguments = {
  bits: s.withDefault(s.integer('Size in bits'), 2048),
  passphrase: s.optional(s.any('Passphrase that it is encrypted with')),
  cipher: s.withDefault(s.string('How it is encrypted'), 'aes_256_cbc'),
  new: s.withDefault(s.boolean('Make a new one each time, as for prereq'), false),
  overwrite: s.withDefault(s.boolean('Replace a key that the passphrase does not open'), false),
  verbose: s.withDefault(s.boolean('Accepted, and without effect here'), true),
  algo: s.withDefault(s.string('Kind of the key: rsa, ec, ed25519 or ed448'), 'rsa'),
  keysize: s.optional(s.integer('As bits')),
}

export interface KeyArguments {
  readonly bits: number
  readonly passphrase?: unknown
  readonly cipher: string
  readonly new: boolean
  readonly overwrite: boolean
  readonly algo: string
  readonly keysize?: number | undefined
}

/** Size that is wanted; 0 where the kind of the key has one size only. */
function wantedBits({ algo, bits, keysize }: KeyArguments): number {
  if (algo.startsWith('ed')) return 0
  return keysize ?? (algo === 'ec' && bits === 2048 ? 256 : bits)
}

/** Whether the key of a file is as wanted. Throws `execution-failed` for one that the passphrase does not open. */
export async function isKeyRight(ctx: StateContext, name: string, want: KeyArguments): Promise<boolean> {
  const content = contentOf(ctx, { name })
  if (content === undefined || want.new) return false
  if (!content.includes('PRIVATE KEY-----')) {
    if (want.overwrite || content.trim() === '') return false
    throw failure(`${name} holds something else than a private key. Set 'overwrite' to True to replace it.`)
  }
  try {
    const size = await ctx.salt('x509.get_private_key_size', [content, want.passphrase])
    const bits = wantedBits(want)
    return bits === 0 || size === bits
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (want.overwrite) return false
    throw failure(reasonOf(error))
  }
}

export async function newKey(ctx: StateContext, want: KeyArguments): Promise<string> {
  const { bits, keysize, passphrase, cipher, algo } = want
  return String(await ctx.salt('x509.create_private_key', [], { text: true, bits, keysize, passphrase, cipher, algo }))
}

async function planKey(ctx: StateContext, want: FileArguments & KeyArguments): Promise<StatePlan> {
  const changes = { new: 'New private key generated' }
  return planFile(ctx, want, {
    usualMode: 0o600,
    isRight: await isKeyRight(ctx, want.name, want),
    content: () => newKey(ctx, want),
    changes,
    dryChanges: changes,
  })
}

export const privateKeyManaged = state({
  doc: 'Have a private key in a file that only its owner can read; it is made where there is none of that size.',
  args: { name: s.path('The file'), ...keyArguments, ...fileArguments },
  examples: ['/etc/pki/www.key:\n  x509.private_key_managed:\n    - bits: 4096\n    - backup: True'],
  plan: (ctx, want) => planKey(ctx, want),
})
