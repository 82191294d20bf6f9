/** What is shown for a target, whether it returned or not. */
import type { TargetOutcome, TargetState } from '../../client/api.ts'

const words: Readonly<Record<Exclude<TargetState, 'returned' | 'failed'>, string>> = {
  'not-connected': 'Not connected',
  'no-ack': 'No response',
  running: 'Still running',
  timeout: 'Timed out',
  denied: 'Denied',
  expired: 'Expired',
  queued: 'Queued',
  withdrawn: 'Withdrawn',
}

/** States after which a return may still come. */
const mayReturn: readonly TargetState[] = ['no-ack', 'queued', 'running', 'timeout']
/** States whose words say all. */
const needNoReason: readonly TargetState[] = ['not-connected', 'no-ack', 'running']

export interface ShownOutcome {
  readonly value: unknown
  readonly out: string | undefined
  /** 1 for a minion that did not return, unless it gets the job later. */
  readonly retcode: number
  readonly hasReturned: boolean
}

export function shownOutcome(outcome: TargetOutcome, jid: string): ShownOutcome {
  const { ret } = outcome
  if (ret === undefined) {
    return {
      value: missingText(outcome, jid),
      out: 'no_return',
      retcode: outcome.state === 'queued' ? 0 : 1,
      hasReturned: false,
    }
  }
  const retcode = ret.retcode === 0 && !ret.success ? 1 : ret.retcode
  return { value: ret.return, out: ret.out, retcode, hasReturned: true }
}

/** The state as words: `Not connected`. */
export function stateWords(state: TargetState): string {
  return state === 'returned' || state === 'failed' ? '' : words[state]
}

/** Salt's sentence with the reason in brackets, and how to see a return that comes later. */
export function missingText(outcome: TargetOutcome, jid: string): string {
  const { state, reason } = outcome
  const why = reason === undefined || reason === '' || needNoReason.includes(state) ? '' : `: ${reason}`
  const text = `Minion did not return. [${stateWords(state)}${why}]`
  return mayReturn.includes(state) ? `${text}\n${lookupHint(jid)}` : text
}

/** Salt's own words: people and scripts look for them. */
export function lookupHint(jid: string): string {
  return (
    'The minions may not have all finished running and any remaining minions will return upon completion. ' +
    `To look up the return data for this job later, run the following command:\n\nsalt run jobs.lookup_jid ${jid}`
  )
}
