/** What travels on an event bus. */

export type EventData = Readonly<Record<string, unknown>>

export interface BusEvent {
  /** Grows by one per event of this bus; starts at 1 when the daemon starts. */
  readonly seq: number
  readonly tag: string
  /** Always with `_stamp`: UTC, ISO 8601 with microseconds, without a zone. */
  readonly data: EventData
}

/** Events that were dropped for one slow subscriber, or that are no longer kept. */
export interface BusGap {
  readonly dropped: number
  /** The next event that is delivered has a greater sequence number. */
  readonly seq: number
}

export type SubscribeItem = { readonly events: readonly BusEvent[] } | { readonly gap: BusGap }

export type MatchType = 'startswith' | 'endswith' | 'find' | 'regex' | 'fnmatch'

export interface SubscribeRequest {
  readonly pattern: string
  readonly match: MatchType
  /** Deliver kept events with a greater sequence number first. */
  readonly since?: number
}
