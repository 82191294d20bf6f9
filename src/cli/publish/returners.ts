import type { PublishRequest } from '../../client/api.ts'
import type { OptionValues } from '../parse-command.ts'
import { mapping } from './mapping.ts'

/** Why the options of returners cannot be honored, or undefined. Salt ignores them then. */
export function returnerFault(options: OptionValues): string | undefined {
  if (options.has('return')) return undefined
  const idle = ['return_config', 'return_kwargs'].find((name) => options.has(name))
  return idle === undefined ? undefined : `option --${idle} is of use only with --return`
}

/** The returners that a command line names. Throws `usage`. */
export async function returnersOf(
  options: OptionValues,
): Promise<Pick<PublishRequest, 'ret' | 'ret_config' | 'ret_kwargs'>> {
  const profile = options.text('return_config')
  const kwargs = await mapping('--return_kwargs', options.text('return_kwargs'))
  return {
    ret: options.text('return') ?? '',
    ...(profile === undefined ? {} : { ret_config: profile }),
    ...(kwargs === undefined ? {} : { ret_kwargs: kwargs }),
  }
}
