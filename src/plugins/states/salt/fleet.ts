/** What the states of an orchestration share: the way to the minions, and how their answers are judged. */
import { SaltError } from '../../../base/errors.ts'
import type { TargetOutcome } from '../../../client/api.ts'
import type { FleetJob, FleetPublish, FleetService } from '../../../engine/fleet.ts'
import type { StateContext } from '../../../engine/plugin.ts'

/** Throws where there is none. */
export function fleetOf(ctx: StateContext): FleetService {
  const { fleet } = ctx.services
  if (fleet !== undefined) return fleet
  throw new SaltError('execution-failed', 'a minion gives no orders to other minions', {
    hint: 'Run it on the master: salt run state.orchestrate',
  })
}

/** How a job is sent, from arguments that `salt.state` and `salt.function` share. */
export interface JobArguments {
  readonly tgt: string | readonly string[]
  readonly tgt_type: string | undefined
  readonly ret: string | readonly string[] | undefined
  readonly ret_config: string | undefined
  readonly ret_kwargs: Readonly<Record<string, unknown>> | undefined
  readonly timeout: number | undefined
  readonly batch: string | number | undefined
  readonly subset: number | undefined
  readonly failhard: boolean | undefined
}

type Sending = Pick<FleetPublish, 'fun' | 'arg' | 'kwargs'>

export function publishRequest(ctx: StateContext, args: JobArguments, sending: Sending): FleetPublish {
  const { tgt, tgt_type, ret, ret_config, ret_kwargs, timeout, batch, subset, failhard } = args
  const isFailhard = failhard ?? ctx.config.get('failhard') === true
  return {
    ...sending,
    tgt,
    tgtType: tgt_type ?? (typeof tgt === 'string' ? 'glob' : 'list'),
    ...(ret === undefined || ret.length === 0 ? {} : { ret: typeof ret === 'string' ? ret : ret.join(',') }),
    ...(ret_config === undefined ? {} : { retConfig: ret_config }),
    ...(ret_kwargs === undefined ? {} : { retKwargs: ret_kwargs }),
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
    ...(batch === undefined ? {} : { batch: String(batch) }),
    ...(subset === undefined ? {} : { subset }),
    ...(isFailhard ? { failhard: true } : {}),
  }
}

/** The minions that may fail, and a warning where the argument says nothing of the kind. */
export function toleratedMinions(given: unknown): {
  readonly ids: ReadonlySet<string>
  readonly warnings: readonly string[]
} {
  if (given === undefined || given === null) return { ids: new Set(), warnings: [] }
  if (typeof given === 'string') return { ids: new Set(given.split(',').map((id) => id.trim())), warnings: [] }
  if (Array.isArray(given)) return { ids: new Set(given.map(String)), warnings: [] }
  return { ids: new Set(), warnings: ["'fail_minions' needs to be a list or a comma separated string. Ignored."] }
}

/** Targets by id, and what is to be said of those that are left out because nobody expected them. */
export interface Answers {
  readonly outcomes: readonly TargetOutcome[]
  readonly warnings: readonly string[]
}

/** @param expectsAll whether a minion that does not return has failed, instead of being left out. */
export function answersOf({ outcomes }: FleetJob, expectsAll: boolean): Answers {
  const sorted = outcomes.toSorted((left, right) => (left.id < right.id ? -1 : 1))
  const silent = sorted.filter(({ ret }) => ret === undefined)
  return {
    outcomes: expectsAll ? sorted : sorted.filter(({ ret }) => ret !== undefined),
    warnings: silent.map(({ id, state, reason }) => {
      const why = reason === undefined || reason === '' ? state : `${state}: ${reason}`
      return `${id} did not return (${why})`
    }),
  }
}

export function withWarnings(warnings: readonly string[]): { readonly warnings?: readonly string[] } {
  return warnings.length === 0 ? {} : { warnings }
}

export function withJid(jid: string | undefined): Readonly<Record<string, unknown>> {
  return jid === undefined ? {} : { more: { __jid__: jid } }
}
