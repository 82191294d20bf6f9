import { s } from '../../base/schema.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'
import { reactorRule } from '../../engine/reactor/rules.ts'

const changed = s.object({ status: s.boolean(), comment: s.string() })

export const reactor = defineRunner({
  name: 'reactor',
  doc: 'Shows and changes the rules of the reactor. Changes last until the master reads its configuration again.',
  functions: {
    list: runnerFn({
      doc: 'List the rules in force: each a tag pattern with what is done.',
      returns: s.array(s.record(s.array(s.any()))),
      examples: ['salt run reactor.list'],
      run: (ctx) => ctx.reactor.rules().map(({ tag, sources }) => ({ [tag]: [...sources] })),
    }),
    add: runnerFn({
      doc: 'Add a rule.',
      args: {
        event: s.string('Pattern of tags'),
        reactors: s.union([s.string(), s.array(s.any())], 'Paths of reaction files, or reactions'),
      },
      returns: changed,
      examples: ["salt run reactor.add 'my/tag/*' reactors=/srv/reactor/my.sls"],
      run(ctx, { event, reactors }) {
        ctx.reactor.add(reactorRule(event, reactors))
        return { status: true, comment: 'Reactor Added.' }
      },
    }),
    delete: runnerFn({
      doc: 'Remove the rule of a tag pattern.',
      args: { event: s.string('Pattern of tags, as reactor.list shows it') },
      returns: changed,
      examples: ["salt run reactor.delete 'my/tag/*'"],
      run(ctx, { event }) {
        ctx.reactor.remove(event)
        return { status: true, comment: 'Reactor Deleted.' }
      },
    }),
  },
})
