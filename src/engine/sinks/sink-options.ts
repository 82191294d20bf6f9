/** The form of `event_sinks`. */
import { type Schema, s } from '../../base/schema.ts'

const patterns = s.union([s.string(), s.array(s.string())])
const positive = { minimum: 1 }

/** Which events. */
const choosing = {
  tag: s.optional(patterns),
  match: s.optional(s.literal(['glob', 'fnmatch', 'regex', 'startswith', 'endswith', 'find'])),
  fun: s.optional(patterns),
}

/** What of them. */
const shaping = {
  fields: s.optional(s.union([s.array(s.string()), s.record(s.string())])),
  template: s.optional(s.union([s.string(), s.record(s.string())])),
}

/** Where they go, and how. */
const delivering = {
  backend: s.optional(s.string()),
  profile: s.optional(s.string()),
  options: s.optional(s.record(s.any())),
  prio: s.optional(s.integer('', { minimum: 0 })),
  batch: s.optional(s.integer('', positive)),
  batch_bytes: s.optional(s.integer('', positive)),
  flush: s.optional(s.seconds()),
  timeout: s.optional(s.number('', { minimum: 0.001 })),
  spool_events: s.optional(s.integer('', positive)),
  spool_bytes: s.optional(s.integer('', positive)),
}

export const deliveryKeys = Object.keys(delivering).filter((name) => name !== 'backend')

export interface SinkPartOptions {
  readonly tag?: string | readonly string[] | undefined
  readonly match?: 'glob' | 'fnmatch' | 'regex' | 'startswith' | 'endswith' | 'find' | undefined
  /** Of the data. */
  readonly fun?: string | readonly string[] | undefined
  readonly fields?: readonly string[] | Readonly<Record<string, string>> | undefined
  readonly template?: string | Readonly<Record<string, string>> | undefined
  /** Name of a returner. */
  readonly backend?: string | undefined
  readonly profile?: string | undefined
  readonly options?: Readonly<Record<string, unknown>> | undefined
  readonly prio?: number | undefined
  readonly batch?: number | undefined
  readonly batch_bytes?: number | undefined
  /** Seconds. */
  readonly flush?: number | undefined
  /** Seconds. */
  readonly timeout?: number | undefined
  readonly spool_events?: number | undefined
  readonly spool_bytes?: number | undefined
}

export interface SinkOptions extends SinkPartOptions {
  readonly subs?: Readonly<Record<string, SinkPartOptions>> | undefined
}

export type EventSinksOptions = Readonly<Record<string, SinkOptions>>

const part = { ...choosing, ...shaping, ...delivering }

export const eventSinksSchema: Schema<Record<string, SinkOptions>> = s.record(
  s.object({ ...part, subs: s.optional(s.record(s.object(part))) }),
)
