/** Minions, runners and wheel functions that answer what a test says, and what they were asked. */
import { setImmediate } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { EventBus } from '../../src/bus/event-bus.ts'
import type { RunnerResult, TargetOutcome, TargetState } from '../../src/client/api.ts'
import { listenTo } from '../../src/daemons/master/bus-listening.ts'
import type { FleetJob, FleetPublish, FleetService, MasterCall } from '../../src/engine/fleet.ts'

export interface FakeAnswer {
  readonly return?: unknown
  readonly retcode?: number
  /** Why there is no return. */
  readonly state?: TargetState
  readonly reason?: string
}

export interface FakeFleetOptions {
  /** Id → what the minion answers to everything. */
  readonly minions?: Readonly<Record<string, FakeAnswer>>
  /** Name of a runner or wheel function → its result. */
  readonly master?: Readonly<Record<string, Partial<RunnerResult>>>
  /** Thrown by every job. */
  readonly error?: Error
  /** Fired as soon as somebody listens. */
  readonly events?: readonly { readonly tag: string; readonly data: Readonly<Record<string, unknown>> }[]
  readonly signal?: AbortSignal
}

export class FakeFleet implements FleetService {
  readonly published: FleetPublish[] = []
  readonly called: (MasterCall & { readonly kind: 'runner' | 'wheel' })[] = []
  readonly #options: FakeFleetOptions

  constructor(options: FakeFleetOptions = {}) {
    this.#options = options
  }

  async publish(request: FleetPublish): Promise<FleetJob> {
    this.published.push(request)
    if (this.#options.error !== undefined) throw this.#options.error
    const outcomes = Object.entries(this.#options.minions ?? {}).map(([id, answer]) => outcomeOf(id, request, answer))
    return { jid: outcomes.length === 0 ? undefined : 'JID', outcomes }
  }

  runner(call: MasterCall): Promise<RunnerResult> {
    return this.#call('runner', call)
  }

  wheel(call: MasterCall): Promise<RunnerResult> {
    return this.#call('wheel', call)
  }

  listen(matches: (tag: string) => boolean): ReturnType<FleetService['listen']> {
    const bus = new EventBus({ clock: systemClock })
    const stream = listenTo(bus, matches, this.#options.signal ?? new AbortController().signal)
    void setImmediate().then(() => {
      for (const { tag, data } of this.#options.events ?? []) bus.fire(tag, data)
    })
    return stream
  }

  async #call(kind: 'runner' | 'wheel', call: MasterCall): Promise<RunnerResult> {
    this.called.push({ kind, ...call })
    const result = this.#options.master?.[call.fun]
    if (result === undefined)
      return { jid: 'JID', return: `'${call.fun}' is not available.`, success: false, retcode: 1 }
    return { jid: 'JID', return: null, success: true, retcode: 0, ...result }
  }
}

function outcomeOf(id: string, { fun }: FleetPublish, answer: FakeAnswer): TargetOutcome {
  const { state, reason, retcode = 0 } = answer
  if (state !== undefined) return { id, state, ...(reason === undefined ? {} : { reason }) }
  const ret = { id, jid: 'JID', fun, fun_args: [], return: answer.return, retcode, success: retcode === 0 }
  return { id, state: retcode === 0 ? 'returned' : 'failed', ret }
}
