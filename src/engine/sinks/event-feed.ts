/** From the configuration of a sink to what becomes of an event: which outlets get it, each once, and in which form. */
import type { BusEvent } from '../../bus/event.ts'
import type { TagMatcher } from '../../bus/tag-match.ts'
import { PolicyPath } from '../authorization/policy-path.ts'
import { compileEventPattern, type EventPattern } from './event-pattern.ts'
import { compileEventShape, type EventShape } from './event-shape.ts'
import { deliveryKeys, type EventSinksOptions, type SinkOptions, type SinkPartOptions } from './sink-options.ts'

/** Where events of a feed go. */
export interface FeedTarget {
  /** Id of the outlet: `audit`, or `audit.logins` for a sub of it. */
  readonly id: string
  /** Name of the returner. */
  readonly backend: string
  /** Profile, options and tuning of it. */
  readonly options: SinkPartOptions
  readonly path: PolicyPath
}

/** One subscription on the bus, and the outlets behind it. */
export interface EventFeed {
  readonly id: string
  readonly matchesTag: TagMatcher
  readonly targets: readonly FeedTarget[]
  /** What each target gets of an event whose tag matches: at most once. */
  take(event: BusEvent): readonly { readonly id: string; readonly event: BusEvent }[]
}

interface Part {
  readonly pattern: EventPattern
  readonly shape: EventShape
  readonly target: FeedTarget | undefined
}

type Where = (path: readonly string[]) => string | undefined

/** Throws `configuration` with the place of what has no meaning. */
export function compileEventSinks(sinks: EventSinksOptions, where?: Where): readonly EventFeed[] {
  const path = PolicyPath.root('event_sinks', where)
  return Object.entries(sinks).map(([name, options]) => compileSink(name, options, path.key(name)))
}

function compileSink(name: string, options: SinkOptions, path: PolicyPath): EventFeed {
  assertName(name, path)
  const own = compilePart(name, options, path)
  const subs = Object.entries(options.subs ?? {}).map(([sub, subOptions]) => {
    const place = path.key('subs').key(sub)
    assertName(sub, place)
    if (subOptions.backend === undefined && options.backend === undefined) throw withoutBackend(place)
    return compilePart(`${name}.${sub}`, subOptions, place)
  })
  if (own.target === undefined && subs.length === 0) throw withoutBackend(path)
  return {
    id: name,
    matchesTag: own.pattern.matchesTag,
    targets: [own, ...subs].flatMap(({ target }) => target ?? []),
    take: (event) => (own.pattern.matchesFun(event) ? deal(event, own, subs) : []),
  }
}

function compilePart(id: string, options: SinkPartOptions, path: PolicyPath): Part {
  const { backend } = options
  if (backend === undefined) assertNoTuning(options, path)
  return {
    pattern: compileEventPattern(options, path),
    shape: compileEventShape(options, path),
    target: backend === undefined ? undefined : { id, backend, options, path },
  }
}

/** The first sub without a backend of its own that matches gives the event its form; subs with one get it as well. */
function deal(event: BusEvent, own: Part, subs: readonly Part[]): ReturnType<EventFeed['take']> {
  const matching = subs.filter(({ pattern }) => pattern.matchesTag(event.tag) && pattern.matchesFun(event))
  const form = matching.find(({ target }) => target === undefined) ?? own
  const first = own.target === undefined ? [] : [{ id: own.target.id, event: form.shape(event) }]
  const others = matching.flatMap(({ target, shape }) => (target ? [{ id: target.id, event: shape(event) }] : []))
  return [...first, ...others]
}

/** It is a part of tags, and of the name of a file. */
function assertName(name: string, path: PolicyPath): void {
  if (/^[\w-]{1,64}$/.test(name)) return
  throw path.fault('this cannot be the name of a sink', 'Use up to 64 letters, digits, - and _.')
}

function assertNoTuning(options: SinkPartOptions, path: PolicyPath): void {
  const useless = deliveryKeys.find((name) => options[name as keyof SinkPartOptions] !== undefined)
  if (useless === undefined) return
  throw path.key(useless).fault('this means nothing without a backend beside it', 'Name a returner as backend.')
}

function withoutBackend(path: PolicyPath): Error {
  return path.fault('there is no backend', 'Name a returner, such as file or postgres, as backend.')
}
