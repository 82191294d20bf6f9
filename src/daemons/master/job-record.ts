import type { JobLoad, JobRecord, QueueRecord } from '../../engine/jobs/types.ts'

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
    ...(load.queue === true ? { queue: queueOf(load) } : {}),
  }
}

function queueOf({ expiresAt, ret, ret_config, ret_kwargs, delimiter, id }: JobLoad): QueueRecord {
  return {
    expiresAt,
    ret,
    ...(ret_config === undefined ? {} : { ret_config }),
    ...(ret_kwargs === undefined ? {} : { ret_kwargs }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(id === undefined ? {} : { publisherId: id }),
  }
}

/** The load of a job that an earlier process published: complete for one that may be delivered later; no other is sent again. */
export function loadOf(record: JobRecord): JobLoad {
  const { queue } = record
  return {
    jid: record.jid,
    tgt: record.tgt,
    tgt_type: record.tgtType,
    fun: record.fun,
    arg: record.arg,
    ret: queue?.ret ?? '',
    ...(queue?.ret_config === undefined ? {} : { ret_config: queue.ret_config }),
    ...(queue?.ret_kwargs === undefined ? {} : { ret_kwargs: queue.ret_kwargs }),
    user: record.user,
    ...(queue?.publisherId === undefined ? {} : { id: queue.publisherId }),
    ...(queue?.delimiter === undefined ? {} : { delimiter: queue.delimiter }),
    ...(record.metadata === undefined ? {} : { metadata: record.metadata }),
    issuedAt: record.startedAt,
    expiresAt: queue?.expiresAt ?? 0,
    ...(queue === undefined ? {} : { queue: true }),
  }
}
