/** What a compiled target is. */

/** What is known of a minion when it is matched. Missing grains or pillar match nothing. */
export interface TargetMinion {
  readonly id: string
  readonly grains?: Readonly<Record<string, unknown>> | undefined
  readonly pillar?: Readonly<Record<string, unknown>> | undefined
  /** Address of its connection, for `ipcidr` when the grains name none. */
  readonly ip?: string | undefined
}

export interface Matcher {
  matches(minion: TargetMinion): boolean
  /** True when neither grains nor pillar nor address are looked at. */
  readonly minionsOnlyById: boolean
  /** True when pillar is looked at: a peer may only match it exactly. */
  readonly usesPillar: boolean
  /** Every id that can match, when the target names them (a list, a plain id, a range); lets a caller skip the walk and see missing ones. */
  readonly ids?: readonly string[]
}

/** Words that start an atom in a compound target, with the type they stand for. */
export const compoundEngines = {
  G: 'grain',
  P: 'grain_pcre',
  E: 'pcre',
  L: 'list',
  I: 'pillar',
  J: 'pillar_pcre',
  S: 'ipcidr',
  N: 'nodegroup',
  R: 'range',
} as const

export const targetTypes = [
  'glob',
  'pcre',
  'list',
  'grain',
  'grain_pcre',
  'pillar',
  'pillar_pcre',
  'pillar_exact',
  'nodegroup',
  'range',
  'compound',
  'compound_pillar_exact',
  'ipcidr',
] as const
export type TargetType = (typeof targetTypes)[number]
