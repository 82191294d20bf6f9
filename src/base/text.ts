/** Small helpers for text shown to people. */

/**
 * The candidates that look most like a mistyped `word`, best first.
 *
 * Only near ones count: at most a third of the word's length in edits (a swap of neighbors is one edit), at least one.
 * A candidate that starts with the word, or the other way round, counts as near too.
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = word.toLowerCase()
  const bound = Math.max(1, Math.floor(wanted.length / 3))
  const scored: { candidate: string; distance: number }[] = []
  for (const candidate of candidates) {
    const other = candidate.toLowerCase()
    const distance = editDistance(wanted, other, bound)
    if (distance <= bound) scored.push({ candidate, distance })
    else if (wanted.length >= 3 && (other.startsWith(wanted) || (other.length >= 3 && wanted.startsWith(other)))) {
      scored.push({ candidate, distance: bound + 1 })
    }
  }
  scored.sort((a, b) => a.distance - b.distance || compareText(a.candidate, b.candidate))
  return scored.slice(0, limit).map((entry) => entry.candidate)
}

/** Optimal string alignment distance; gives up with a number above `bound` as soon as it must exceed it. */
export function editDistance(a: string, b: string, bound = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) > bound) return bound + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    let best = row
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      let value = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + cost)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        value = Math.min(value, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(value)
      best = Math.min(best, value)
    }
    if (best > bound) return bound + 1
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}

/** Puts `prefix` before every line that is not empty. */
export function indent(text: string, prefix: string): string {
  return text.replace(/^(?=[^\n])/gm, prefix)
}

/** `1 minion`, `2 minions`. */
export function plural(count: number, word: string, many = `${word}s`): string {
  return `${count} ${count === 1 ? word : many}`
}

const longestQuote = 120

/** Text in double quotes for a message; only the beginning of a long one. */
export function quoted(text: string): string {
  return JSON.stringify(text.length <= longestQuote ? text : `${text.slice(0, longestQuote)}…`)
}

/** A long text without its middle, `longest` characters and a note of how many are missing. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text
  const end = Math.floor(longest / 4)
  const start = longest - end
  return `${text.slice(0, start)} … (${text.length - longest} characters) … ${text.slice(-end)}`
}

/** Orders text by code points, as Python's `sorted` does (JavaScript's default order differs above U+FFFF). */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left === right) continue
    const leftSurrogate = left >= 0xd800 && left <= 0xdfff
    const rightSurrogate = right >= 0xd800 && right <= 0xdfff
    if (leftSurrogate !== rightSurrogate) return leftSurrogate ? 1 : -1
    return left - right
  }
  return a.length - b.length
}

/** ` Did you mean 'a' or 'b'?` for a list of near words; empty text for an empty list. */
export function didYouMean(words: readonly string[]): string {
  if (words.length === 0) return ''
  const quoted = words.map((word) => `'${word}'`)
  const last = quoted.pop() ?? ''
  return ` Did you mean ${quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`}?`
}
