/** The order of Alpine's versions: `1.2.3b_rc1-r4` (apk's package specification). */
import { compareDigits, type Order, orderOf } from './version-order.ts'

/** Words after `_`, from the oldest to the newest; none at all stands between the two groups. */
const suffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p']

interface AlpineVersion {
  readonly numbers: readonly string[]
  readonly letter: string
  readonly suffixes: readonly (readonly [rank: number, number: string])[]
  readonly revision: string
}

const plainRank = suffixes.indexOf('')

function parse(text: string): AlpineVersion {
  const [, numbers = '0', letter = '', words = '', revision = '0'] =
    /^(\d+(?:\.\d+)*)([a-z]?)((?:_[a-z]+\d*)*)(?:~[0-9a-f]+)?(?:-r(\d+))?/.exec(text.trim()) ?? []
  return {
    numbers: numbers.split('.'),
    letter,
    suffixes: [...words.matchAll(/_([a-z]+)(\d*)/g)].map(([, word = '', number = '']) => [
      suffixes.indexOf(word),
      number,
    ]),
    revision,
  }
}

export function compareAlpineVersions(left: string, right: string): Order {
  const a = parse(left)
  const b = parse(right)
  return (
    compareNumbers(a.numbers, b.numbers) ||
    orderOf(a.letter === b.letter ? 0 : a.letter < b.letter ? -1 : 1) ||
    compareSuffixes(a.suffixes, b.suffixes) ||
    compareDigits(a.revision, b.revision)
  )
}

function compareNumbers(left: readonly string[], right: readonly string[]): Order {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const one = left[index]
    const other = right[index]
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1
    // After a point, a leading zero makes it a fraction: 1.05 is older than 1.1.
    const fraction = index > 0 && (one.startsWith('0') || other.startsWith('0'))
    const order = fraction ? orderOf(one === other ? 0 : one < other ? -1 : 1) : compareDigits(one, other)
    if (order !== 0) return order
  }
  return 0
}

function compareSuffixes(left: AlpineVersion['suffixes'], right: AlpineVersion['suffixes']): Order {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [rank, number] = left[index] ?? [plainRank, '']
    const [otherRank, otherNumber] = right[index] ?? [plainRank, '']
    const order = orderOf(rank - otherRank) || compareDigits(number, otherNumber)
    if (order !== 0) return order
  }
  return 0
}
