/** What the npm package exports. */
export { SaltError } from '../base/errors.ts'
export type { BusEvent, BusGap, BusPosition, EventData, MatchType } from '../bus/event.ts'
export type { EventPattern, EventTypes, TypedEvent } from '../bus/event-types.ts'
export type { EventConnectionState } from './event-connection.ts'
export type { EventGap, EventStream } from './event-stream.ts'
export {
  type GetEventOptions,
  type IterEventsOptions,
  MasterEvent,
  MinionEvent,
  SaltEvent,
  type SaltEventOptions,
  type SaltNode,
  type TagFilter,
} from './salt-event.ts'
