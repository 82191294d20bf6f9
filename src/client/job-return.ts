import { SaltError } from '../base/errors.ts'
import { asList, asRecord, asString } from '../base/narrow.ts'
import type { JobReturn } from './api.ts'

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

/** Throws `bad-arguments`. */
export function functionNames(value: unknown): string | readonly string[] {
  if (Array.isArray(value)) return value.map((name) => asString(name, 'fun'))
  return asString(value, 'fun')
}
