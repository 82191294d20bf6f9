import type { JobLoad, JobRecord } from '../../engine/jobs/types.ts'

/** A job as it is stored. */
export function recordOf(load: JobLoad, minions: readonly string[]): JobRecord {
  return {
    jid: load.jid,
    fun: load.fun,
    arg: load.arg,
    tgt: load.tgt,
    tgtType: load.tgt_type,
    user: load.user,
    ...(load.metadata === undefined ? {} : { metadata: load.metadata }),
    minions,
    startedAt: load.issuedAt,
  }
}

/** What is left of the load of a job that an earlier process published; it is never sent again. */
export function loadOf(record: JobRecord): JobLoad {
  return {
    jid: record.jid,
    tgt: record.tgt,
    tgt_type: record.tgtType,
    fun: record.fun,
    arg: record.arg,
    ret: '',
    user: record.user,
    ...(record.metadata === undefined ? {} : { metadata: record.metadata }),
    issuedAt: record.startedAt,
    expiresAt: 0,
  }
}
