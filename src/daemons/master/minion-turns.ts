import { SaltError } from '../../base/errors.ts'
import { approximateSize } from '../../bus/size.ts'

/** Work that pauses when it is the turn of others. */
export type Steps<Result> = Generator<void, Result>

/** What may wait of one minion while a long request of it is at work; a minion of ours sends far less. */
const mostWaiting = { requests: 1024, bytes: 16 * 1024 * 1024 }

/** A minion whose request is at work over several turns of the event loop, and those that wait behind it. */
interface Lane {
  requests: number
  bytes: number
  last: Promise<unknown>
}

/** The requests of each minion, one after the other; a long one lets those of other minions in between. */
export class MinionTurns {
  readonly #lanes = new Map<string, Lane>()

  /**
   * Does the work at once where it is short and nothing of the minion is at work. Throws `overloaded` where too much of it waits;
   * throws or rejects with what the work throws.
   */
  run<Result>(id: string, request: unknown, work: () => Steps<Result>): Promise<Result> | Result {
    const lane = this.#lanes.get(id)
    if (lane !== undefined) return this.#wait(id, lane, request, work)
    const steps = work()
    const first = steps.next()
    if (first.done === true) return first.value
    const begun: Lane = { requests: 0, bytes: 0, last: Promise.resolve() }
    return this.#append(
      id,
      begun,
      turnOfOthers().then(() => goOn(steps)),
    )
  }

  #wait<Result>(id: string, lane: Lane, request: unknown, work: () => Steps<Result>): Promise<Result> {
    const bytes = approximateSize(request, mostWaiting.bytes)
    const isTooMuch = lane.requests > 0 && lane.bytes + bytes > mostWaiting.bytes
    if (isTooMuch || lane.requests >= mostWaiting.requests)
      throw new SaltError('overloaded', 'too many events of this minion wait already')
    lane.requests += 1
    lane.bytes += bytes
    const result = lane.last.then(() => {
      lane.requests -= 1
      lane.bytes -= bytes
      return goOn(work())
    })
    return this.#append(id, lane, result)
  }

  #append<Result>(id: string, lane: Lane, result: Promise<Result>): Promise<Result> {
    const isOver = (): void => {
      if (lane.last === last) this.#lanes.delete(id)
    }
    const last: Promise<void> = result.then(isOver, isOver)
    lane.last = last
    this.#lanes.set(id, lane)
    return result
  }
}

async function goOn<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await turnOfOthers()
  }
}

function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
