/**
 * Shell-style patterns with the meaning of Python's `fnmatch.fnmatchcase`: `*`, `?`, `[seq]`, `[!seq]`; case counts, `/` and a
 * leading dot are nothing special. Matching takes at most pattern length times text length steps.
 */

export interface Glob {
  readonly pattern: string
  /** False when the pattern has no wildcard, so that it equals exactly one text. */
  readonly hasWildcard: boolean
  matches(text: string): boolean
}

type Step =
  | { readonly kind: 'literal'; readonly character: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] }

export function compileGlob(pattern: string): Glob {
  const steps = parseSteps([...pattern])
  const hasWildcard = steps.some((step) => step.kind !== 'literal')
  if (!hasWildcard) {
    const literal = steps.map((step) => (step.kind === 'literal' ? step.character : '')).join('')
    return { pattern, hasWildcard, matches: (text) => text === literal }
  }
  if (pattern === '*') return { pattern, hasWildcard, matches: () => true }
  return { pattern, hasWildcard, matches: (text) => runSteps(steps, [...text]) }
}

export function matchGlob(pattern: string, text: string): boolean {
  return compileGlob(pattern).matches(text)
}

function parseSteps(characters: readonly string[]): Step[] {
  const steps: Step[] = []
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '*') {
      if (steps.at(-1)?.kind !== 'star') steps.push({ kind: 'star' })
    } else if (character === '?') steps.push({ kind: 'any' })
    else if (character === '[') {
      const end = findSetEnd(characters, at)
      if (end === undefined) steps.push({ kind: 'literal', character })
      else {
        steps.push(parseSet(characters.slice(at + 1, end)))
        at = end
      }
    } else steps.push({ kind: 'literal', character })
  }
  return steps
}

/** A `]` right after `[` or `[!` is a member of the set; without a closing one the bracket is an ordinary character. */
function findSetEnd(characters: readonly string[], open: number): number | undefined {
  let at = open + 1
  if (characters[at] === '!') at++
  if (characters[at] === ']') at++
  const end = characters.indexOf(']', at)
  return end === -1 ? undefined : end
}

function parseSet(inside: readonly string[]): Step {
  const negated = inside[0] === '!'
  const members = negated ? inside.slice(1) : inside
  const ranges: [string, string][] = []
  for (let at = 0; at < members.length; at++) {
    const from = members[at] ?? ''
    const to = members[at + 2]
    if (members[at + 1] === '-' && to !== undefined) {
      ranges.push([from, to])
      at += 2
    } else ranges.push([from, from])
  }
  return { kind: 'set', negated, ranges }
}

/** Goes back only to the last star: what an earlier one took cannot help a later one. */
function runSteps(steps: readonly Step[], text: readonly string[]): boolean {
  let step = 0
  let at = 0
  let starStep = -1
  let starAt = 0
  while (at < text.length) {
    const current = steps[step]
    if (current?.kind === 'star') {
      starStep = step++
      starAt = at
    } else if (current && accepts(current, text[at] ?? '')) {
      step++
      at++
    } else if (starStep >= 0) {
      step = starStep + 1
      at = ++starAt
    } else return false
  }
  while (steps[step]?.kind === 'star') step++
  return step === steps.length
}

function accepts(step: Step, character: string): boolean {
  if (step.kind === 'literal') return step.character === character
  if (step.kind !== 'set') return true
  return step.ranges.some(([from, to]) => isBetween(character, from, to)) !== step.negated
}

function isBetween(character: string, from: string, to: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return code >= (from.codePointAt(0) ?? 0) && code <= (to.codePointAt(0) ?? 0)
}
