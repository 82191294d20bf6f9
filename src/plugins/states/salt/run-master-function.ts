/** `salt.runner` and `salt.wheel`: run what belongs to the master itself. */
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import type { RunnerResult } from '../../../client/api.ts'
import { state } from '../../../engine/plugin.ts'
import { pending, type StateOutcome } from '../../../engine/state/plan.ts'
import { fleetOf } from './fleet.ts'

export const runRunner = state({
  doc: 'Run a runner on the master. The change is what it returned.',
  args: {
    name: s.string('The runner'),
    arg: s.optional(s.array(s.any(), 'Its positional arguments')),
    kwarg: s.optional(
      s.record(s.any(), 'Its keyword arguments, beside those that stand among the arguments of the state'),
    ),
    asynchronous: s.withDefault(s.boolean('Do not wait for it'), false),
  },
  extra: s.any('Keyword arguments of the runner'),
  examples: [
    'who is up:\n  salt.runner:\n    - name: manage.up',
    'next stage:\n  salt.runner:\n    - name: state.orchestrate\n    - mods: orch.second\n    - pillar:\n        version: 1.2',
  ],
  plan(ctx, { name, arg = [], kwarg = {}, asynchronous }, { extra }) {
    return pending({
      comment: `Runner function '${name}' would be executed.`,
      changes: {},
      async apply() {
        const call = { fun: name, arg, kwargs: { ...kwarg, ...extra }, detach: asynchronous }
        return outcomeOf('Runner', name, await fleetOf(ctx).runner(call))
      },
    })
  },
})

export const runWheel = state({
  doc: 'Run a wheel function, which manages the master itself. The change is what it returned.',
  args: { name: s.string('The wheel function') },
  extra: s.any('Keyword arguments of the wheel function'),
  examples: ['accept the key of a new minion:\n  salt.wheel:\n    - name: key.accept\n    - match: web9'],
  plan(ctx, { name }, { extra }) {
    return pending({
      comment: `Wheel function '${name}' would be executed.`,
      changes: {},
      // Salt 3006 says true here, and null for a runner.
      testResult: true,
      apply: async () => outcomeOf('Wheel', name, await fleetOf(ctx).wheel({ fun: name, kwargs: extra })),
    })
  },
})

function outcomeOf(kind: 'Runner' | 'Wheel', name: string, result: RunnerResult): StateOutcome {
  const isSuccess = masterCallSucceeded(result)
  return {
    result: isSuccess,
    comment: `${kind} function '${name}' ${isSuccess ? 'executed' : 'failed'}.`,
    changes: { return: result.return },
    more: { __jid__: result.jid },
  }
}

export function masterCallSucceeded({ success, retcode, return: value }: RunnerResult): boolean {
  return success && retcode === 0 && !(isRecord(value) && Object.hasOwn(value, 'Error'))
}
