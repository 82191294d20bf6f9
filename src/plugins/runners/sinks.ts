import { s } from '../../base/schema.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

export const sinks = defineRunner({
  name: 'sinks',
  doc: 'Shows what goes from this master to other systems: event sinks, `event_return` and job caches.',
  functions: {
    status: runnerFn({
      doc: 'Show each outlet: what waits for its backend, what was delivered, what was dropped, and why it fails.',
      args: { name: s.optional(s.string('Only this one: a sink, or the whole name of an outlet')) },
      returns: s.record(
        s.any(),
        'Name of the outlet (`sink NAME`, `event_return RETURNER`) → returner, state, waiting, bytes, delivered, failed_attempts, dropped, since, last_error, failing_since',
      ),
      examples: ['salt run sinks.status', 'salt run sinks.status audit'],
      run: (ctx, { name: wanted }) =>
        Object.fromEntries(
          ctx
            .outlets()
            .filter(({ name }) => wanted === undefined || name === wanted || name.split(' ')[1] === wanted)
            .map(({ name, ...figures }) => [name, figures]),
        ),
    }),
  },
})
