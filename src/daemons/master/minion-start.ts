import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { StartOfMinion } from './minion-notices.ts'

/** Says that a minion has begun to serve. `now`: milliseconds since 1970. */
export function tellStart(
  bus: EventBus,
  { id, grains, isLegacy, now }: StartOfMinion & { readonly id: string; readonly now: number },
): void {
  const tags = [...(isLegacy ? [tagOf('minion_start')] : []), tagOf('salt/minion/:id/start', id)]
  for (const tag of tags) {
    bus.fire(tag, {
      id,
      cmd: '_minion_event',
      pretag: null,
      data: `Minion ${id} started at ${calendarTime(now)}`,
      tag,
      ...(Object.keys(grains).length === 0 ? {} : { grains }),
    })
  }
}

/** `Sat Nov 21 02:37:18 2026`, as C's `asctime`; UTC. */
function calendarTime(now: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(now).toUTCString().split(' ')
  return `${weekday.slice(0, -1)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`
}
