/** The order of Debian's versions (Debian Policy 5.6.12). */
import { compareDigits, type Order, orderOf, splitVersion } from './version-order.ts'

export function compareDebianVersions(left: string, right: string): Order {
  const a = splitVersion(left)
  const b = splitVersion(right)
  return compareDigits(a.epoch, b.epoch) || compareParts(a.version, b.version) || compareParts(a.release, b.release)
}

/** Text and numbers in turn, beginning with text. */
function compareParts(left: string, right: string): Order {
  const a = partsOf(left)
  const b = partsOf(right)
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [one = '', other = ''] = [a[index], b[index]]
    const order = index % 2 === 0 ? compareTexts(one, other) : compareDigits(one, other)
    if (order !== 0) return order
  }
  return 0
}

function partsOf(text: string): string[] {
  return [...text.matchAll(/(\D*)(\d*)/g)].flatMap(([, letters = '', digits = '']) => [letters, digits])
}

function compareTexts(left: string, right: string): Order {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = orderOf(weight(left[index]) - weight(right[index]))
    if (order !== 0) return order
  }
  return 0
}

/** A tilde comes before the end, letters before everything else. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0
  if (character === '~') return -1
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256
}
