import { asSaltError, SaltError } from '../../base/errors.ts'
import { unpack } from '../../base/msgpack.ts'
import { asRecord, isRecord } from '../../base/narrow.ts'
import type { JobVerifier, SignedJob } from '../../engine/jobs/signature.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import type { Grains } from '../../engine/plugin.ts'
import { compileTarget } from '../../engine/target/compile.ts'
import { matchesInTime } from '../../engine/target/match-time.ts'

/** Target kinds that a minion can judge by what it knows of itself. */
const checkedHere = new Set(['glob', 'list', 'pcre', 'grain', 'grain_pcre'])

/** How far the expiry of a job may be passed before it is refused: clocks are compared once per connection. */
const toleranceMs = 2000

export type GuardedJob =
  | { readonly kind: 'job'; readonly load: JobLoad }
  | { readonly kind: 'refused'; readonly jid: string; readonly state: 'denied' | 'expired'; readonly reason: string }

export interface GuardOptions {
  readonly id: string
  readonly verifier: JobVerifier
  /** Milliseconds since 1970 by the master's clock. */
  masterNow(): number
  grains(): Grains
}

/** Verifies a job record before anything of it is believed. Throws `bad-frame` when the signature is not the master's. */
export function guardJob(record: Readonly<Record<string, unknown>>, options: GuardOptions): GuardedJob {
  const signed = signedJobFrom(record)
  if (!options.verifier.isSigned(signed))
    throw new SaltError('bad-frame', 'the signature of a job is not that of the trusted master')
  const load = loadFrom(unpack(signed.body))
  if (options.masterNow() > load.expiresAt + toleranceMs) {
    return { kind: 'refused', jid: load.jid, state: 'expired', reason: 'the job arrived after its time was over' }
  }
  const mismatch = targetMismatch(load, options)
  return mismatch === undefined
    ? { kind: 'job', load }
    : { kind: 'refused', jid: load.jid, state: 'denied', reason: mismatch }
}

function signedJobFrom({ body, signature, digests }: Readonly<Record<string, unknown>>): SignedJob {
  if (!(body instanceof Uint8Array) || !(signature instanceof Uint8Array))
    throw new SaltError('bad-frame', 'a job record needs a body and a signature')
  return digests instanceof Uint8Array ? { body, signature, digests } : { body, signature }
}

function targetMismatch(load: JobLoad, options: GuardOptions): string | undefined {
  if (!checkedHere.has(load.tgt_type)) return undefined
  try {
    const matcher = compileTarget(
      load.tgt,
      load.tgt_type,
      load.delimiter === undefined ? {} : { delimiter: load.delimiter },
    )
    const grains = load.tgt_type.startsWith('grain') ? options.grains() : {}
    return matchesInTime(matcher, load.tgt_type, { id: options.id, grains })
      ? undefined
      : 'the target does not mean this minion'
  } catch (error) {
    return asSaltError(error).message
  }
}

function loadFrom(value: unknown): JobLoad {
  const load = asRecord(value, 'the body of a job')
  const { jid, fun, tgt_type, issuedAt, expiresAt } = load
  const funIsFine = typeof fun === 'string' || (Array.isArray(fun) && fun.every((name) => typeof name === 'string'))
  if (typeof jid !== 'string' || !funIsFine || typeof tgt_type !== 'string' || !Array.isArray(load.arg)) {
    throw new SaltError('bad-frame', 'the body of a job lacks a field')
  }
  if (typeof issuedAt !== 'number' || typeof expiresAt !== 'number')
    throw new SaltError('bad-frame', 'a job needs its times')
  return {
    jid,
    tgt: load.tgt as JobLoad['tgt'],
    tgt_type,
    fun: fun as JobLoad['fun'],
    arg: load.arg,
    ret: typeof load.ret === 'string' ? load.ret : '',
    user: typeof load.user === 'string' ? load.user : '',
    ...(typeof load.ret_config === 'string' ? { ret_config: load.ret_config } : {}),
    ...(isRecord(load.ret_kwargs) ? { ret_kwargs: load.ret_kwargs } : {}),
    ...(typeof load.id === 'string' ? { id: load.id } : {}),
    ...(typeof load.delimiter === 'string' ? { delimiter: load.delimiter } : {}),
    ...(isRecord(load.metadata) ? { metadata: load.metadata } : {}),
    ...(load.progress === true ? { progress: true } : {}),
    issuedAt,
    expiresAt,
    ...(load.queue === true ? { queue: true } : {}),
  }
}
