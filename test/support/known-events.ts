import { s } from '../../src/base/schema.ts'
import { describeIssues, validate } from '../../src/base/validate.ts'
import type { BusEvent } from '../../src/bus/event.ts'
import type { EventDescription } from '../../src/bus/event-description.ts'
import { eventMap } from '../../src/bus/event-map.ts'
import { compileTagPattern } from '../../src/bus/tag-pattern.ts'

const known = Object.entries<EventDescription>(eventMap).map(([pattern, description]) => ({
  pattern,
  description,
  matches: compileTagPattern(pattern).matches,
}))

/** The pattern that an event has in the map, and how the event differs from what the map says. */
export function judgeEvent(event: BusEvent): { readonly pattern: string | undefined; readonly issues: string } {
  const found = known.find(({ pattern, matches }) => pattern !== ':jid' && matches(event.tag))
  if (found === undefined) return { pattern: undefined, issues: 'the map has no such event' }
  const { fields, isOpen } = found.description
  const { _stamp, ...data } = event.data
  const own = isOpen === true ? Object.fromEntries(Object.keys(fields).map((name) => [name, data[name]])) : data
  return { pattern: found.pattern, issues: describeIssues(validate(s.object(fields), own).issues, event.tag) }
}
