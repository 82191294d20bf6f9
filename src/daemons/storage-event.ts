import type { SaltError } from '../base/errors.ts'
import type { EventBus } from '../bus/event-bus.ts'
import { tagOf } from '../bus/event-types.ts'

/** Says on the bus that a file cannot be written (the error), or that it can again (undefined). */
export function tellStorage(bus: EventBus, what: string, error: SaltError | undefined): void {
  const state = error === undefined ? 'well' : 'fault'
  bus.fire(tagOf('salt/storage/:state', state), { what, message: error?.message ?? '' })
}
