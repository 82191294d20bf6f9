import { once } from 'node:events'
import { userInfo } from 'node:os'
import { asSaltError, SaltError } from '../../base/errors.ts'
import { asList, asRecord, asString, asStrings } from '../../base/narrow.ts'
import type {
  BusMethods,
  MasterBusMethods,
  Published,
  PublishItem,
  PublishRequest,
  RunnerItem,
  RunnerRequest,
  RunnerResult,
} from '../../client/api.ts'
import type { Subject } from '../../engine/authorization/authorize.ts'
import type { JobStore } from '../../engine/jobs/types.ts'
import { queueTtlSeconds } from '../../engine/options/queue-ttl.ts'
import { PacedSender } from '../../wire/paced-sender.ts'
import type { Handler, IncomingCall } from '../../wire/rpc.ts'
import type { Asked, Authority, Verdict } from './authority.ts'
import { explain } from './explain.ts'
import type { FileOffers } from './file-offers.ts'
import { listJobs } from './job-list.ts'
import type { JobFollower } from './live-job.ts'
import type { Publisher } from './publisher.ts'
import type { RunnerHost } from './runner-host.ts'
import type { RunnerHosts } from './runner-hosts.ts'

export interface BusMethodsOptions {
  readonly publisher: Publisher
  readonly hosts: Pick<RunnerHosts, 'runners' | 'wheels'>
  readonly authority: Authority
  readonly store: Pick<JobStore, 'get' | 'list' | 'open' | 'states'>
  readonly offers: FileOffers
  isConnected(id: string): boolean
  keyChanged(id: string, act: 'accept' | 'reject' | 'delete', user: string): void
}

type Methods = { [M in Exclude<keyof MasterBusMethods, keyof BusMethods>]: Handler }

/** What the command line may ask over the local bus. */
export function busMethods(options: BusMethodsOptions): Methods {
  const { publisher, authority } = options
  return {
    publish: (params, call) => {
      const record = asRecord(params)
      const request = publishRequestFrom(record, asString(record.user, 'user'))
      return publishFor(options, owner(request.user), request, record.follow === true, call)
    },
    follow: (params, call) => {
      const jid = asString(asRecord(params).jid, 'jid')
      return withItems<PublishItem, Published>(call, (follower) => publisher.follow(jid, follower, call.signal))
    },
    jobs: (params) => listJobs(options.store, params),
    runner: (params, call) => runFor(options, ownerOf(asRecord(params)), 'runner', asRecord(params), call),
    wheel: (params, call) => runFor(options, ownerOf(asRecord(params)), 'wheel', asRecord(params), call),
    explain: (params) => explain(authority, asRecord(params)),
    targets: (params) => {
      const minions = publisher.resolve(targetFrom(asRecord(params)))
      return { minions, connected: minions.filter((id) => options.isConnected(id)) }
    },
    'files.offer': (params, call) => offer(options.offers, asStrings(asRecord(params).paths, 'paths'), call),
    'key.changed': (params) => {
      const { id, act, user } = asRecord(params)
      if (act !== 'accept' && act !== 'reject' && act !== 'delete')
        throw new SaltError('bad-arguments', 'no such key action')
      const name = asString(user ?? '', 'user')
      authority.note({ subject: owner(name), action: `key.${act}`, targets: [asString(id, 'id')], decision: 'allowed' })
      options.keyChanged(asString(id, 'id'), act, name)
      return null
    },
  }
}

/** Ends with the call: nothing is served that nobody stands behind. */
async function offer(offers: FileOffers, paths: readonly string[], call: IncomingCall): Promise<null> {
  const saltenv = await offers.add(paths)
  try {
    const files = (await offers.get(saltenv)?.names())?.files.length ?? 0
    call.item({ saltenv, files })
    if (!call.signal.aborted) await once(call.signal, 'abort')
    return null
  } finally {
    offers.remove(saltenv)
  }
}

/** Whoever could read the bus key. His name is his own word. */
function owner(name: string): Subject {
  return { kind: 'owner', name }
}

function ownerOf({ user }: Record<string, unknown>): Subject {
  return owner(asString(user ?? userInfo().username, 'user'))
}

/** A job, if the subject may have it. */
export async function publishFor(
  { publisher, authority }: Pick<BusMethodsOptions, 'publisher' | 'authority'>,
  subject: Subject,
  request: PublishRequest,
  isFollowed: boolean,
  call: IncomingCall,
): Promise<Published> {
  const { fun, arg, tgt, tgt_type, delimiter } = request
  const asked = { subject, action: 'publish', fun, arg, tgt, tgt_type, delimiter } as const
  const verdict = demanded({ publisher, authority }, asked, request)
  let isPublished = false
  const published = ({ jid, minions }: Published): void => {
    isPublished = true
    authority.record(asked, verdict, { jid, targets: minions })
  }
  try {
    if (!isFollowed) {
      const { jid, minions } = publisher.publish(request, {})
      published({ jid, minions })
      return { jid, minions }
    }
    return await withItems<PublishItem, Published>(call, (follower) => {
      const recorded: JobFollower = (item) => {
        if (item.kind === 'published') published(item)
        follower(item)
      }
      return publisher.publishAndWait(request, {}, recorded, call.signal)
    })
  } catch (error) {
    // It was permitted, but there was nobody to do it.
    if (!isPublished) authority.record(asked, verdict, { targets: [] })
    throw error
  }
}

/** The verdict that permits it. Throws `denied`, which those who look for the job of a jid of their choice are told, too. */
function demanded(
  { publisher, authority }: Pick<BusMethodsOptions, 'publisher' | 'authority'>,
  asked: Asked,
  request: PublishRequest,
): Verdict {
  try {
    return authority.demand(asked)
  } catch (error) {
    if (request.jid !== undefined) publisher.tellRefused(request.jid, request, asSaltError(error))
    throw error
  }
}

/** A runner or a wheel function, if the subject may run it. */
export function runFor(
  { authority, hosts }: Pick<BusMethodsOptions, 'authority' | 'hosts'>,
  subject: Subject,
  action: 'runner' | 'wheel',
  params: Record<string, unknown>,
  call: IncomingCall,
): Promise<RunnerResult> | RunnerResult {
  const request = runnerRequestFrom(params, subject.name)
  const asked = { subject, action, fun: request.fun, arg: request.arg }
  authority.record(asked, authority.demand(asked))
  return runOn(action === 'runner' ? hosts.runners : hosts.wheels, request, params.detach === true, call)
}

function runnerRequestFrom({ fun, arg, timeout }: Record<string, unknown>, user: string): RunnerRequest {
  return {
    fun: asString(fun, 'fun'),
    arg: asList(arg ?? [], 'arg'),
    user,
    ...(typeof timeout === 'number' ? { timeout } : {}),
  }
}

function runOn(
  host: RunnerHost,
  request: RunnerRequest,
  isDetached: boolean,
  call: IncomingCall,
): Promise<RunnerResult> | RunnerResult {
  if (isDetached) return { jid: host.detach(request), return: null, success: true, retcode: 0 }
  return withItems<RunnerItem, RunnerResult>(call, (item) => host.run(request, item, call.signal))
}

/** Streams what the work tells, as fast as the caller takes it: a job cache full of large returns is no reason to lose one. */
export async function withItems<Item, Result>(
  call: IncomingCall,
  work: (tell: (item: Item) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const items = new PacedSender<Item>({
    offer: call.offer,
    relieved: call.relieved,
    isGone: () => call.signal.aborted,
  })
  const result = await work((item) => {
    items.add(item)
    return items.idle()
  })
  await items.idle()
  return result
}

export function targetFrom(record: Record<string, unknown>): Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter'> {
  const { tgt, delimiter } = record
  return {
    tgt: typeof tgt === 'string' ? tgt : asList(tgt, 'tgt').map((item) => asString(item, 'tgt')),
    tgt_type: asString(record.tgt_type ?? 'glob', 'tgt_type'),
    ...(typeof delimiter === 'string' ? { delimiter } : {}),
  }
}

export function publishRequestFrom(record: Record<string, unknown>, user: string): PublishRequest {
  const { fun, jid, metadata, timeout, queue, ret_config, ret_kwargs } = record
  if (typeof timeout !== 'number' || !Number.isFinite(timeout) || timeout < 0) {
    throw new SaltError('bad-arguments', 'the timeout must be a number of seconds')
  }
  return {
    ...targetFrom(record),
    fun: typeof fun === 'string' ? fun : asList(fun, 'fun').map((item) => asString(item, 'fun')),
    arg: asList(record.arg ?? [], 'arg'),
    user,
    ret: typeof record.ret === 'string' ? record.ret : '',
    ...(ret_config === undefined ? {} : { ret_config: asString(ret_config, 'ret_config') }),
    ...(ret_kwargs === undefined ? {} : { ret_kwargs: asRecord(ret_kwargs, 'ret_kwargs') }),
    timeout,
    ...(record.hardDeadline === true ? { hardDeadline: true } : {}),
    ...(record.progress === true ? { progress: true } : {}),
    ...(typeof jid === 'string' ? { jid: validJid(jid) } : {}),
    ...(queue === undefined ? {} : { queue: queue === true || queueTtlSeconds(asQueueTime(queue)) }),
    ...(metadata === undefined ? {} : { metadata: asRecord(metadata, 'metadata') }),
  }
}

function asQueueTime(value: unknown): number {
  if (typeof value === 'number') return value
  throw new SaltError('bad-arguments', 'queue must be a number of seconds, or true')
}

function validJid(jid: string): string {
  if (/^\d{20}(_\d+)?$/.test(jid)) return jid
  throw new SaltError('bad-arguments', `'${jid}' is not a job id`, {
    hint: 'A job id has 20 digits: YYYYmmddHHMMSSffffff.',
  })
}
