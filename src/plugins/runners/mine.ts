import { s } from '../../base/schema.ts'
import { MineStore, mineQuestion } from '../../engine/mine/mine-store.ts'
import { defineRunner, type RunnerContext, runnerFn } from '../../engine/plugin.ts'

const tgt = s.union([s.string(), s.array(s.string())], 'Which minions')
const tgtType = s.withDefault(s.string('How tgt is meant: glob, list, pcre, grain, compound and so on'), 'glob')

/** The master reads everything; a minion that has it read (by `peer_run`) no more than by itself. */
function mayRead({ requesterId, minions }: RunnerContext, allowed: string, allowedType: string): boolean {
  return requesterId === undefined || minions.match(allowed, allowedType).includes(requesterId)
}

export const mine = defineRunner({
  name: 'mine',
  doc: 'Reads and fills the mine: results of functions that minions keep on the master.',
  functions: {
    get: runnerFn({
      doc: 'Show what minions have put into the mine.',
      args: {
        tgt,
        fun: s.union([s.string(), s.array(s.string())], 'The name in the mine; several as a list or with commas'),
        tgt_type: tgtType,
      },
      returns: s.record(s.any(), 'Minion → value; for several names, name → minion → value'),
      examples: ["salt run mine.get '*' network.ip_addrs"],
      run(ctx, { tgt: target, fun, tgt_type }) {
        const ids = ctx.minions.match(target, tgt_type)
        return new MineStore(ctx.banks).ask(
          ids,
          mineQuestion(fun),
          ({ readers }) => readers === undefined || mayRead(ctx, readers.tgt, readers.tgtType),
        )
      },
    }),
    update: runnerFn({
      doc: 'Let minions put into the mine what they are to.',
      args: {
        tgt,
        tgt_type: tgtType,
        clear: s.withDefault(s.boolean('Have nothing else in the mine then'), false),
        mine_functions: s.optional(
          s.union([s.record(s.any()), s.array(s.string())], 'In place of what is configured on the minions'),
        ),
      },
      returns: s.record(s.any(), 'Minion → whether the master took it'),
      examples: ["salt run mine.update '*'"],
      async run(ctx, { tgt: target, tgt_type: tgtTypeGiven, clear, mine_functions }) {
        const outcomes = await ctx.publish({
          tgt: target,
          tgtType: tgtTypeGiven,
          fun: 'mine.update',
          kwargs: { clear, ...(mine_functions === undefined ? {} : { mine_functions }) },
        })
        const returned = outcomes.filter(({ ret }) => ret !== undefined)
        return Object.fromEntries(returned.map(({ id, ret }) => [id, ret?.return]))
      },
    }),
  },
})
