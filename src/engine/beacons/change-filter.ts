import { isDeepStrictEqual } from 'node:util'
import type { BeaconEvent, ChangeRules } from '../beacon.ts'

interface Known {
  /** What was told last, or seen at the start; undefined for what has only begun. */
  readonly settled: { readonly state: unknown } | undefined
  /** A change that has not lasted long enough. */
  readonly pending?: { readonly state: unknown; readonly sinceMs: number }
}

export interface Filtered {
  readonly told: readonly BeaconEvent[]
  /** In which time a change will have lasted long enough. */
  readonly againMs: number | undefined
}

/** Lets changes through, by the rules `onchangeonly`, `emitatstartup` and `delay`. */
export class ChangeFilter {
  readonly #rules: ChangeRules
  #known = new Map<string, Known>()
  #isFirst = true

  constructor(rules: ChangeRules) {
    this.#rules = rules
  }

  /** `nowMs` is monotonic. */
  filter(events: readonly BeaconEvent[], nowMs: number): Filtered {
    const told: BeaconEvent[] = []
    const seen = new Map<string, Known>()
    for (const event of events) {
      const rules = { ...this.#rules, ...event.rules }
      const key = event.key ?? event.tag ?? ''
      const known = seen.get(key) ?? this.#known.get(key)
      const [next, isTold] = this.#weigh(event, known, rules, nowMs)
      seen.set(key, next)
      if (isTold) told.push(event)
    }
    this.#known = seen
    this.#isFirst = false
    const waits = events.flatMap(({ key, tag, rules }) => {
      const pending = seen.get(key ?? tag ?? '')?.pending
      return pending === undefined ? [] : [pending.sinceMs + (rules?.delayMs ?? this.#rules.delayMs) - nowMs]
    })
    return { told, againMs: waits.length === 0 ? undefined : Math.min(...waits) }
  }

  #weigh(
    { state: given, data }: BeaconEvent,
    known: Known | undefined,
    { onchangeonly, emitatstartup, delayMs }: ChangeRules,
    nowMs: number,
  ): readonly [Known, boolean] {
    const state = given ?? data
    const settled = { settled: { state } }
    if (!onchangeonly) return [settled, true]
    if (this.#isFirst && known === undefined) return [settled, emitatstartup]
    if (known?.settled !== undefined && isDeepStrictEqual(known.settled.state, state)) return [settled, false]
    if (delayMs <= 0) return [settled, true]
    const before = known?.pending
    const pending = before !== undefined && isDeepStrictEqual(before.state, state) ? before : { state, sinceMs: nowMs }
    if (nowMs - pending.sinceMs >= delayMs) return [settled, true]
    return [{ settled: known?.settled, pending }, false]
  }
}
