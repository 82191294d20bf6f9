/**
 * What a state found: nothing to do, or what has to be done and how. Planning only reads, and what was planned is what a run does;
 * a dry run shows the plan, so that there is nothing that an author could forget to leave out of it.
 */

/** What changed or will: Salt's `changes`, empty where nothing does. */
export type Changes = Readonly<Record<string, unknown>>

/** What became of a state. */
export interface StateOutcome {
  /** Null only for what had others do a dry run: they would change something. */
  readonly result: boolean | null
  /** For people; several lines may be. */
  readonly comment: string
  readonly changes: Changes
  readonly warnings?: readonly string[]
  /** Keys that Salt's return of this state has besides the usual ones. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** What has to be done. */
export interface PendingPlan {
  readonly kind: 'pending'
  /** What a dry run says. */
  readonly comment: string
  /** What is known of the changes before they are made. */
  readonly changes: Changes
  /** What a dry run reports, null (it would change something) where it is left out. */
  readonly testResult?: boolean | null
  readonly warnings?: readonly string[]
  readonly more?: Readonly<Record<string, unknown>>
  /** Stands for what `changes` leave out, such as the content of a new file: a plan file tells by it whether that has moved. */
  fingerprint?(): Promise<string> | string
  /** Does it. What it throws is a failed state. */
  apply(): Promise<StateOutcome> | StateOutcome
}

/** Nothing to do: it is right already, or cannot be made so. */
export interface SettledPlan extends StateOutcome {
  readonly kind: 'settled'
}

export type StatePlan = SettledPlan | PendingPlan

/** The plan of a state that is right as it is. */
export function right(comment: string, more: Partial<Omit<StateOutcome, 'result' | 'comment'>> = {}): SettledPlan {
  return { kind: 'settled', result: true, comment, changes: {}, ...more }
}

/** The plan of a state that cannot be reached. */
export function impossible(comment: string, more: Partial<Omit<StateOutcome, 'result' | 'comment'>> = {}): SettledPlan {
  return { kind: 'settled', result: false, comment, changes: {}, ...more }
}

export function pending(plan: Omit<PendingPlan, 'kind'>): PendingPlan {
  return { kind: 'pending', ...plan }
}

export function done(comment: string, changes: Changes = {}, more: Partial<StateOutcome> = {}): StateOutcome {
  return { result: true, comment, changes, ...more }
}

export function failed(comment: string, changes: Changes = {}, more: Partial<StateOutcome> = {}): StateOutcome {
  return { result: false, comment, changes, ...more }
}
