/** What keeps states from being run: disabled ones, and runs that are at work. */

import { SaltError } from '../../../base/errors.ts'
import { matchGlob } from '../../../base/glob.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { registerFolder } from './running.ts'

/** Grain that keeps their names, as in Salt. */
const grain = 'state_runs_disabled'
const names = s.union(
  [s.string(), s.array(s.string())],
  '`highstate`, SLS files, or functions of states such as `pkg.*`',
)
const jid = s.string('Jid of the run')
const stateId = s.optional(s.string('Id of a state; all of them when left out'))

function disabledNames(ctx: FunctionContext): readonly string[] {
  const written = ctx.grains[grain]
  return Array.isArray(written) ? written.map(String) : []
}

/** Salt's sentences about SLS files that must not be run. */
export function disabledFaults(ctx: FunctionContext, sls: readonly string[]): string[] {
  const disabled = disabledNames(ctx)
  if (disabled.length === 0) return []
  return sls.flatMap((name) =>
    disabled.flatMap((pattern) => {
      if (pattern === name)
        return `The state file "${name}" is currently disabled, to re-enable, run state.enable ${name}.`
      if (!pattern.includes('*') || !matchGlob(pattern, name)) return []
      return `The state file "${name}" is currently disabled by "${pattern}", to re-enable, run state.enable ${pattern}.`
    }),
  )
}

/** Salt's result of a run by the top files where that is disabled. */
export function isHighstateDisabled(ctx: FunctionContext): Readonly<Record<string, unknown>> | undefined {
  if (!disabledNames(ctx).includes('highstate')) return undefined
  ctx.setRetcode(1)
  return {
    name: 'Salt highstate run is disabled. To re-enable, run state.enable highstate',
    result: 'False',
    comment: 'Disabled',
  }
}

async function change(
  ctx: FunctionContext,
  given: string | readonly string[],
  on: boolean,
): Promise<{ res: boolean; msg: string }> {
  const known = new Set(disabledNames(ctx))
  const lines: string[] = []
  for (const name of typeof given === 'string' ? given.split(',') : given) {
    const isChange = on ? known.delete(name) : !known.has(name)
    if (!on) known.add(name)
    lines.push(`Info: ${name} state ${isChange ? '' : 'already '}${on ? 'enabled' : 'disabled'}.`)
  }
  await ctx.salt('grains.setval', [grain, [...known]])
  return { res: true, msg: lines.join('\n') }
}

const changeResult = s.object({ res: s.boolean(), msg: s.string() }, 'What was changed')

export const switchingFunctions: Readonly<Record<string, FunctionDefinition>> = {
  disable: fn({
    doc: 'Keep states from being run until they are enabled again.',
    args: { states: names },
    returns: changeResult,
    examples: ["salt '*' state.disable highstate", "salt '*' state.disable test.succeed_without_changes"],
    run: (ctx, { states }) => change(ctx, states, false),
  }),
  enable: fn({
    doc: 'Let states be run again.',
    args: { states: names },
    returns: changeResult,
    examples: ["salt '*' state.enable highstate"],
    run: (ctx, { states }) => change(ctx, states, true),
  }),
  list_disabled: fn({
    doc: 'List the states that are disabled.',
    returns: s.array(s.string(), 'Their names, as they were given'),
    examples: ["salt '*' state.list_disabled"],
    run: (ctx) => [...disabledNames(ctx)],
  }),
  running: fn({
    doc: 'Tell which runs of states are at work, so that another one would be refused.',
    args: { concurrent: s.withDefault(s.boolean('For one that does not mind: none'), false) },
    returns: s.array(s.string(), 'A sentence for each run'),
    outputter: 'nested',
    examples: ["salt '*' state.running"],
    async run(ctx, { concurrent }) {
      const { conflictText, RunRegister } = await import('../../../engine/state/run/run-register.ts')
      const runs = concurrent ? [] : new RunRegister(registerFolder(ctx)).list()
      return runs.filter((run) => run.jid !== ctx.job?.jid).map(conflictText)
    },
  }),
  pause: fn({
    doc: 'Hold up a run of states of the minion, before its next state or one of an id.',
    args: {
      jid,
      state_id: stateId,
      duration: s.optional(s.seconds('Go on by itself after so many seconds')),
    },
    returns: s.array(s.any(), 'Whether it was, and a sentence'),
    examples: ["salt '*' state.pause 20171130110407769519", "salt '*' state.pause 20171130110407769519 vim 20"],
    async run(_ctx, args) {
      const { allStates, control } = await controlOf(args.jid)
      control.pause(args.state_id ?? allStates, args.duration)
      return [
        true,
        `The state run ${args.jid} is paused${args.state_id === undefined ? '' : ` before ${args.state_id}`}.`,
      ]
    },
  }),
  resume: fn({
    doc: 'Let a run of states go on that was paused.',
    args: { jid, state_id: stateId },
    returns: s.array(s.any(), 'Whether it was paused, and a sentence'),
    examples: ["salt '*' state.resume 20171130110407769519"],
    async run(_ctx, args) {
      const { allStates, control } = await controlOf(args.jid)
      const isResumed = control.resume(args.state_id ?? allStates)
      return [isResumed, `The state run ${args.jid} ${isResumed ? 'goes on' : 'was not paused'}.`]
    },
  }),
  get_pauses: fn({
    doc: 'Tell which runs of states are paused, and where.',
    args: { jid: s.optional(jid) },
    returns: s.record(s.any(), 'Jid → id, or `__all__` → what was said of it'),
    examples: ["salt '*' state.get_pauses"],
    async run(_ctx, args) {
      const { RunControl } = await import('../../../engine/state/run/run-control.ts')
      const all = RunControl.pauses()
      return args.jid === undefined ? all : { [args.jid]: all[args.jid] ?? {} }
    },
  }),
  soft_kill: fn({
    doc: 'End a run of states of the minion before its next state, or before one of an id: what was run is returned.',
    args: { jid, state_id: stateId },
    returns: s.array(s.any(), 'Whether it will, and a sentence'),
    examples: ["salt '*' state.soft_kill 20171130110407769519", "salt '*' state.soft_kill 20171130110407769519 vim"],
    async run(_ctx, args) {
      const { allStates, control } = await controlOf(args.jid)
      control.end(args.state_id ?? allStates)
      return [true, `The state run ${args.jid} ends before ${args.state_id ?? 'its next state'}.`]
    },
  }),
  clear_cache: fn({
    doc: 'Taken for the sake of Salt: states are compiled anew for each run, and nothing of them is cached.',
    returns: s.array(s.string(), 'Files that were removed: none'),
    examples: ["salt '*' state.clear_cache"],
    run: () => [],
  }),
}

/** Of a run of this process: `salt call` cannot reach into the minion, nor into another `salt call`. */
async function controlOf(of: string) {
  const { allStates, RunControl } = await import('../../../engine/state/run/run-control.ts')
  const control = RunControl.of(of)
  if (control === undefined) {
    throw new SaltError('bad-arguments', `no run of states with the jid ${of} is at work here`, {
      hint: 'state.running tells which are. A run of the minion is reached by a job (salt ID state.soft_kill JID), not by salt call.',
    })
  }
  return { allStates, control }
}
