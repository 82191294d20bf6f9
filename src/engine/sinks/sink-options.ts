/** The form of `event_sinks`. */
import { type Schema, s } from '../../base/schema.ts'

const positive = { minimum: 1 }
const patterns = (doc: string) => s.optional(s.union([s.string(), s.array(s.string())], doc))

/** Which events. */
const choosing = {
  tag: patterns(
    'Tags of the events: a glob (`/` is a character like others), an expression behind `re:`, or a list of these; all by default',
  ),
  match: s.optional(
    s.literal(
      ['glob', 'fnmatch', 'regex', 'startswith', 'endswith', 'find'],
      'Another way to read `tag`; `regex` begins at the start of the tag',
    ),
  ),
  fun: patterns(
    'Functions that the data name under `fun`: globs or expressions as in `tag`; events without a function do not match',
  ),
}

/** What of them. */
const shaping = {
  fields: s.optional(
    s.union(
      [s.array(s.string()), s.record(s.string())],
      'Only these fields are delivered as data: a list of paths (`data.return.stdout`, `tag`, `seq`), or a mapping from new names to paths; `_stamp` always is',
    ),
  ),
  template: s.optional(
    s.union(
      [s.string(), s.record(s.string())],
      `Texts with fields in them (\`\${data.id}\`), delivered as data beside \`fields\`: one text becomes the field \`message\`, a mapping one field for each name`,
    ),
  ),
}

/** Where they go, and how. */
const delivering = {
  backend: s.optional(s.string('Name of the returner')),
  profile: s.optional(
    s.string('Options of the returner are taken from `PROFILE.RETURNER.OPTION` first, as with `--return_config`'),
  ),
  options: s.optional(
    s.record(
      s.any(),
      'Options of the returner for this sink, credentials among them; they win over those of the configuration',
    ),
  ),
  prio: s.optional(s.integer('More than 0: an event does not wait for others; 0 by default', { minimum: 0 })),
  batch: s.optional(s.integer('So many events go at once; 100 by default', positive)),
  batch_bytes: s.optional(s.integer('So many bytes of events go at once; 1 MiB by default', positive)),
  flush: s.optional(
    s.seconds('The longest that an event waits for others, in seconds, whether more come or not; 1 by default'),
  ),
  timeout: s.optional(
    s.number('A delivery that takes longer has failed, in seconds; 60 by default', { minimum: 0.001 }),
  ),
  spool_events: s.optional(
    s.integer('So many events wait on disk at most, then the oldest go; 100,000 by default', positive),
  ),
  spool_bytes: s.optional(s.integer('So many bytes of events wait on disk at most; 256 MiB by default', positive)),
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

/** What can stand under the name of a sink. */
export const sinkKeys = {
  ...part,
  subs: s.optional(
    s.record(
      s.object(part),
      'Parts of these events by name, each with keys of its own. With a `backend` it gets its part as well; without one, the first that matches gives an event its form',
    ),
  ),
}

export const eventSinksSchema: Schema<Record<string, SinkOptions>> = s.record(s.object(sinkKeys))
