/** Jobs in the form in which other systems keep them, and back. */
import { compareText } from '../../base/text.ts'
import type { JobReturn } from '../../client/api.ts'
import type { JobLoadRecord } from '../returner.ts'
import { jidToTime } from './jid.ts'
import type { JobRecord } from './types.ts'

export function loadRecordOf(job: JobRecord): JobLoadRecord {
  const { jid, fun, arg, tgt, tgtType, user, minions, metadata } = job
  return { jid, fun, arg, tgt, tgt_type: tgtType, user, minions, ...(metadata === undefined ? {} : { metadata }) }
}

/** @param otherwise when it started, where its jid does not tell. Milliseconds since 1970. */
export function jobRecordOf(load: JobLoadRecord, otherwise = 0): JobRecord {
  const { jid, fun, arg, tgt, tgt_type: tgtType, user, minions, metadata } = load
  const startedAt = jidToTime(jid) ?? otherwise
  return { jid, fun, arg, tgt, tgtType, user, minions, startedAt, ...(metadata === undefined ? {} : { metadata }) }
}

/** What returns alone tell of their job; undefined where there is none. */
export function loadOfReturns(returns: readonly JobReturn[]): JobLoadRecord | undefined {
  const [first] = returns
  if (first === undefined) return undefined
  const { jid, fun, fun_args: arg, user = '', metadata } = first
  const minions = returns.map(({ id }) => id).sort(compareText)
  return {
    jid,
    fun,
    arg,
    tgt: minions,
    tgt_type: 'list',
    user,
    minions,
    ...(metadata === undefined ? {} : { metadata }),
  }
}
