/** `state_compress_ids`: states of one id that differ in their names alone, and came to the same result, are shown as one. */
import { Float } from '../../../base/float.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { type Entry, entriesOf } from '../entries.ts'
import { isTrue, type StateResult, stateResult } from './result.ts'

/** What the changes of several states are kept under, by name. */
const together = 'compressed changes'

/** The results of one minion. They stay as they are where one of them lacks what they would be put together by. */
export function compressIds(states: readonly StateResult[]): readonly StateResult[] {
  if (!states.every(({ all }) => all.has('__id__') && all.has('__sls__') && all.has('__run_num__'))) return states
  const groups = Map.groupBy(states, groupOf)
  return [...groups.values()].map((group) => merge(group))
}

function groupOf({ state, fun, all, result }: StateResult): string {
  return JSON.stringify([state, fun, pythonString(all.get('__sls__')), pythonString(all.get('__id__')), String(result)])
}

function merge(group: readonly StateResult[]): StateResult {
  const [first, ...others] = group
  if (first === undefined) throw new Error('a group has a state')
  if (others.length === 0) return first
  const { state, fun, result, all } = first
  const id = `${pythonString(all.get('__id__'))} (${group.length})`
  const words = ['state_compressed', all.get('__sls__'), all.get('__id__'), result]
  const durationMs = group.reduce((sum, one) => sum + one.durationMs, 0)
  const startTimes = group.map(({ startTime }) => String(startTime ?? '')).sort()
  const merged = new Map<string, unknown>(all)
  merged.set('__run_num__', Math.min(...group.map(({ order }) => order)))
  merged.set('duration', Math.round(durationMs * 1000) / 1000)
  if (all.has('start_time')) merged.set('start_time', startTimes[0])
  merged.set('changes', mergeChanges(group))
  const comment = group.find(({ changes }) => isTrue(changes))?.comment ?? first.comment
  merged.set('comment', comment)
  return stateResult(`${state}_|-${id}_|-${words.map(pythonString).join('_')}_|-${fun}`, merged, group.length) ?? first
}

/** Those of one state as they are, those of several by their names. */
function mergeChanges(group: readonly StateResult[]): unknown {
  const changed = group.filter(({ changes }) => isTrue(changes))
  const [first] = changed
  if (changed.length <= 1) return first?.changes ?? group[0]?.changes
  return new Map([[together, new Map(changed.map(({ name, changes }) => [name, changes]))]])
}

/** How many states changed something, of those that this one stands for. */
export function changedCount({ changes, count }: StateResult): number {
  if (!isTrue(changes)) return 0
  if (count === 1 || changes instanceof Float) return 1
  const names: readonly Entry[] | undefined = entriesOf(entriesOf(changes)?.find(([key]) => key === together)?.[1])
  return names?.length ?? 1
}
