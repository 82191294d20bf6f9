import type { TargetOutcome } from '../../client/api.ts'
import { shownOutcome } from './outcome.ts'

const rule = '-------------------------------------------'

/** The block of numbers that `--summary` prints; with the names of those that went wrong when `verbose`. */
export function summaryText(outcomes: readonly TargetOutcome[], verbose: boolean): string {
  const returned = outcomes.filter(({ ret }) => ret !== undefined)
  const failed = returned.filter((outcome) => shownOutcome(outcome, '').retcode !== 0)
  const inState = (state: string): readonly TargetOutcome[] => outcomes.filter((outcome) => outcome.state === state)
  const missing = outcomes.length - returned.length
  const lines = [
    '',
    '',
    rule,
    'Summary',
    rule,
    `# of minions targeted: ${outcomes.length}`,
    `# of minions returned: ${returned.length}`,
    `# of minions that did not return: ${missing}`,
    `# of minions with errors: ${failed.length}`,
  ]
  if (verbose) {
    lines.push(
      ...namesLine('Minions not connected', inState('not-connected')),
      ...namesLine('Minions not responding', inState('no-ack')),
      ...namesLine('Minions still running', [...inState('timeout'), ...inState('running')]),
      ...namesLine('Minions that will get the job later', inState('queued')),
      ...namesLine('Minions that refused', [...inState('denied'), ...inState('expired')]),
      ...namesLine('Minions with failures', failed),
    )
  }
  return [...lines, rule].join('\n')
}

function namesLine(title: string, outcomes: readonly TargetOutcome[]): string[] {
  return outcomes.length === 0 ? [] : [`${title}: ${outcomes.map(({ id }) => id).join(' ')}`]
}
