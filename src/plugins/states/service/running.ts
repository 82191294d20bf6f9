/** service.running and service.dead. */
import type { StateContext } from '../../../engine/plugin.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { planSwitch, switchBoot } from './boot.ts'
import {
  act,
  isAvailable,
  isEnabled,
  isOffline,
  isRunning,
  notAvailable,
  notPresent,
  pause,
  type RunWishes,
} from './calls.ts'
import { planMask } from './mask.ts'

const offline = 'Running in OFFLINE mode. Nothing to do'

function mistake({ name }: RunWishes): StatePlan {
  return impossible(`Service ${name} uses non-existent option "enabled".  Perhaps "enable: True" was intended?`)
}

export async function planRunning(ctx: StateContext, want: RunWishes): Promise<StatePlan> {
  const { name, enable, sig } = want
  if (want.enabled !== undefined) return mistake(want)
  if (await isOffline(ctx)) return right(offline)
  if (!(await isAvailable(ctx, name))) {
    return pending({ comment: notPresent(name, 'started'), changes: {}, apply: () => failed(notAvailable(name)) })
  }
  const mask = want.unmask ? await planMask(ctx, { name, runtime: want.unmask_runtime }, false) : undefined
  if (await isRunning(ctx, name, sig)) {
    const already = right([`The service ${name} is already running`, mask?.comment ?? []].flat().join('\n'))
    if (mask?.kind === 'pending') return withComment(mask, already.comment)
    if (enable === undefined || (await isEnabled(ctx, want)) === enable) return already
    return planSwitch(ctx, want, enable)
  }
  return pending({
    comment: [`Service ${name} is set to start`, mask?.comment ?? []].flat().join('\n'),
    changes: {},
    apply: () => start(ctx, want, mask),
  })
}

function withComment(mask: Extract<StatePlan, { kind: 'pending' }>, comment: string): StatePlan {
  return pending({ ...mask, comment })
}

async function start(ctx: StateContext, want: RunWishes, mask: StatePlan | undefined): Promise<StateOutcome> {
  const { name, enable, sig, init_delay } = want
  const wasEnabled = await isEnabled(ctx, want)
  const lifted = mask?.kind === 'pending' ? (await mask.apply()).comment : mask?.comment
  const worked = await act(ctx, 'start', { ...want, unmask: false, unmask_runtime: false })
  if (worked) await pause(ctx, init_delay)
  const runs = worked && (await isRunning(ctx, name, sig))
  const started = runs ? done(`Started service ${name}`) : failed(`Service ${name} failed to start`)
  const changed = runs || (await isEnabled(ctx, want)) !== wasEnabled
  const outcome = { ...started, changes: changed ? { [name]: runs } : {} }
  const booted = enable === undefined ? outcome : await alsoAtBoot(ctx, want, outcome, enable, runs)
  const delayed = worked && init_delay !== undefined ? `Delayed return for ${init_delay} seconds` : undefined
  const comment = [booted.comment, delayed, lifted].filter((line) => line !== undefined).join('\n')
  return { ...booted, comment }
}

export async function planDead(ctx: StateContext, want: RunWishes): Promise<StatePlan> {
  const { name, enable, sig } = want
  if (want.enabled !== undefined) return mistake(want)
  if (await isOffline(ctx)) return right(offline)
  if (!(await isAvailable(ctx, name))) {
    return pending({ comment: notPresent(name, 'stopped'), changes: {}, apply: () => done(notAvailable(name)) })
  }
  if (!(await isRunning(ctx, name, sig))) {
    const already = right(`The service ${name} is already dead`)
    if (enable === undefined || (await isEnabled(ctx, want)) === enable) return already
    return planSwitch(ctx, want, enable)
  }
  return pending({ comment: `Service ${name} is set to be killed`, changes: {}, apply: () => stop(ctx, want) })
}

async function stop(ctx: StateContext, want: RunWishes): Promise<StateOutcome> {
  const { name, enable, sig } = want
  const wasEnabled = await isEnabled(ctx, want)
  const { no_block } = want
  const worked = (await ctx.salt('service.stop', [name], { no_block })) === true
  if (worked) await pause(ctx, want.init_delay)
  const runs = !worked || (await isRunning(ctx, name, sig))
  const stopped = runs ? failed(`Service ${name} failed to die`) : done(`Service ${name} was killed`)
  const changed = !runs || (await isEnabled(ctx, want)) !== wasEnabled
  const outcome = { ...stopped, changes: changed ? { [name]: runs } : {} }
  return enable === undefined ? outcome : alsoAtBoot(ctx, want, outcome, enable, runs)
}

/** Salt tells what became of the setting for the boot, and fails where the start failed. */
async function alsoAtBoot(
  ctx: StateContext,
  want: RunWishes,
  outcome: StateOutcome,
  enabled: boolean,
  runs: boolean,
): Promise<StateOutcome> {
  const switched = await switchBoot(ctx, want, { enabled, condition: runs ? 'running' : 'dead' })
  const changes = Object.keys(switched.changes).length === 0 ? outcome.changes : switched.changes
  const comment = outcome.result ? switched.comment : `${outcome.comment}\n${switched.comment}`
  return { result: outcome.result && switched.result, comment, changes }
}
