/** The order of RPM's versions, with `~` (before) and `^` (after) as rpm 4.15 knows them. */
import { compareText } from '../../../base/text.ts'
import { compareDigits, type Order, orderOf, splitVersion } from './version-order.ts'

/** A release counts only where both have one: `3.2` and `3.2-1` are the same. */
export function compareRpmVersions(left: string, right: string): Order {
  const a = splitVersion(left)
  const b = splitVersion(right)
  const order = compareDigits(a.epoch, b.epoch) || compareRpmLabels(a.version, b.version)
  if (order !== 0 || a.release === '' || b.release === '') return order
  return compareRpmLabels(a.release, b.release)
}

/** One version or one release. */
function compareRpmLabels(left: string, right: string): Order {
  const a = segmentsOf(left)
  const b = segmentsOf(right)
  for (let index = 0; ; index++) {
    const one = a[index]
    const other = b[index]
    if (one === undefined && other === undefined) return 0
    const order = compareSegments(one, other)
    if (order !== 0) return order
  }
}

function segmentsOf(text: string): string[] {
  return text.match(/\d+|[A-Za-z]+|~|\^/g) ?? []
}

function compareSegments(one: string | undefined, other: string | undefined): Order {
  if (one === '~' || other === '~') return one === other ? 0 : one === '~' ? -1 : 1
  if (one === undefined) return -1
  if (other === undefined) return 1
  if (one === '^' || other === '^') return one === other ? 0 : one === '^' ? -1 : 1
  const digits = /^\d/.test(one)
  if (digits !== /^\d/.test(other)) return digits ? 1 : -1
  return digits ? compareDigits(one, other) : orderOf(compareText(one, other))
}
