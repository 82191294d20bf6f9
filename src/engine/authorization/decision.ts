import type { PolicyPath } from './policy-path.ts'

/** The answer of every policy. */
export interface Decision {
  readonly allowed: boolean
  /** One sentence without a full stop, for the asker, the log and the event. */
  readonly reason: string
  /** Place of the rule that decided: `peer → "web.*" → item 1`. */
  readonly rule?: string
  /** `file:line` of that rule, when the configuration tells. */
  readonly where?: string
  /** The reason tells what the target means: which is not for everybody who may ask. */
  readonly tellsTargets?: true
}

/** By one rule, or by a right that stands in no configuration. */
export function allow(rule: string | PolicyPath): Decision {
  return { allowed: true, reason: `permitted by ${rule}`, ...placeOf(rule) }
}

/** `rule`: the one that forbids, where it is not just that none permits. */
export function refuse(reason: string, rule?: PolicyPath): Decision {
  return { allowed: false, reason, ...(rule === undefined ? {} : placeOf(rule)) }
}

function placeOf(rule: string | PolicyPath): Pick<Decision, 'rule' | 'where'> {
  const where = typeof rule === 'string' ? undefined : rule.where
  return { rule: String(rule), ...(where === undefined ? {} : { where }) }
}
