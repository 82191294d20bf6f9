import { s } from '../../base/schema.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

export const event = defineRunner({
  name: 'event',
  doc: 'Fires events on the bus of the master.',
  functions: {
    send: runnerFn({
      doc: 'Fire an event on the bus of the master.',
      args: {
        tag: s.string('Tag of the event'),
        data: s.withDefault(s.record(s.any(), 'Data of the event'), {}),
      },
      extra: s.any('More data; what data says wins'),
      returns: s.boolean('Whether it was taken'),
      examples: [`salt run event.send my/tag '{stage: done}'`],
      run: (ctx, { tag, data }, { extra }) => ctx.emit(tag, { ...extra, ...data }),
    }),
  },
})
