/** Reads what a user's state gave back: an outcome of its own making may be anything. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { StateOutcome } from '../state/plan.ts'

/** As a dry run may have it. */
export interface GivenOutcome extends Omit<StateOutcome, 'result'> {
  readonly result: boolean | null
}

export interface OutcomeSource {
  /** `sizes.present` */
  readonly name: string
  readonly file: string
}

const salts = new Set(['name', 'kind', 'result', 'comment', 'changes', 'warnings', 'more', 'testResult', 'ticket'])

/** `{result, comment, changes}`; what there is besides stays beside them. Throws `execution-failed`. */
export function readGiven(value: unknown, source: OutcomeSource): GivenOutcome {
  const wrong = (what: string): SaltError =>
    new SaltError('execution-failed', `${source.name} must give { result, comment, changes }, but ${what}`, {
      where: source.file,
    })
  if (!isRecord(value)) throw wrong('gave no mapping')
  const { result, comment = '', changes = {}, warnings } = value
  if (typeof result !== 'boolean' && result !== null) throw wrong('its result is not true, false or null')
  const lines: readonly unknown[] = Array.isArray(comment) ? comment : [comment]
  if (!lines.every((line) => typeof line === 'string')) throw wrong('its comment is no text')
  if (!isRecord(changes)) throw wrong('its changes are no mapping')
  const extra = Object.fromEntries(Object.entries(value).filter(([key]) => !salts.has(key)))
  const more = { ...extra, ...(isRecord(value.more) ? value.more : {}) }
  return {
    result,
    comment: lines.join('\n'),
    changes,
    ...(Array.isArray(warnings) ? { warnings: warnings.map(String) } : {}),
    ...(Object.keys(more).length === 0 ? {} : { more }),
  }
}

/** The same of a run, which knows whether it succeeded. */
export function readOutcome(value: unknown, source: OutcomeSource): StateOutcome {
  const { result, ...given } = readGiven(value, source)
  if (result !== null) return { result, ...given }
  throw new SaltError('execution-failed', `${source.name} gave null for its result, which only a dry run may`, {
    where: source.file,
  })
}
