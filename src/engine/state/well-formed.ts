/** Outcomes of states that somebody else has written may be anything; what goes into the results is well formed. */
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import type { PerformedState } from './perform.ts'

/** The outcome as it must be, or a failure that says what is wrong with it, in Salt's words. */
export function wellFormed(outcome: PerformedState): PerformedState {
  const given: unknown = outcome
  if (!isRecord(given)) return malformed('Malformed state return, return must be a dict')
  const absent = ['changes', 'comment', 'result'].filter((key) => given[key] === undefined)
  if (absent.length > 0) {
    return malformed(`The following keys were not present in the state return: ${absent.join(', ')}`)
  }
  if (!isRecord(given.changes)) return malformed("'Changes' should be a dictionary.")
  if (typeof given.comment === 'string' && (typeof given.result === 'boolean' || given.result === null)) return outcome
  const lines: readonly unknown[] = Array.isArray(given.comment) ? given.comment : [given.comment]
  return {
    ...outcome,
    result: given.result === null ? null : Boolean(given.result),
    comment: lines.map(pythonString).join('\n'),
  }
}

function malformed(reason: string): PerformedState {
  return { result: false, comment: reason, changes: {} }
}
