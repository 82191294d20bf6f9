import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

export const salt = defineRunner({
  name: 'salt',
  doc: 'Runs execution functions on minions, or on the host of the master, from within the master.',
  functions: {
    cmd: runnerFn({
      doc: 'Run a function on the host of the master, with the rights of the master. No minion is needed.',
      args: { fun: s.string('The function') },
      rest: s.any('Its positional arguments'),
      extra: s.any('Its keyword arguments'),
      returns: s.any(),
      examples: ['salt run salt.cmd test.ping', 'salt run salt.cmd test.arg 1 2 3 a=1'],
      run: (ctx, { fun }, { rest, extra }) => ctx.salt(fun, rest, extra),
    }),
    execute: runnerFn({
      doc: 'Run a function on minions and give back what each of them returned.',
      args: {
        tgt: s.union([s.string(), s.array(s.string())], 'Which minions'),
        fun: s.string('The function'),
        arg: s.optional(s.array(s.any(), 'Its positional arguments')),
        timeout: s.optional(s.seconds('How long to wait for a silent minion')),
        tgt_type: s.withDefault(s.string('How tgt is meant: glob, list, pcre, grain, compound and so on'), 'glob'),
        ret: s.withDefault(s.string('Accepted, and without effect here'), ''),
        jid: s.withDefault(s.string('Accepted, and without effect here'), ''),
        kwarg: s.optional(s.record(s.any(), 'Its keyword arguments')),
      },
      extra: s.any('More keyword arguments of the function'),
      returns: s.record(s.any(), 'Minion → its result'),
      examples: [`salt run salt.execute 'web*' cmd.run arg='[uptime]'`],
      async run(ctx, args, { extra }) {
        const outcomes = await ctx.publish({
          tgt: args.tgt,
          tgtType: args.tgt_type,
          fun: args.fun,
          arg: args.arg ?? [],
          kwargs: { ...(isRecord(args.kwarg) ? args.kwarg : {}), ...extra },
          ...(args.timeout === undefined ? {} : { timeoutSeconds: args.timeout }),
        })
        const returned = outcomes.filter(({ ret }) => ret !== undefined)
        return Object.fromEntries(returned.map(({ id, ret }) => [id, ret?.return]))
      },
    }),
  },
})
