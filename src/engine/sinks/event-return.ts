/** `event_return` and its relatives as feeds: Salt's way to store the events of a master. */
import { compileName, type NamePattern } from '../authorization/names.ts'
import { PolicyPath } from '../authorization/policy-path.ts'
import { returnerNames } from '../returners/returner-catalogue.ts'
import type { EventFeed } from './event-feed.ts'

export interface EventReturnOptions {
  readonly event_return?: string | readonly string[] | undefined
  readonly event_return_queue: number
  readonly event_return_queue_max_seconds: number
  readonly event_return_whitelist: readonly string[]
  readonly event_return_blacklist: readonly string[]
}

/** One feed for each returner. Throws `configuration` with the place of a pattern that has no meaning. */
export function compileEventReturn(
  options: EventReturnOptions,
  where?: (path: readonly string[]) => string | undefined,
): readonly EventFeed[] {
  const path = PolicyPath.root('event_return', where)
  const matchesTag = tagFilter(options, where)
  const { event_return_queue: queue, event_return_queue_max_seconds: longestSeconds } = options
  return returnerNames(options.event_return ?? []).map((backend) => ({
    id: backend,
    matchesTag,
    targets: [
      {
        id: backend,
        backend,
        path,
        options: {
          // Without a queue, nothing waits for others.
          ...(queue > 1 ? { batch: queue } : { prio: 1 }),
          ...(longestSeconds > 0 ? { flush: longestSeconds } : {}),
        },
      },
    ],
    take: (event) => [{ id: backend, event }],
  }))
}

/** The blacklist counts first; an empty whitelist is none. */
function tagFilter(
  { event_return_whitelist, event_return_blacklist }: EventReturnOptions,
  where?: (path: readonly string[]) => string | undefined,
): (tag: string) => boolean {
  const white = patterns(event_return_whitelist, PolicyPath.root('event_return_whitelist', where))
  const black = patterns(event_return_blacklist, PolicyPath.root('event_return_blacklist', where))
  return (tag) => {
    if (black.some((pattern) => pattern.matches(tag))) return false
    return white.length === 0 || white.some((pattern) => pattern.matches(tag))
  }
}

function patterns(list: readonly string[], path: PolicyPath): readonly NamePattern[] {
  return list.map((pattern, index) => compileName(pattern, path.item(index)))
}
