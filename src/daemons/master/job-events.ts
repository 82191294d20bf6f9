/** What the bus of the master is told of a job before there is a return. */
import type { SaltError } from '../../base/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { PublishRequest } from '../../client/api.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'

export interface NewJob {
  readonly load: JobLoad
  readonly minions: readonly string[]
  /** Those of them that are not connected. */
  readonly missing: readonly string[]
  /** Under the bare jid, too. */
  readonly isLegacy: boolean
}

export function tellNewJob(bus: EventBus, { load, minions, missing, isLegacy }: NewJob): void {
  const { jid, tgt_type, tgt, user, fun, arg, metadata, id } = load
  if (isLegacy) bus.fire(tagOf(':jid', jid), { minions })
  bus.fire(tagOf('salt/job/:jid/new', jid), {
    jid,
    tgt_type,
    tgt,
    user,
    fun,
    arg,
    minions,
    missing,
    ...(metadata === undefined ? {} : { metadata }),
    ...(id === undefined ? {} : { peer: id }),
  })
}

/** A job that was asked for under this jid is not permitted. */
export function tellRefusedJob(
  bus: EventBus,
  jid: string,
  request: PublishRequest,
  { code, message }: SaltError,
): void {
  const { tgt, tgt_type, fun, arg, ret, user } = request
  const error = { name: code, message }
  bus.fire(tagOf('salt/job/:jid/error', jid), { jid, tgt, tgt_type, fun, arg, ret, user, error })
}
