/** The order of Arch Linux's versions, as pacman's `vercmp` tells it. */
import { byParts, compareSegments, type Order, orderOf } from './version-order.ts'

export const compareArchVersions = byParts(compareLabels)

interface Segment {
  readonly separator: string
  readonly text: string
}

function segmentsOf(text: string): Segment[] {
  return [...text.matchAll(/([^A-Za-z0-9]*)(\d+|[A-Za-z]+)/g)].map(([, separator = '', segment = '']) => ({
    separator,
    text: segment,
  }))
}

function compareLabels(left: string, right: string): Order {
  const a = segmentsOf(left)
  const b = segmentsOf(right)
  for (let index = 0; ; index++) {
    const one = a[index]
    const other = b[index]
    if (one === undefined && other === undefined) return 0
    if (one === undefined || other === undefined)
      return one === undefined ? endAgainst(other) : opposite(endAgainst(one))
    if (index > 0 && one.separator.length !== other.separator.length) {
      return orderOf(one.separator.length - other.separator.length)
    }
    const order = compareSegments(one.text, other.text)
    if (order !== 0) return order
  }
}

/** Letters that nothing separates name what comes before a release: `1.0rc` is older than `1.0`. */
function endAgainst(segment: Segment | undefined): Order {
  return segment !== undefined && segment.separator === '' && /^[A-Za-z]/.test(segment.text) ? 1 : -1
}

function opposite(order: Order): Order {
  return order === 0 ? 0 : order < 0 ? 1 : -1
}
