/** The functions on data that templates have, for calls with plain values: one code for both. */
import { SaltError } from '../../base/errors.ts'
import type { FunctionContext } from '../plugin.ts'

/** Throws `bad-arguments` in Python's words where the values do not fit. */
export async function callDataFunction(ctx: FunctionContext, name: string, args: readonly unknown[]): Promise<unknown> {
  const { dataFunctions } = await import('../render/functions/data-functions.ts')
  const { Dict } = await import('../render/values/dict.ts')
  const { noKwargs } = await import('../render/values/kinds.ts')
  const { fromPlain, toPlain } = await import('../render/values/plain.ts')
  const { PyError } = await import('../render/values/py-error.ts')
  const call = dataFunctions.get(name)
  if (call === undefined) throw new SaltError('internal', `there is no function ${name} on data`)
  const empty = new Dict()
  try {
    return toPlain(await call({ opts: empty, grains: empty, pillar: empty }, args.map(fromPlain), noKwargs))
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (error instanceof PyError) throw new SaltError('bad-arguments', error.message, { cause: error })
    throw error
  }
}
