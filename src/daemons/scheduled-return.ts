import type { Log } from '../base/log.ts'
import type { JobReturn } from '../client/api.ts'
import type { ConfigView } from '../engine/plugin.ts'
import { returnerNames, type ScheduledJob } from '../engine/schedule/job-definition.ts'

/** Where the return of a scheduled job goes beside the master's job cache. */
export interface ReturnRoute {
  readonly returners: readonly string[]
  readonly returnConfig?: string | undefined
  readonly returnKwargs?: Readonly<Record<string, unknown>> | undefined
}

export interface ReturnPlaces {
  readonly config: ConfigView
  readonly log: Log
  /** Hands a return to returners. */
  returned?(ret: JobReturn, route: ReturnRoute): void
}

/** Brings a return to the returners of its job and of `schedule_returner`, and to `keep` where the job wants that. */
export function bringReturn(
  job: ScheduledJob,
  ret: JobReturn,
  { config, log, returned }: ReturnPlaces,
  keep: (ret: JobReturn) => void,
): void {
  const returners = [...new Set([...job.returners, ...returnerNames(config.get('schedule_returner'))])]
  const { returnConfig, returnKwargs, returnJob } = job
  if (returners.length > 0 && returned !== undefined) returned(ret, { returners, returnConfig, returnKwargs })
  else if (returners.length > 0)
    log.warning('the return of a scheduled job went to no returner', { job: job.name, returners: returners.join() })
  if (returnJob !== 'none') keep(returnJob === 'nocache' ? { ...ret, nocache: true } : ret)
}
