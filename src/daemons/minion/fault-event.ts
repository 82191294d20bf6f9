import type { EventBus } from '../../bus/event-bus.ts'
import type { CallFailure } from '../../engine/functions/failure.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'

/** Says that a function has thrown what no function is to throw: Salt's `_salt_error`, which goes to the masters, too. */
export function tellFault(bus: EventBus, load: JobLoad, failure: CallFailure | undefined): void {
  if (failure?.kind !== 'exception') return
  const { jid, fun, arg, tgt, tgt_type, ret, user } = load
  bus.fire('_salt_error', {
    message: failure.message,
    args: [failure.message],
    job: { jid, fun, arg, tgt, tgt_type, ret, user },
  })
}
