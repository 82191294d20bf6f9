import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { asList, asRecord, asString } from '../../base/narrow.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { TargetOutcome } from '../../client/api.ts'
import { functionNames, returnFrom } from '../../client/job-return.ts'
import type { MasterLinkMethods } from '../../client/master-link.ts'
import type { Handler } from '../../wire/rpc.ts'
import type { Asked, Authority, Verdict } from './authority.ts'
import { type FileMethodsOptions, fileMethods } from './file-methods.ts'
import { outcomeOf } from './live-job.ts'
import type { LiveSettings } from './live-settings.ts'
import { type MineMethodsOptions, mineMethods } from './mine-methods.ts'
import type { MinionEvents } from './minion-events.ts'
import { type PillarMethodsOptions, pillarMethods } from './pillar-methods.ts'
import type { Publisher } from './publisher.ts'
import type { RunnerHost } from './runner-host.ts'

const longestPeerTimeoutSeconds = 3600

export interface LinkMethodsOptions extends FileMethodsOptions, PillarMethodsOptions, Pick<MineMethodsOptions, 'mine'> {
  readonly settings: FileMethodsOptions['settings'] &
    MineMethodsOptions['settings'] &
    Pick<LiveSettings, 'stateOptions'>
  readonly publisher: Publisher
  readonly runners: RunnerHost
  readonly bus: EventBus
  readonly events: MinionEvents
  readonly log: Log
  readonly authority: Authority
  /** User that the master runs as; peer jobs carry it as Salt's do. */
  readonly user: string
}

type Link = {
  [M in keyof MasterLinkMethods]: (
    params: unknown,
    call: Parameters<Handler>[1],
  ) => Promise<MasterLinkMethods[M]['result']> | MasterLinkMethods[M]['result']
}

/** What an accepted minion may ask. Its id is the one of its session, whatever the parameters say. */
export function linkMethods(options: LinkMethodsOptions): Link {
  const { events, publisher } = options
  return {
    publish: (params, call) => publishForPeer(options, call.peer.name, asRecord(params), call.signal),
    runner: (params, call) => runForPeer(options, call.peer.name, asRecord(params), call.signal),
    fire: (params, call) => events.fire(call.peer.name, asRecord(params)),
    'fire.numbered': (params, call) => events.take(call.peer.name, asRecord(params)),
    ...fileMethods(options),
    ...mineMethods({ ...options, targets: publisher }),
    ...pillarMethods(options),
    'state.options': () => options.settings.stateOptions,
    return: (params, call) => {
      const ret = returnFrom(call.peer.name, asRecord(params))
      publisher.returnedUnasked(ret, ret.user ?? options.user)
      return null
    },
  }
}

async function publishForPeer(
  options: LinkMethodsOptions,
  id: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
): Promise<MasterLinkMethods['publish']['result']> {
  const { publisher, authority } = options
  const fun = functionNames(params.fun)
  const arg = asList(params.arg ?? [], 'arg')
  const tgt =
    typeof params.tgt === 'string' ? params.tgt : asList(params.tgt, 'tgt').map((item) => asString(item, 'tgt'))
  const tgtType = asString(params.tgt_type ?? 'glob', 'tgt_type')
  const asked = { subject: { kind: 'minion', name: id }, action: 'publish', fun, arg, tgt, tgt_type: tgtType } as const
  const verdict = authority.judge(asked)
  if (!verdict.decision.allowed) return { jid: null, outcomes: [], refusal: refuse(options, asked, verdict) }
  if ((verdict.targets ?? authority.targets(asked)).length === 0) {
    authority.record(asked, verdict, { targets: [] })
    return { jid: null, outcomes: [], refusal: 'no minion matches the target' }
  }
  const outcomes: TargetOutcome[] = []
  const published = await publisher.publishAndWait(
    {
      tgt,
      tgt_type: tgtType,
      fun,
      arg,
      ret: typeof params.ret === 'string' ? params.ret : '',
      user: options.user,
      timeout: peerTimeout(params.timeout),
      hardDeadline: true,
    },
    { publisherId: id },
    (item) => {
      if (item.kind === 'outcome') outcomes.push(outcomeOf(item))
      else authority.record(asked, verdict, { jid: item.jid, targets: item.minions })
    },
    signal,
  )
  return { jid: published.jid, outcomes }
}

async function runForPeer(
  options: LinkMethodsOptions,
  id: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
): Promise<MasterLinkMethods['runner']['result']> {
  const fun = asString(params.fun, 'fun')
  const arg = asList(params.arg ?? [], 'arg')
  const asked = { subject: { kind: 'minion', name: id }, action: 'runner', fun, arg } as const
  const verdict = options.authority.judge(asked)
  if (!verdict.decision.allowed) return { return: null, refusal: refuse(options, asked, verdict) }
  options.authority.record(asked, verdict)
  const result = await options.runners.run(
    { fun, arg, user: options.user, timeout: peerTimeout(params.timeout), requesterId: id },
    () => {},
    signal,
  )
  return { return: result.return }
}

function refuse({ log, bus, authority }: LinkMethodsOptions, asked: Asked, verdict: Verdict): string {
  const { subject, action, arg } = asked
  const { reason } = verdict.decision
  const { name: id } = subject
  const fun = action === 'runner' ? `runner.${asked.fun}` : asked.fun
  authority.record(asked, verdict)
  log.warning('refused a peer request', { id, fun, reason })
  bus.fire(tagOf('salt/peer/:id/refused', id), { id, fun, arg, reason })
  return reason
}

function peerTimeout(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new SaltError('bad-arguments', 'the timeout must be a number of seconds above 0')
  }
  return Math.min(value, longestPeerTimeoutSeconds)
}
