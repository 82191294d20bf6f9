/** What the version orders of all package managers have in common. */
import { compareText } from '../../../base/text.ts'

/** -1: the left is older, 0: they count as the same, 1: the left is newer. */
export type Order = -1 | 0 | 1

export type CompareVersions = (left: string, right: string) => Order

export function orderOf(difference: number): Order {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0
}

/** Numbers of any length, without regard to leading zeros. */
export function compareDigits(left: string, right: string): Order {
  const a = left.replace(/^0+/, '')
  const b = right.replace(/^0+/, '')
  if (a.length !== b.length) return orderOf(a.length - b.length)
  return a === b ? 0 : a < b ? -1 : 1
}

export function withoutEpoch(version: string): string {
  return version.slice(version.indexOf(':') + 1)
}

/** `2:1.0-3` → epoch `2` (`0` where there is none), version `1.0`, release `3` (empty where there is none). */
export function splitVersion(text: string): {
  readonly epoch: string
  readonly version: string
  readonly release: string
} {
  const [, epoch = '0', rest = ''] = /^(?:(\d*):)?(.*)$/s.exec(text.trim()) ?? []
  const dash = rest.lastIndexOf('-')
  return dash < 0
    ? { epoch: epoch || '0', version: rest, release: '' }
    : { epoch: epoch || '0', version: rest.slice(0, dash), release: rest.slice(dash + 1) }
}

/**
 * The order of whole versions, from that of a version and of a release alone. Releases count only where both have one: `3.2` and
 * `3.2-1` are the same.
 */
export function byParts(compareLabels: CompareVersions): CompareVersions {
  return (left, right) => {
    const a = splitVersion(left)
    const b = splitVersion(right)
    const order = compareDigits(a.epoch, b.epoch) || compareLabels(a.version, b.version)
    return order !== 0 || a.release === '' || b.release === '' ? order : compareLabels(a.release, b.release)
  }
}

/** Parts of a version that are digits or letters: digits are newer. */
export function compareSegments(one: string, other: string): Order {
  const digits = /^\d/.test(one)
  if (digits !== /^\d/.test(other)) return digits ? 1 : -1
  return digits ? compareDigits(one, other) : orderOf(compareText(one, other))
}

const meanings: Readonly<Record<string, (order: Order) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '=': (order) => order === 0,
  '==': (order) => order === 0,
  '>=': (order) => order >= 0,
  '>': (order) => order > 0,
  '!=': (order) => order !== 0,
}

export interface VersionCondition {
  readonly operator: string
  readonly version: string
}

/** `>=1.2` and the like; undefined for a plain version. */
export function parseCondition(text: string): VersionCondition | undefined {
  const match = /^\s*([<>]=?|!=)\s*([^\s,]+)\s*$/.exec(text)
  return match === null ? undefined : { operator: match[1] ?? '', version: match[2] ?? '' }
}

/** `>=1.2,<2`: all of the conditions; undefined for a plain version. */
export function parseConditions(text: string): readonly VersionCondition[] | undefined {
  const parts = text.split(',').map(parseCondition)
  return parts.every((part) => part !== undefined) ? parts : undefined
}

/** Whether a version is what the condition asks for. */
function holdsFor({ operator, version }: VersionCondition, candidate: string, compare: CompareVersions): boolean {
  return (meanings[operator] ?? (() => false))(compare(candidate, version))
}

/** The newest of the candidates for which all conditions hold. */
export function chooseVersion(
  conditions: readonly VersionCondition[],
  candidates: readonly string[],
  compare: CompareVersions,
): string | undefined {
  return candidates
    .filter((candidate) => conditions.every((condition) => holdsFor(condition, candidate, compare)))
    .sort((a, b) => compare(b, a))
    .at(0)
}
