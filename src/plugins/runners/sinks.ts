import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { didYouMean, nearest } from '../../base/text.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

export const sinks = defineRunner({
  name: 'sinks',
  doc: 'Shows what goes from this master to other systems: event sinks, `event_return` and job caches.',
  functions: {
    status: runnerFn({
      doc: 'Show each outlet: what waits for its backend, what was delivered, what was dropped, and why it fails.',
      args: {
        name: s.optional(s.string('Only this one: a sink, a returner, `event_return`, or the whole name of an outlet')),
      },
      returns: s.record(
        s.any(),
        'Name of the outlet (`sink NAME`, `event_return RETURNER`) → returner, state, waiting, bytes, delivered, failed_attempts, dropped, since, last_error, failing_since',
      ),
      examples: ['salt run sinks.status', 'salt run sinks.status audit'],
      run(ctx, { name: wanted }) {
        const all = ctx.outlets()
        const chosen = all.filter(({ name }) => wanted === undefined || [name, ...name.split(' ')].includes(wanted))
        if (wanted !== undefined && chosen.length === 0) throw noOutlet(wanted, all)
        return Object.fromEntries(chosen.map(({ name, ...figures }) => [name, figures]))
      },
    }),
  },
})

function noOutlet(wanted: string, all: readonly { readonly name: string }[]): SaltError {
  const names = all.map(({ name }) => name)
  const near = nearest(
    wanted,
    names.flatMap((name) => name.split(' ')),
  )
  return new SaltError('bad-arguments', `there is no outlet '${wanted}'.${didYouMean(near)}`, {
    hint: names.length === 0 ? 'None is configured.' : `There are ${names.join(', ')}.`,
  })
}
