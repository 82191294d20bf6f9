import { userInfo } from 'node:os'
import { SaltError } from '../../base/errors.ts'
import { asList, asRecord, asString } from '../../base/narrow.ts'
import type { MasterBusMethods, Published, PublishItem, PublishRequest } from '../../client/api.ts'
import { PacedSender } from '../../wire/paced-sender.ts'
import type { Handler, IncomingCall } from '../../wire/rpc.ts'
import type { JobFollower } from './live-job.ts'
import type { Publisher } from './publisher.ts'
import type { RunnerHost } from './runner-host.ts'

export interface BusMethodsOptions {
  readonly publisher: Publisher
  readonly runners: RunnerHost
  isConnected(id: string): boolean
  keyChanged(id: string, act: 'accept' | 'reject' | 'delete', user: string): void
}

type Methods = { [M in Exclude<keyof MasterBusMethods, 'subscribe' | 'fire' | 'status'>]: Handler }

/** What the command line may ask over the local bus. */
export function busMethods(options: BusMethodsOptions): Methods {
  const { publisher, runners } = options
  return {
    publish: async (params, call): Promise<Published> => {
      const record = asRecord(params)
      const request = publishRequestFrom(record)
      if (record.follow === true) {
        return withItems(call, (follower) => publisher.publishAndWait(request, {}, follower, call.signal))
      }
      const job = publisher.publish(request, {})
      return { jid: job.jid, minions: job.minions }
    },
    follow: (params, call) => {
      const jid = asString(asRecord(params).jid, 'jid')
      return withItems(call, (follower) => publisher.follow(jid, follower, call.signal))
    },
    runner: (params, call) => {
      const { fun, arg, user, timeout, detach } = asRecord(params)
      const request = {
        fun: asString(fun, 'fun'),
        arg: asList(arg ?? [], 'arg'),
        user: asString(user ?? userInfo().username, 'user'),
        ...(typeof timeout === 'number' ? { timeout } : {}),
      }
      if (detach === true) return { jid: runners.detach(request), return: null, success: true, retcode: 0 }
      return runners.run(request, (item) => call.item(item), call.signal)
    },
    targets: (params) => {
      const minions = publisher.resolve(targetFrom(asRecord(params)))
      return { minions, connected: minions.filter((id) => options.isConnected(id)) }
    },
    'key.changed': (params) => {
      const { id, act, user } = asRecord(params)
      if (act !== 'accept' && act !== 'reject' && act !== 'delete')
        throw new SaltError('bad-arguments', 'no such key action')
      options.keyChanged(asString(id, 'id'), act, asString(user ?? '', 'user'))
      return null
    },
  }
}

/** Streams what the work tells, as fast as the caller takes it: a job cache full of large returns is no reason to lose one. */
async function withItems<Result>(
  call: IncomingCall,
  work: (follower: JobFollower) => Promise<Result>,
): Promise<Result> {
  const items = new PacedSender<PublishItem>({
    offer: call.offer,
    relieved: call.relieved,
    isGone: () => call.signal.aborted,
  })
  const result = await work((item) => items.add(item))
  await items.idle()
  return result
}

function targetFrom(record: Record<string, unknown>): Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter'> {
  const { tgt, delimiter } = record
  return {
    tgt: typeof tgt === 'string' ? tgt : asList(tgt, 'tgt').map((item) => asString(item, 'tgt')),
    tgt_type: asString(record.tgt_type ?? 'glob', 'tgt_type'),
    ...(typeof delimiter === 'string' ? { delimiter } : {}),
  }
}

function publishRequestFrom(record: Record<string, unknown>): PublishRequest {
  const { fun, jid, metadata, timeout } = record
  if (typeof timeout !== 'number' || !Number.isFinite(timeout) || timeout < 0) {
    throw new SaltError('bad-arguments', 'the timeout must be a number of seconds')
  }
  return {
    ...targetFrom(record),
    fun: typeof fun === 'string' ? fun : asList(fun, 'fun').map((item) => asString(item, 'fun')),
    arg: asList(record.arg ?? [], 'arg'),
    user: asString(record.user, 'user'),
    ret: typeof record.ret === 'string' ? record.ret : '',
    timeout,
    ...(record.hardDeadline === true ? { hardDeadline: true } : {}),
    ...(typeof jid === 'string' ? { jid: validJid(jid) } : {}),
    ...(metadata === undefined ? {} : { metadata: asRecord(metadata, 'metadata') }),
  }
}

function validJid(jid: string): string {
  if (/^\d{20}(_\d+)?$/.test(jid)) return jid
  throw new SaltError('bad-arguments', `'${jid}' is not a job id`, {
    hint: 'A job id has 20 digits: YYYYmmddHHMMSSffffff.',
  })
}
