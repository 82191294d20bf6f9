/** `state.apply` and its kin: SLS files, made so. */

import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { nameList } from '../../../engine/arguments/comma-list.ts'
import { type FunctionContext, type FunctionDefinition, fn, type MoreArguments } from '../../../engine/plugin.ts'
import { furtherArguments, type GivenRun, runArguments, slsNames } from './arguments.ts'
import { applyPlan, makePlan } from './planning.ts'
import { type PreparedRun, runJob, runPrepared } from './running.ts'
import { disabledFaults, isHighstateDisabled } from './switching.ts'

export const stateResults = s.any('Tag → what became of the state; or what keeps states from being run, as a list')
const outputter = 'highstate'

type Given = GivenRun & { readonly mods?: string | readonly string[] | undefined }

/** SLS files, or with none what the top files say. */
export async function applyStates(
  ctx: FunctionContext,
  fun: string,
  given: Given,
  more: MoreArguments,
): Promise<unknown> {
  const names = given.mods === undefined ? [] : nameList(given.mods)
  if (given.mods !== undefined) {
    const faults = disabledFaults(ctx, names)
    if (faults.length > 0) {
      ctx.setRetcode(1)
      return faults
    }
    return await runJob(ctx, { fun, given, more, source: { kind: 'sls', names } })
  }
  return isHighstateDisabled(ctx) ?? (await runJob(ctx, { fun, given, more, source: { kind: 'top' } }))
}

export const applyingFunctions: Readonly<Record<string, FunctionDefinition>> = {
  apply: fn({
    doc: 'Bring this minion into the state that SLS files describe; without any, into that which the top files have for it.',
    args: {
      mods: s.optional(slsNames),
      ...runArguments,
      plan: s.optional(
        s.path('A plan of `state.plan` on the disk of this minion: it is applied if nothing has moved since'),
      ),
    },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: [
      "salt '*' state.apply",
      "salt '*' state.apply web,db.server test=True",
      `salt '*' state.apply web pillar='{"stage": "test"}'`,
    ],
    run: (ctx, args, more) =>
      args.plan === undefined ? applyStates(ctx, 'state.apply', args, more) : applyPlan(ctx, args.plan, args, more),
  }),
  sls: fn({
    doc: 'Bring this minion into the state that SLS files describe.',
    args: { mods: slsNames, ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: ["salt '*' state.sls core,edit.vim", "salt '*' state.sls core,edit.vim exclude=edit.vim"],
    run: (ctx, args, more) => applyStates(ctx, 'state.sls', args, more),
  }),
  highstate: fn({
    doc: 'Bring this minion into the state that the top files have for it.',
    args: { ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: ["salt '*' state.highstate", "salt '*' state.highstate test=True exclude=core"],
    run: (ctx, args, more) => applyStates(ctx, 'state.highstate', args, more),
  }),
  test: fn({
    doc: 'Show what `state.apply` would do.',
    args: { mods: s.optional(slsNames), ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: ["salt '*' state.test web"],
    run: (ctx, args, more) => applyStates(ctx, 'state.test', { ...args, test: true }, more),
  }),
  top: fn({
    doc: 'As `state.highstate`, by another top file.',
    args: { topfn: s.string('Name of the top file, below the file roots'), ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: ["salt '*' state.top reverse_top.sls"],
    run: (ctx, { topfn, ...given }, more) =>
      runJob(ctx, { fun: 'state.top', given, more, source: { kind: 'top' }, topFile: topfn }),
  }),
  sls_id: fn({
    doc: 'Run the states of one id from SLS files, with what they require.',
    args: { id_: s.string('The id'), mods: slsNames, ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: ["salt '*' state.sls_id /srv/www/site.conf web"],
    run: (ctx, { id_, mods, ...given }, more) =>
      runJob(ctx, {
        fun: 'state.sls_id',
        given,
        more,
        source: { kind: 'sls', names: nameList(mods) },
        only: ({ id }) => id === id_,
        work: (run) =>
          runWanted(
            run,
            `No matches for ID '${id_}' found in SLS '${nameList(mods).join(',')}' within saltenv '${given.saltenv ?? 'base'}'`,
          ),
      }),
  }),
  plan: fn({
    doc: 'Show what `state.apply` would do, and write it to a file that `state.apply plan=FILE` applies as long as nothing has moved since.',
    args: {
      mods: s.optional(slsNames),
      ...runArguments,
      plan_out: s.optional(s.path('Where to write the plan: on the disk of this minion, and for its own eyes')),
    },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: ['salt call state.plan web plan_out=/srv/web.plan', "salt '*' state.plan"],
    run: (ctx, args, more) => makePlan(ctx, args, more),
  }),
}

/** Salt's sentence where none is wanted. */
async function runWanted(run: PreparedRun, sentence: string): Promise<unknown> {
  const { only } = run.options
  if (only !== undefined && !run.chunks.some(only)) throw new SaltError('bad-arguments', sentence)
  return await runPrepared(run)
}
