import type { EventBus } from '../bus/event-bus.ts'
import { tagOf } from '../bus/event-types.ts'
import type { Incident } from '../wire/incidents.ts'

/** Says on the bus what input of the wire was dropped. */
export function tellIncident(bus: EventBus, { kind, count, detail }: Incident): void {
  bus.fire(tagOf('salt/drop/:what', kind), { count, reason: detail })
}
