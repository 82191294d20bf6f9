import type { Clock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { EventData } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { JobReturn, TargetOutcome } from '../../client/api.ts'
import type { JobStore } from '../../engine/jobs/types.ts'

export interface JobOutcomesOptions {
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  readonly store: JobStore
}

/** What becomes of the targets of jobs, as the job cache keeps it and the bus is told. */
export class JobOutcomes {
  readonly #options: JobOutcomesOptions

  constructor(options: JobOutcomesOptions) {
    this.#options = options
  }

  /** False for a return that is known already. `asked`: what nobody was told of the job before. */
  settle(jid: string, outcome: TargetOutcome, asked: EventData = {}): boolean {
    const { store, bus } = this.#options
    if (!this.#stored(jid, () => store.setOutcome(jid, outcome))) return false
    const { id, state, reason, ret } = outcome
    if (ret !== undefined) bus.fire(tagOf('salt/job/:jid/ret/:id', jid, id), { cmd: '_return', ...ret, ...asked })
    else bus.fire(tagOf('salt/job/:jid/state/:id', jid, id), { jid, id, state, reason: reason ?? '' })
    return true
  }

  /** A minion has the job for certain. Nobody is told. */
  running(jid: string, id: string): void {
    this.#stored(jid, () => this.#options.store.setOutcome(jid, { id, state: 'running' }))
  }

  /** No target is open any more. */
  close(jid: string): void {
    const { store, clock } = this.#options
    this.#stored(jid, () => store.close(jid, clock.now()))
  }

  /** `not targeted`: the job never meant this minion; `denied`: its key had lost its right, or it had refused the job. */
  drop(id: string, { jid }: JobReturn, reason: 'not targeted' | 'denied'): void {
    this.#options.log.warning('dropped a return that no job waits for', { id, jid, reason })
    this.#options.bus.fire(tagOf('salt/drop/:what', 'return'), { count: 1, reason, id, jid })
  }

  /** A fault of the job cache must not keep an outcome from those who wait for it. */
  #stored<Result>(jid: string, write: () => Result): Result | true {
    try {
      return write()
    } catch (error) {
      this.#options.log.error('an outcome could not be stored', { jid, error: asSaltError(error).message })
      return true
    }
  }
}
