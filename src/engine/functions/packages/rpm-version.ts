/** The order of RPM's versions, with `~` (before) and `^` (after) as rpm 4.15 knows them. */
import { byParts, compareSegments, type Order } from './version-order.ts'

export const compareRpmVersions = byParts(compareRpmLabels)

/** One version or one release. */
function compareRpmLabels(left: string, right: string): Order {
  const a = segmentsOf(left)
  const b = segmentsOf(right)
  for (let index = 0; ; index++) {
    const one = a[index]
    const other = b[index]
    if (one === undefined && other === undefined) return 0
    const order = compareParts(one, other)
    if (order !== 0) return order
  }
}

function segmentsOf(text: string): string[] {
  return text.match(/\d+|[A-Za-z]+|~|\^/g) ?? []
}

function compareParts(one: string | undefined, other: string | undefined): Order {
  if (one === '~' || other === '~') return one === other ? 0 : one === '~' ? -1 : 1
  if (one === undefined) return -1
  if (other === undefined) return 1
  if (one === '^' || other === '^') return one === other ? 0 : one === '^' ? -1 : 1
  return compareSegments(one, other)
}
