/** Functions of `test` that take time. */
import { setTimeout } from 'node:timers/promises'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'

export const waitFunctions = {
  sleep: fn({
    doc: 'Wait, then answer.',
    args: { length: s.seconds('How long to wait, in whole seconds') },
    returns: s.boolean('Always true'),
    examples: ["salt '*' test.sleep 0.1"],
    async run(ctx, { length }) {
      await setTimeout(Math.trunc(length) * 1000, undefined, { signal: ctx.signal })
      return true
    },
  }),
  rand_sleep: fn({
    doc: 'Wait for a random time, so that the answers of many minions come in one by one.',
    args: { max: s.withDefault(s.integer('Longest time to wait, in seconds', { minimum: 0 }), 60) },
    returns: s.boolean('Always true'),
    examples: ["salt '*' test.rand_sleep 1"],
    async run(ctx, { max }) {
      await setTimeout(Math.floor(Math.random() * (max + 1)) * 1000, undefined, { signal: ctx.signal })
      return true
    },
  }),
}
