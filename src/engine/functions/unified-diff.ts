/**
 * Differences of texts as `diff -u` shows them, with the choices of Python's `difflib`: what Salt's functions and states
 * report as changes.
 */

export interface DiffNames {
  readonly from?: string
  readonly to?: string
  /** Equal lines to show around each change; 3 when left out. */
  readonly context?: number
}

/** Equal runs: the lines from `a` and from `b`, and how many. */
interface Block {
  readonly a: number
  readonly b: number
  readonly size: number
}

interface Change {
  readonly equal: boolean
  readonly a: readonly [start: number, end: number]
  readonly b: readonly [start: number, end: number]
}

const usualContext = 3
/** In a text of so many lines, those that make up more than a hundredth say nothing about where texts are alike. */
const popularFrom = 200

/** The difference of two lists of lines, which keep their line ends; empty where there is none. */
export function unifiedDiff(from: readonly string[], to: readonly string[], names: DiffNames = {}): string {
  const groups = groupsOf(changesOf(from, to), names.context ?? usualContext)
  if (groups.length === 0) return ''
  const head = `--- ${names.from ?? ''}\n+++ ${names.to ?? ''}\n`
  return head + groups.map((group) => shownGroup(group, from, to)).join('')
}

function shownGroup(group: readonly Change[], from: readonly string[], to: readonly string[]): string {
  const first = group[0]
  const last = group.at(-1)
  if (first === undefined || last === undefined) return ''
  const head = `@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@\n`
  const body = group.map(({ equal, a, b }) =>
    equal ? marked(' ', from.slice(...a)) : marked('-', from.slice(...a)) + marked('+', to.slice(...b)),
  )
  return head + body.join('')
}

function marked(sign: string, lines: readonly string[]): string {
  return lines.map((line) => sign + line).join('')
}

function range(start: number, end: number): string {
  const length = end - start
  if (length === 1) return String(start + 1)
  return `${length === 0 ? start : start + 1},${length}`
}

/** Changes with the lines around them; those that are near each other stand together. */
function groupsOf(changes: readonly Change[], context: number): Change[][] {
  const trimmed = changes.map((change, index) => {
    if (!change.equal) return change
    if (index === 0) return tail(change, context)
    return index === changes.length - 1 ? front(change, context) : change
  })
  const groups: Change[][] = []
  let group: Change[] = []
  for (const change of trimmed) {
    if (change.equal && change.a[1] - change.a[0] > 2 * context) {
      group.push(front(change, context))
      groups.push(group)
      group = [tail(change, context)]
    } else group.push(change)
  }
  groups.push(group)
  return groups.filter((candidate) => candidate.some(({ equal }) => !equal))
}

function front({ a, b }: Change, context: number): Change {
  const length = Math.min(a[1] - a[0], context)
  return { equal: true, a: [a[0], a[0] + length], b: [b[0], b[0] + length] }
}

function tail({ a, b }: Change, context: number): Change {
  const length = Math.min(a[1] - a[0], context)
  return { equal: true, a: [a[1] - length, a[1]], b: [b[1] - length, b[1]] }
}

function changesOf(from: readonly string[], to: readonly string[]): Change[] {
  const changes: Change[] = []
  let a = 0
  let b = 0
  for (const block of [...blocksOf(from, to), { a: from.length, b: to.length, size: 0 }]) {
    if (a < block.a || b < block.b) changes.push({ equal: false, a: [a, block.a], b: [b, block.b] })
    a = block.a + block.size
    b = block.b + block.size
    if (block.size > 0) changes.push({ equal: true, a: [block.a, a], b: [block.b, b] })
  }
  return changes
}

/** Matching runs in their order, each as long as it can be. */
function blocksOf(from: readonly string[], to: readonly string[]): Block[] {
  const places = placesOf(to)
  const open: (readonly [number, number, number, number])[] = [[0, from.length, 0, to.length]]
  const found: Block[] = []
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [aLow, aHigh, bLow, bHigh] = next
    const block = longestBlock(from, to, places, next)
    if (block.size === 0) continue
    found.push(block)
    if (aLow < block.a && bLow < block.b) open.push([aLow, block.a, bLow, block.b])
    const aEnd = block.a + block.size
    const bEnd = block.b + block.size
    if (aEnd < aHigh && bEnd < bHigh) open.push([aEnd, aHigh, bEnd, bHigh])
  }
  return merged(found.sort((left, right) => left.a - right.a || left.b - right.b))
}

function merged(blocks: readonly Block[]): Block[] {
  const result: Block[] = []
  for (const block of blocks) {
    const last = result.at(-1)
    if (last !== undefined && last.a + last.size === block.a && last.b + last.size === block.b) {
      result[result.length - 1] = { ...last, size: last.size + block.size }
    } else result.push(block)
  }
  return result
}

function placesOf(lines: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [index, line] of lines.entries()) {
    const known = places.get(line)
    if (known === undefined) places.set(line, [index])
    else known.push(index)
  }
  if (lines.length < popularFrom) return places
  const most = Math.floor(lines.length / 100) + 1
  for (const [line, indexes] of places) if (indexes.length > most) places.delete(line)
  return places
}

function longestBlock(
  from: readonly string[],
  to: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [aLow, aHigh, bLow, bHigh]: readonly [number, number, number, number],
): Block {
  let a = aLow
  let b = bLow
  let size = 0
  let lengths = new Map<number, number>()
  for (let index = aLow; index < aHigh; index++) {
    const next = new Map<number, number>()
    for (const place of places.get(from[index] ?? '') ?? []) {
      if (place < bLow) continue
      if (place >= bHigh) break
      const length = (lengths.get(place - 1) ?? 0) + 1
      next.set(place, length)
      if (length > size) {
        a = index - length + 1
        b = place - length + 1
        size = length
      }
    }
    lengths = next
  }
  // Lines that are too frequent to begin a run may still prolong it.
  while (a > aLow && b > bLow && from[a - 1] === to[b - 1]) {
    a--
    b--
    size++
  }
  while (a + size < aHigh && b + size < bHigh && from[a + size] === to[b + size]) size++
  return { a, b, size }
}
