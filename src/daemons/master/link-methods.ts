import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { asList, asRecord, asString } from '../../base/narrow.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { JobReturn, MasterLinkMethods, TargetOutcome } from '../../client/api.ts'
import type { Handler } from '../../wire/rpc.ts'
import type { Asked, Authority, Verdict } from './authority.ts'
import { type FileMethodsOptions, fileMethods } from './file-methods.ts'
import { outcomeOf } from './live-job.ts'
import { type MineMethodsOptions, mineMethods } from './mine-methods.ts'
import type { Publisher } from './publisher.ts'
import type { RunnerHost } from './runner-host.ts'

/** Events under these tags tell what the master knows; a minion that could fire them could lie about others (SPEC §3.4). */
const reservedPrefixes = [
  'salt/auth',
  'salt/key',
  'salt/job',
  'salt/run',
  'salt/wheel',
  'salt/presence',
  'salt/peer',
  'salt/storage',
  'salt/drop',
]
const longestPeerTimeoutSeconds = 3600

export interface LinkMethodsOptions extends FileMethodsOptions, Pick<MineMethodsOptions, 'mine'> {
  readonly settings: FileMethodsOptions['settings'] & MineMethodsOptions['settings']
  readonly publisher: Publisher
  readonly runners: RunnerHost
  readonly bus: EventBus
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
  const { bus, publisher } = options
  return {
    publish: (params, call) => publishForPeer(options, call.peer.name, asRecord(params), call.signal),
    runner: (params, call) => runForPeer(options, call.peer.name, asRecord(params), call.signal),
    fire: (params, call) => fireForMinion(bus, call.peer.name, asRecord(params)),
    ...fileMethods(options),
    ...mineMethods({ ...options, targets: publisher }),
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

function fireForMinion(
  bus: EventBus,
  id: string,
  params: Record<string, unknown>,
): { fired: number; refused: string[] } {
  const refused: string[] = []
  let fired = 0
  for (const item of asList(params.events, 'events')) {
    const { tag, data } = asRecord(item, 'an event')
    const reason = refusalOfTag(id, tag)
    if (reason === undefined) {
      // Salt's shape: what the minion said is under `data`, beside the id that its session proved.
      bus.fire(String(tag), { id, tag, data: asRecord(data ?? {}, 'the data of an event'), cmd: '_minion_event' })
      fired += 1
    } else refused.push(reason)
  }
  return { fired, refused }
}

function refusalOfTag(id: string, tag: unknown): string | undefined {
  if (typeof tag !== 'string' || tag === '') return 'an event needs a tag'
  const reserved = reservedPrefixes.find((prefix) => tag === prefix || tag.startsWith(`${prefix}/`))
  if (reserved !== undefined) return `tags under '${reserved}' are the master's own: '${tag}' was not fired`
  const other = /^salt\/minion\/([^/]+)(?:\/|$)/.exec(tag)?.[1]
  if (other !== undefined && other !== id)
    return `tags under 'salt/minion/${other}' are another minion's: '${tag}' was not fired`
  return undefined
}

function functionNames(value: unknown): string | readonly string[] {
  if (Array.isArray(value)) return value.map((name) => asString(name, 'fun'))
  return asString(value, 'fun')
}

function peerTimeout(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new SaltError('bad-arguments', 'the timeout must be a number of seconds above 0')
  }
  return Math.min(value, longestPeerTimeoutSeconds)
}

/** A return as it comes from a session: the id is the session's, the rest has the shape of SPEC §9. */
export function returnFrom(id: string, record: Record<string, unknown>): JobReturn {
  const { jid, fun, retcode, success, schedule, nocache } = record
  if (typeof jid !== 'string' || !/^\d{20}(_\d+)?$/.test(jid))
    throw new SaltError('bad-arguments', 'a return needs a jid')
  return {
    id,
    jid,
    fun: functionNames(fun),
    fun_args: asList(record.fun_args ?? [], 'fun_args'),
    return: record.return ?? null,
    retcode: typeof retcode === 'number' ? retcode : 1,
    success: success === true,
    ...(typeof record.out === 'string' ? { out: record.out } : {}),
    ...(typeof record.user === 'string' ? { user: record.user } : {}),
    ...(record.metadata === undefined ? {} : { metadata: asRecord(record.metadata, 'metadata') }),
    ...(typeof schedule === 'string' ? { schedule } : {}),
    ...(nocache === true ? { nocache } : {}),
  }
}
