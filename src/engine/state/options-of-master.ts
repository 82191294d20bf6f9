/**
 * Options of the master that count for the states of its minions, as Salt's operators expect: what the configuration of the master says of
 * these wins over that of a minion. What it does not say is left to the minion.
 */
import { asSaltError } from '../../base/errors.ts'
import type { ConfigView, FunctionContext } from '../plugin.ts'

export const optionsOfMaster = [
  'default_top',
  'env_order',
  'failhard',
  'jinja_env',
  'jinja_sls_env',
  'jinja_trim_blocks',
  'jinja_lstrip_blocks',
  'nodegroups',
  'renderer',
  'state_aggregate',
  'state_auto_order',
  'state_events',
  'state_top',
  'state_top_saltenv',
  'top_file_merging_strategy',
] as const

/** The same context where no master is asked for files. A master that does not answer leaves the options of the minion. */
export async function withOptionsOfMaster(ctx: FunctionContext): Promise<FunctionContext> {
  const { files, masters } = ctx.services
  const master = masters?.[0]
  if (files !== undefined || master === undefined) return ctx
  try {
    const told = await master.call('state.options', null, { signal: ctx.signal })
    const names = optionsOfMaster.filter((name) => Object.hasOwn(told, name))
    if (names.length === 0) return ctx
    return ctx.derive({ config: overlaid(ctx.config, Object.fromEntries(names.map((name) => [name, told[name]]))) })
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log.warning('The master did not tell its options for states; those of this minion count', {
      reason: asSaltError(error).message,
    })
    return ctx
  }
}

/** The configuration with other values for some options. */
export function overlaid(config: ConfigView, over: Readonly<Record<string, unknown>>): ConfigView {
  if (Object.keys(over).length === 0) return config
  return {
    get: (name) => (Object.hasOwn(over, name) ? over[name] : config.get(name)),
    get all() {
      return { ...config.all, ...over }
    },
  }
}
