/** Follows what the minions of a job say of their states, and hands it to the line on the terminal. */
import { isRecord } from '../../base/narrow.ts'
import type { BusEvent } from '../../bus/event.ts'
import type { MasterBus } from '../../client/master-bus.ts'
import type { RunningView } from './running-view.ts'

export class StateProgress {
  readonly #bus: Pick<MasterBus, 'call'>
  readonly #view: Pick<RunningView, 'note'>
  readonly #stop = new AbortController()

  constructor(bus: Pick<MasterBus, 'call'>, view: Pick<RunningView, 'note'>) {
    this.#bus = bus
    this.#view = view
  }

  follow(jid: string): void {
    const request = { pattern: `salt/job/${jid}/prog/`, match: 'startswith' } as const
    this.#bus
      .call('subscribe', request, {
        signal: this.#stop.signal,
        onItem: (item) => {
          if ('events' in item) for (const event of item.events) this.#show(event)
        },
      })
      // The line is a comfort: users who may not listen do without it.
      .catch(() => {})
  }

  end(): void {
    this.#stop.abort()
  }

  #show({ data: { id, data } }: BusEvent): void {
    if (typeof id !== 'string' || !isRecord(data) || !isRecord(data.ret)) return
    const { ret, len } = data
    const { __id__: state, name, result, changes, __run_num__: index } = ret
    const hasChanges = isRecord(changes) && Object.keys(changes).length > 0
    const number = typeof index === 'number' ? index + 1 : 1
    const total = typeof len === 'number' ? len : number
    this.#view.note(id, { id: String(state ?? name), result, hasChanges, number, total })
  }
}
