/** Holding up and ending orchestrations between two of their steps. */
import { s } from '../../../base/schema.ts'
import { type RunnerContext, runnerFn } from '../../../engine/plugin.ts'

const jid = s.string('Of the orchestration, as `salt run jobs.active` and its events tell it')
const stateId = s.optional(s.string('Only before the step of this id'))
const said = s.array(s.any(), 'Whether it was, and a sentence')

/** The master is a minion to its orchestrations: what holds up a run there does so here. */
async function asMinion(ctx: RunnerContext, fun: string, args: Readonly<Record<string, unknown>>): Promise<unknown[]> {
  const host = await ctx.host()
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined))
  const answer = await host.salt(fun, [], given)
  return Array.isArray(answer) ? answer : [answer]
}

export const controlFunctions = {
  pause: runnerFn({
    doc: 'Hold up an orchestration before its next step, or before one of an id.',
    args: { jid, state_id: stateId, duration: s.optional(s.seconds('Go on by itself after so many seconds')) },
    returns: said,
    examples: ['salt run state.pause 20171130110407769519', 'salt run state.pause 20171130110407769519 deploy 60'],
    run: (ctx, args) => asMinion(ctx, 'state.pause', args),
  }),
  resume: runnerFn({
    doc: 'Let an orchestration go on that was paused.',
    args: { jid, state_id: stateId },
    returns: said,
    examples: ['salt run state.resume 20171130110407769519'],
    run: (ctx, args) => asMinion(ctx, 'state.resume', args),
  }),
  rm_pause: runnerFn({
    doc: 'Another name of `state.resume`.',
    args: { jid, state_id: stateId },
    returns: said,
    examples: ['salt run state.rm_pause 20171130110407769519'],
    run: (ctx, args) => asMinion(ctx, 'state.resume', args),
  }),
  soft_kill: runnerFn({
    doc: 'End an orchestration before its next step, or before one of an id.',
    args: { jid, state_id: stateId },
    returns: said,
    examples: ['salt run state.soft_kill 20171130110407769519'],
    run: (ctx, args) => asMinion(ctx, 'state.soft_kill', args),
  }),
}
