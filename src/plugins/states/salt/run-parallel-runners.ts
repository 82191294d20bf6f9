/** `salt.parallel_runners`: several runners at the same time. */
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import type { RunnerResult } from '../../../client/api.ts'
import type { MasterCall } from '../../../engine/fleet.ts'
import { state } from '../../../engine/plugin.ts'
import { type Changes, impossible, pending, type StateOutcome } from '../../../engine/state/plan.ts'
import { nestedText } from '../../outputters/nested.ts'
import { fleetOf } from './fleet.ts'
import { masterCallSucceeded } from './run-master-function.ts'

interface NamedCall extends MasterCall {
  /** What its result is called. */
  readonly id: string
}

interface NamedResult {
  readonly id: string
  readonly result: RunnerResult
}

export const runParallelRunners = state({
  doc: 'Run several runners at the same time, such as orchestrations of separate minions, and succeed if all do.',
  args: {
    name: s.string('Any name for it'),
    runners: s.any(
      'Name of a result → a list of `name` (the runner; left out, it is the name of the result) and `kwarg` (its keyword arguments). A text is the name of one runner',
    ),
  },
  examples: [
    'both stages:\n  salt.parallel_runners:\n    - runners:\n        first:\n          - name: state.orchestrate\n          - kwarg:\n              mods: orch.first\n        second:\n          - name: state.orchestrate\n          - kwarg:\n              mods: orch.second',
  ],
  plan(ctx, { runners }) {
    const calls = callsOf(runners)
    if (calls === undefined) return impossible('The runners parameter must be a string or dict.')
    const names = calls.map(({ fun }) => `'${fun}'`).join(', ')
    return pending({
      comment: `Runner functions ${names} would be executed.`,
      changes: {},
      async apply() {
        const fleet = fleetOf(ctx)
        return outcomeOf(
          await Promise.all(calls.map(async (call) => ({ id: call.id, result: await fleet.runner(call) }))),
        )
      },
    })
  },
})

function callsOf(runners: unknown): readonly NamedCall[] | undefined {
  if (typeof runners === 'string') return [{ id: runners, fun: runners }]
  if (!isRecord(runners)) return undefined
  return Object.entries(runners).map(([id, config]) => {
    const fields = mergeList(config)
    return {
      id,
      fun: String(fields.name ?? id),
      kwargs: isRecord(fields.kwarg) ? fields.kwarg : mergeList(fields.kwarg),
    }
  })
}

/** `[{a: 1}, {b: 2}]` as one mapping. */
function mergeList(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value
  return Array.isArray(value) ? Object.assign({}, ...value.filter(isRecord)) : {}
}

function outcomeOf(results: readonly NamedResult[]): StateOutcome {
  const faulty = results.filter(({ result }) => !masterCallSucceeded(result))
  const areStates = results.every(({ result }) => isHighstate(result.return))
  const changes = areStates
    ? changesOfStates(results)
    : { ret: Object.fromEntries(results.map(({ id, result }) => [id, result.return])) }
  if (faulty.length === 0) {
    return { result: true, comment: 'All runner functions executed successfully.', changes }
  }
  return { result: false, comment: areStates ? failedStates(faulty) : failedRunners(faulty), changes }
}

function failedRunners(faulty: readonly NamedResult[]): string {
  const ids = faulty.map(({ id }) => id).join(', ')
  return faulty.length === 1 ? `Runner ${ids} failed.` : `Runners ${ids} failed.`
}

function failedStates(faulty: readonly NamedResult[]): string {
  return faulty
    .map(
      ({ id, result }) => `Runner ${id} failed with return value:\n${nestedText(result.return, { color: false }, 2)}`,
    )
    .join('\n')
}

function isHighstate(value: unknown): value is { data: unknown } {
  return isRecord(value) && value.outputter === 'highstate' && Object.hasOwn(value, 'data')
}

function changesOfStates(results: readonly NamedResult[]): Changes {
  return Object.fromEntries(
    results.flatMap(({ id, result }) => {
      const changes = isRecord(result.return) ? extractChanges(result.return.data) : {}
      return Object.keys(changes).length === 0 ? [] : [[id, changes]]
    }),
  )
}

/** The changes of all states in results of states, which may hold results of states themselves. */
function extractChanges(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) return {}
  if (Object.hasOwn(value, 'changes')) {
    const { changes } = value
    if (!isRecord(changes)) return {}
    return changes.out === 'highstate' && isRecord(changes.ret) ? changes.ret : changes
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const changes = extractChanges(item)
      return Object.keys(changes).length === 0 ? [] : [[key, changes]]
    }),
  )
}
