/** What a service does when something that it watches has changed. */
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { act, isRunning, pause, type RunWishes } from './calls.ts'

interface Verb {
  readonly action: string
  readonly verb: string
  readonly done: string
}

async function verbFor(ctx: StateContext, want: RunWishes, runs: boolean): Promise<Verb> {
  const verb = (action: string, words: string): Verb => ({ action, verb: words, done: `${words}ed` })
  if (!runs) return verb('start', 'start')
  if (want.reload) return want.force ? verb('force_reload', 'forcefully reload') : verb('reload', 'reload')
  if (want.full_restart && (await hasFunction(ctx, 'service.full_restart'))) {
    return verb('full_restart', 'fully restart')
  }
  return verb('restart', 'restart')
}

export async function planRestart(ctx: StateContext, want: RunWishes): Promise<StatePlan> {
  const { name, sig } = want
  const chosen = await verbFor(ctx, want, await isRunning(ctx, name, sig))
  return pending({
    comment: `Service is set to be ${chosen.done}`,
    changes: {},
    async apply() {
      // What is half started, or has left something behind, starts better when it was stopped.
      if (chosen.action === 'start') await ctx.salt('service.stop', [name])
      return change(ctx, want, chosen)
    },
  })
}

export async function planStop(ctx: StateContext, want: RunWishes): Promise<StatePlan> {
  if (!(await isRunning(ctx, want.name, want.sig))) return right('Service is already stopped')
  const chosen = { action: 'stop', verb: 'stop', done: 'stopped' }
  return pending({ comment: 'Service is set to be stopped', changes: {}, apply: () => change(ctx, want, chosen) })
}

async function change(ctx: StateContext, want: RunWishes, { action, verb, done: past }: Verb) {
  const { name, no_block } = want
  const worked =
    action === 'stop' ? (await ctx.salt('service.stop', [name], { no_block })) === true : await act(ctx, action, want)
  await pause(ctx, want.init_delay)
  const changes = { [name]: worked }
  return worked ? done(`Service ${past}`, changes) : failed(`Failed to ${verb} the service`, changes)
}

/** The other states of a service have nothing that a watch could do. */
export function cannotWatch(ctx: StateContext): StatePlan {
  return impossible(`Unable to trigger watch for service.${ctx.chunk.fun}`)
}
