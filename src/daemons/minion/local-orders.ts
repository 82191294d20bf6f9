import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'

/** Event by which a minion says that its functions were loaded anew; the slash in front is Salt's. */
export const modulesRefreshed = '/salt/minion/minion_mod_complete'

/** Does what programs of this host ask for by an event on the minion's bus: Salt's `module_refresh` and the like. */
export function followLocalOrders(
  bus: EventBus,
  log: Log,
  orders: Readonly<Record<`${'module' | 'grains' | 'pillar' | 'beacons'}_refresh`, () => Promise<unknown>>>,
): Disposable {
  const names = Object.keys(orders) as (keyof typeof orders)[]
  const orderOf = (tag: string): keyof typeof orders | undefined => names.find((name) => tag.startsWith(name))
  const { unsubscribe } = bus.subscribe(
    (tag) => orderOf(tag) !== undefined,
    (item) => {
      // Many orders of one moment are one.
      const asked = new Set('events' in item ? item.events.map(({ tag }) => orderOf(tag)) : [])
      for (const name of names.filter((one) => asked.has(one))) {
        orders[name]().catch((error) =>
          log.error('a refresh failed', { order: name, error: asSaltError(error).message }),
        )
      }
      return true
    },
  )
  return { [Symbol.dispose]: unsubscribe }
}
