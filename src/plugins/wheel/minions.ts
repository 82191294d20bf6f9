import { s } from '../../base/schema.ts'
import { compareText } from '../../base/text.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

export const minions = defineRunner({
  name: 'minions',
  doc: 'Tells of the minions that have a session with this master.',
  functions: {
    connected: runnerFn({
      doc: 'List the minions that are connected. No job is sent.',
      returns: s.array(s.string()),
      examples: ['salt wheel minions.connected'],
      run: (ctx) => [...ctx.minions.connected()].sort(compareText),
    }),
  },
})
