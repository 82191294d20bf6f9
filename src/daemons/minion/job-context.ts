import type { JobLoad } from '../../engine/jobs/types.ts'
import type { JobContext } from '../../engine/plugin.ts'

/** What a function is told about the job that it runs for. */
export function jobContext(load: JobLoad): JobContext {
  return {
    jid: load.jid,
    fun: load.fun,
    arg: load.arg,
    tgt: load.tgt,
    tgtType: load.tgt_type,
    ret: load.ret,
    user: load.user,
    ...(load.progress === undefined ? {} : { wantsProgress: true }),
    ...(load.id === undefined ? {} : { publisherId: load.id }),
  }
}
