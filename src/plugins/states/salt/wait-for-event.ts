/** `salt.wait_for_event`: waits until events have named everything on a list. */
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import type { BusEvent } from '../../../bus/event.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, type StateOutcome } from '../../../engine/state/plan.ts'
import { matchGlob } from '../../../engine/target/glob.ts'
import { fleetOf, withWarnings } from './fleet.ts'

interface Wanted {
  /** Glob for the tag. */
  readonly tag: string
  readonly ids: readonly unknown[]
  /** Key of the data. */
  readonly field: string
  readonly timeoutSeconds: number
}

export const waitForEvent = state({
  doc: "Wait for events on the master's bus until each name of a list was seen in one, such as every minion that starts again.",
  args: {
    name: s.string('Tag of the events; a glob may be given'),
    id_list: s.array(s.any(), 'What has to be seen, each once: most often ids of minions'),
    event_id: s.withDefault(s.string('Key of the data of an event where it is looked for'), 'id'),
    timeout: s.withDefault(s.seconds('How long to wait for all of them together'), 300),
    node: s.withDefault(s.string('Whose bus: only master'), 'master'),
  },
  examples: [
    'all are back:\n  salt.wait_for_event:\n    - name: salt/minion/*/start\n    - id_list:\n      - web1\n      - web2\n    - timeout: 600',
  ],
  plan(ctx, { name, id_list, event_id, timeout, node }) {
    if (node !== 'master')
      return impossible(`node is master, not '${node}': only the events of the master can be waited for`)
    return pending({
      comment: `Orchestration would wait for event '${name}'`,
      changes: {},
      apply: () => wait(ctx, { tag: name, ids: id_list, field: event_id, timeoutSeconds: timeout }),
    })
  },
})

async function wait(ctx: StateContext, { tag, ids, field, timeoutSeconds }: Wanted): Promise<StateOutcome> {
  const startedAt = performance.now()
  const missing = [...ids]
  const seen: unknown[] = []
  let lost = 0
  await using events = fleetOf(ctx).listen((other) => matchGlob(tag, other))
  const timer = setTimeout(() => events.end(), timeoutSeconds * 1000)
  try {
    if (missing.length > 0) {
      for await (const event of events) {
        if ('gap' in event) {
          lost += event.gap.dropped
          continue
        }
        for (const value of valuesOf(event, field)) {
          const index = missing.indexOf(value)
          if (index >= 0) seen.push(...missing.splice(index, 1))
        }
        if (missing.length === 0) break
      }
    }
  } finally {
    clearTimeout(timer)
  }
  ctx.signal.throwIfAborted()
  const changes = seen.length === 0 ? {} : { minions_seen: seen }
  const said = withWarnings(lost === 0 ? [] : [`${lost} events came faster than they could be looked at`])
  if (missing.length > 0) return failed('Timeout value reached.', changes, said)
  return done(`All events seen in ${(performance.now() - startedAt) / 1000} seconds.`, changes, said)
}

/** What an event says under that key, or in the data that another program has put into it. */
function valuesOf({ data }: BusEvent, field: string): readonly unknown[] {
  const within = isRecord(data.data) ? data.data[field] : undefined
  const value = data[field] ?? within
  return Array.isArray(value) ? value : [value]
}
