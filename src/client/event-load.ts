/**
 * What a minion wants to have on the bus of its master, and the events that become of it (Salt's `_minion_event`).
 *
 * One event becomes the whole load under its tag, so that what the minion said is under `data` beside the id. A list of events
 * (which wins over a single one) becomes each item's `data`, or the item itself where it has none, under the item's tag; and
 * once more under `PRETAG/TAG` where there is a pretag. The id is the one of the session, whatever the load or an item says.
 */
import { isRecord } from '../base/narrow.ts'
import type { EventData } from '../bus/event.ts'

/** `tag` and `data`, or `events`; `pretag` for both; any other field is shown in the event of a single load. */
export type EventLoad = Readonly<Record<string, unknown>>

export type LoadEvent =
  | { readonly tag: unknown; readonly data: EventData }
  /** No event: why not, in a sentence without a full stop. */
  | { readonly tag: unknown; readonly problem: string }

/** Never throws. The events come one by one: a list may be long. */
export function* eventsOfLoad(id: string, load: EventLoad): Generator<LoadEvent> {
  const { events } = load
  if (Array.isArray(events) && events.length > 0) {
    for (const item of events) yield* eventsOfItem(id, item, load.pretag)
    return
  }
  const { tag, data, pretag, events: _events, tok: _token, _stamp, ...more } = load
  if (typeof tag !== 'string' || tag === '') yield { tag, problem: 'there is neither a tag nor a list of events' }
  else {
    const pre = pretag === undefined ? {} : { pretag }
    yield { tag, data: { ...more, id, cmd: '_minion_event', ...pre, data: data ?? {}, tag } }
  }
}

function* eventsOfItem(id: string, item: unknown, pretag: unknown): Generator<LoadEvent> {
  if (!isRecord(item)) return yield { tag: undefined, problem: 'an event of a list must be a mapping' }
  const { tag } = item
  const data = Object.hasOwn(item, 'data') ? (item.data ?? {}) : item
  if (!isRecord(data)) return yield { tag, problem: 'the data of an event of a list must be a mapping' }
  const stamped = { ...data, id }
  yield { tag, data: stamped }
  if (pretag === undefined || pretag === null) return
  const long = [pretag, tag].filter((part) => part !== '').join('/')
  yield { tag: typeof pretag === 'string' && typeof tag === 'string' ? long : undefined, data: stamped }
}
