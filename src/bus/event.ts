/** What travels on an event bus. */
import type { ErrorRecord } from '../base/errors.ts'

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
  /**
   * The subscriber resumed from another instance: the daemon was started anew since. `dropped` counts events of this instance only;
   * what the instance before fired after the subscriber's last event is not known.
   */
  readonly restarted?: true
}

/** Said once, when a subscription is active. */
export interface BusPosition {
  /** Names one run of the daemon: sequence numbers of two instances have nothing to do with one another. */
  readonly instance: string
  /** Number of the newest event then. */
  readonly seq: number
}

export type SubscribeItem = ({ readonly events: readonly BusEvent[] } & Partial<BusPosition>) | { readonly gap: BusGap }

export type MatchType = 'startswith' | 'endswith' | 'find' | 'regex' | 'fnmatch' | 'parts'

export interface SubscribeRequest {
  readonly pattern: string
  readonly match: MatchType
  /** Deliver kept events with a greater sequence number first. */
  readonly since?: number
  /** Of which instance `since` is a number; without it, of the one that runs. */
  readonly instance?: string
}

/** An event to be fired. */
export interface NewEvent {
  readonly tag: string
  readonly data: EventData
}

/** What became of several events that were fired together. */
export interface FireResult {
  readonly fired: number
  /** Those that were not fired: their places in the list, and why. */
  readonly refused: readonly { readonly index: number; readonly error: ErrorRecord }[]
}
