import type { Clock, Timer } from '../../base/clock.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'

/** Minions that come and go within that time make one event; one that was only away for a moment makes none. */
const gatherMs = 1000

export interface PresenceOptions {
  readonly bus: EventBus
  readonly clock: Clock
  /** Milliseconds between two events of who is there (Salt's `loop_interval`); 0: none. */
  readonly everyMs: number
  /** Ids of the minions that are connected, sorted. */
  ids(): readonly string[]
}

/**
 * Salt's presence events: `salt/presence/change` when minions came or went, `salt/presence/present` with all of them at regular
 * times.
 */
export class Presence implements Disposable {
  readonly #options: PresenceOptions
  #told: ReadonlySet<string> = new Set()
  #gathering: Timer | undefined
  #regular: Timer | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#planPresent()
  }

  /** A minion came or went. */
  changed(): void {
    this.#gathering ??= this.#options.clock.after(gatherMs, () => this.#tellChange(), { background: true })
  }

  [Symbol.dispose](): void {
    this.#gathering?.cancel()
    this.#regular?.cancel()
  }

  #tellChange(): void {
    this.#gathering = undefined
    const ids = this.#options.ids()
    const now = new Set(ids)
    const change = {
      new: ids.filter((id) => !this.#told.has(id)),
      lost: [...this.#told].filter((id) => !now.has(id)).sort(),
    }
    this.#told = now
    if (change.new.length + change.lost.length > 0) this.#options.bus.fire(tagOf('salt/presence/change'), change)
  }

  #planPresent(): void {
    const { bus, clock, everyMs, ids } = this.#options
    if (everyMs <= 0) return
    const tell = (): void => {
      bus.fire(tagOf('salt/presence/present'), { present: ids() })
      this.#planPresent()
    }
    this.#regular = clock.after(everyMs, tell, { background: true })
  }
}
