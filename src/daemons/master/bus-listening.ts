import type { BusEvent } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { type EventGap, EventStream } from '../../client/event-stream.ts'

/** A reader inside the master must not make it large. */
const maximumWaiting = 10_000
const maximumBytes = 8 * 1024 * 1024

/** The matching events of this process's own bus from now on, with gaps, until the signal. */
export function listenTo(
  bus: EventBus,
  matches: (tag: string) => boolean,
  signal: AbortSignal,
): EventStream<BusEvent | EventGap> {
  return new EventStream<BusEvent | EventGap>(
    ({ onEvents, onGap }) => {
      const { instance, seq } = bus
      const { unsubscribe } = bus.subscribe(matches, (item) => {
        if ('gap' in item) onGap?.(item.gap)
        else onEvents(item.events)
        return true
      })
      return Promise.resolve({ position: { instance, seq }, unsubscribe })
    },
    // A reader that falls behind sees them in their places.
    { signal, gaps: true, onGap: () => {}, maximumWaiting, maximumBytes },
  )
}
