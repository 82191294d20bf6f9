import { SaltError } from '../../base/errors.ts'
import { pack } from '../../base/msgpack.ts'
import type { PublishRequest } from '../../client/api.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import { returnerNames } from '../../engine/returners/returner-catalogue.ts'

/** A minion must have begun a job by then, whatever its client waits for. */
const shortestValidityMs = 30_000

const mebibyte = 1024 * 1024
const largestJob = 32 * mebibyte

/** Where a job comes from, where that is not a user. */
export interface JobOrigin {
  /** Minion that published it. */
  readonly publisherId?: string
}

export interface NewJobOptions {
  readonly jid: string
  /** By the master's clock, milliseconds since 1970. */
  readonly issuedAt: number
  /** How long a queued job waits where its request does not say. */
  readonly queueTtlMs: number
  /** The returner that the minions use for every job; empty for none. */
  readonly extJobCache: string
}

/** What the minions get of a job that is published now. */
export function newLoad(request: PublishRequest, { publisherId }: JobOrigin, options: NewJobOptions): JobLoad {
  const { jid, issuedAt, extJobCache } = options
  const timeoutMs = request.timeout * 1000
  const queueMs = request.queue === true ? options.queueTtlMs : (request.queue ?? 0) * 1000
  const validityMs = queueMs || (request.hardDeadline ? timeoutMs : Math.max(timeoutMs, shortestValidityMs))
  return {
    jid,
    tgt: request.tgt,
    tgt_type: request.tgt_type,
    fun: request.fun,
    arg: request.arg,
    ret: returnerNames([request.ret, extJobCache].join()).join(),
    ...(request.ret_config === undefined ? {} : { ret_config: request.ret_config }),
    ...(request.ret_kwargs === undefined ? {} : { ret_kwargs: request.ret_kwargs }),
    user: request.user,
    ...(publisherId === undefined ? {} : { id: publisherId }),
    ...(request.delimiter === undefined ? {} : { delimiter: request.delimiter }),
    ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
    ...(request.progress === undefined ? {} : { progress: true }),
    issuedAt,
    expiresAt: issuedAt + validityMs,
    ...(queueMs > 0 ? { queue: true } : {}),
  }
}

/** Throws `bad-arguments` for a job that cannot be sent, before anybody hears of it. */
export function packed(load: JobLoad): Uint8Array {
  const body = pack(load)
  if (body.byteLength <= largestJob) return body
  throw new SaltError('bad-arguments', `the arguments of a job may have ${largestJob / mebibyte} MiB in all`, {
    hint: 'Bring larger data to the minions as a file.',
  })
}
