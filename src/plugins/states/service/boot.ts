/** Whether a service starts at boot: service.enabled, service.disabled, and `enable` of the others. */
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { type BootWishes, isAvailable, isEnabled, notAvailable, notPresent } from './calls.ts'

/** What is known of the service besides: it was started, it is dead, or nothing was done about that. */
export type Condition = 'running' | 'dead' | 'as wanted'

const endings: Readonly<Record<Condition, string>> = {
  running: 'is running',
  dead: 'is dead',
  'as wanted': 'is in the desired state',
}

const failures = {
  enabled: {
    running: 'start at boot, but the service is running',
    dead: 'start at boot, and the service is dead',
    'as wanted': 'start at boot, but the service was already running',
  },
  disabled: {
    running: 'not start at boot, and is running',
    dead: 'not start at boot, and the service is dead',
    'as wanted': 'not start at boot, but the service was already running',
  },
} as const

/** service.enabled and service.disabled. */
export async function planBoot(ctx: StateContext, want: BootWishes, enabled: boolean): Promise<StatePlan> {
  const { name } = want
  if (!(await isAvailable(ctx, name))) {
    if (!enabled) return right(notAvailable(name))
    return pending({
      comment: notPresent(name, 'enabled'),
      changes: {},
      apply: () => failed(notAvailable(name)),
    })
  }
  return planSwitch(ctx, want, enabled)
}

/** For a service that is there, and runs or does not run as it should. */
export async function planSwitch(ctx: StateContext, want: BootWishes, enabled: boolean): Promise<StatePlan> {
  const { name } = want
  const [verb, state] = enabled ? (['Enable', 'enabled'] as const) : (['Disable', 'disabled'] as const)
  if (!(await hasFunction(ctx, `service.${verb.toLowerCase()}`))) {
    return impossible(`${verb} is not available on this minion, service ${name} is in the desired state`)
  }
  if ((await isEnabled(ctx, want)) === enabled) {
    return right(`Service ${name} is already ${state}, and ${endings['as wanted']}`)
  }
  return pending({
    comment: `Service ${name} set to be ${state}`,
    changes: {},
    apply: () => switchBoot(ctx, want, { enabled, condition: 'as wanted' }),
  })
}

/** Done after a service was started or stopped; the changes are those of this part alone. */
export async function switchBoot(
  ctx: StateContext,
  want: BootWishes,
  { enabled, condition }: { readonly enabled: boolean; readonly condition: Condition },
): Promise<StateOutcome> {
  const { name, no_block, unmask, unmask_runtime, runlevels } = want
  const state = enabled ? 'enabled' : 'disabled'
  if ((await isEnabled(ctx, want)) === enabled) {
    return done(`Service ${name} is already ${state}, and ${endings[condition]}`)
  }
  const more = {
    no_block,
    ...(enabled ? { unmask, unmask_runtime } : {}),
    ...(runlevels === undefined ? {} : { runlevels }),
  }
  const failure = `Failed when setting service ${name} to ${failures[state][condition]}`
  let worked: unknown
  try {
    worked = await ctx.salt(enabled ? 'service.enable' : 'service.disable', [name], more)
  } catch (error) {
    ctx.signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    return failed(`${failure}. Additional information follows:\n\n${reason}`)
  }
  if (worked !== true) return failed(failure)
  const changed = (await isEnabled(ctx, want)) === enabled
  return done(`Service ${name} has been ${state}, and ${endings[condition]}`, changed ? { [name]: true } : {})
}
