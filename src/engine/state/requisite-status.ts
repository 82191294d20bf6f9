/** Whether a state is run, by what became of those that it is bound to: Salt's rules. */
import type { Bond, BondKind } from './requisite-index.ts'

/** What became of a state, as far as others depend on it. */
export interface Fate {
  readonly result: boolean | null
  /** Whether something changed; in a dry run: would. */
  readonly hasChanged: boolean
  /** False where conditions of its own kept it from being run. */
  readonly hasRun: boolean
}

/**
 * - `met`: it is run
 * - `change`: it is run, and then its watch where it made no change itself
 * - `fail`: something that it needs has failed
 * - `pre`: nothing that it has to precede would change
 * - `onfail`, `onchanges`: nothing has failed, or changed
 */
export type RequisiteStatus = 'met' | 'change' | 'fail' | 'pre' | 'onfail' | 'onchanges'

type Sign = 'met' | 'change' | 'fail' | 'pre' | 'premet' | 'onfail' | 'onchanges' | 'onchangesmet'

/** @param fateOf of a `prereq`: what its target would do */
export function requisiteStatus(bonds: readonly Bond[], fateOf: (bond: Bond) => Fate): RequisiteStatus {
  const byKind = new Map<BondKind, Set<Sign>>()
  for (const bond of bonds) {
    const signs = byKind.get(bond.kind) ?? new Set<Sign>()
    byKind.set(bond.kind, signs)
    const sign = signOf(bond.kind, fateOf(bond))
    if (sign !== undefined) signs.add(sign)
  }
  const all = new Set<Sign>()
  for (const [kind, signs] of byKind) {
    reconcile(kind, signs)
    for (const sign of signs) all.add(sign)
  }
  return statusOf(all)
}

function signOf(kind: BondKind, { result, hasChanged, hasRun }: Fate): Sign | undefined {
  const isOnfail = kind.startsWith('onfail')
  if (isOnfail && result === true) return 'onfail'
  if (!isOnfail && result === false) return 'fail'
  if (kind.startsWith('onchanges')) return hasChanged ? 'onchangesmet' : 'onchanges'
  if (kind.startsWith('watch') && hasChanged) return 'change'
  if (kind === 'prereq') return result === null ? 'premet' : 'pre'
  return hasRun ? 'met' : undefined
}

/** One that is well is enough for `_any`; one that has failed is enough for `onfail`. */
function reconcile(kind: BondKind, signs: Set<Sign>): void {
  if (kind.endsWith('_any') || kind === 'onfail') {
    if (signs.has('met') || signs.has('change')) signs.delete('fail')
    if (signs.has('onchangesmet')) {
      signs.delete('onchanges')
      signs.delete('fail')
    }
    if (signs.has('met')) signs.delete('onfail')
  }
  if (kind.endsWith('_all') && signs.has('onfail')) signs.delete('met')
}

function statusOf(signs: ReadonlySet<Sign>): RequisiteStatus {
  if (signs.has('fail')) return 'fail'
  if (signs.has('pre')) return signs.has('premet') ? 'met' : 'pre'
  if (signs.has('onfail') && !signs.has('onchangesmet')) return 'onfail'
  if (signs.has('onchanges') && !signs.has('onchangesmet')) return 'onchanges'
  if (signs.has('change')) return 'change'
  return signs.has('onfail') ? 'onfail' : 'met'
}
