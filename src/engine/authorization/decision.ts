/** The answer of every policy. */
export interface Decision {
  readonly allowed: boolean
  /** One sentence without a full stop, for the asker, the log and the event. */
  readonly reason: string
  /** Place of the rule that decided: `peer → "web.*" → item 1`. */
  readonly rule?: string
}

export function allow(rule: string): Decision {
  return { allowed: true, reason: `permitted by ${rule}`, rule }
}

export function refuse(reason: string): Decision {
  return { allowed: false, reason }
}
