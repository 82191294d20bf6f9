/** Range expressions without a range server: `web[01-20].example.com,db1..4,-web07.example.com`. */
import { SaltError } from '../../base/errors.ts'
import { quoted } from '../../base/text.ts'

const maximumHosts = 100_000
const maximumParts = 64

/** The ids that an expression names. Throws `bad-target` for a cluster (`%name`), an open bracket, or too many hosts. */
export function expandRange(expression: string): Set<string> {
  const ids = new Set<string>()
  for (const { text, position } of splitTerms(expression)) {
    const remove = text.startsWith('-')
    const term = remove ? text.slice(1) : text
    if (/[%@&{}()]/.test(term)) {
      throw new SaltError('bad-target', `the range ${quoted(term)} (character ${position}) needs a range server`, {
        hint: 'Only lists of hosts and of numbers are known here: web[01-20],db1..4,-web07',
      })
    }
    for (const id of expandTerm(term, position)) {
      if (remove) ids.delete(id)
      else ids.add(id)
      if (ids.size > maximumHosts) throw tooMany()
    }
  }
  return ids
}

function splitTerms(expression: string): { text: string; position: number }[] {
  const terms: { text: string; position: number }[] = []
  let start = 0
  let depth = 0
  for (let at = 0; at <= expression.length; at++) {
    const character = expression[at]
    if (character === '[') depth++
    if (character === ']') depth--
    if (at < expression.length && (character !== ',' || depth > 0)) continue
    const text = expression.slice(start, at).trim()
    if (text !== '') terms.push({ text, position: start + 1 })
    start = at + 1
  }
  if (terms.length === 0) throw new SaltError('bad-target', 'the range names no host')
  return terms
}

function expandTerm(term: string, position: number, depth = 0): string[] {
  if (depth > maximumParts) {
    throw new SaltError('bad-target', `a range has more than ${maximumParts} brackets (character ${position})`)
  }
  const open = term.indexOf('[')
  const dotted = findDotted(open === -1 ? term : term.slice(0, open))
  if (dotted !== undefined) {
    const { start, dots, end } = dotted
    const heads = numbers(term.slice(start, dots), term.slice(dots + 2, end))
    return joined(
      heads.map((number) => term.slice(0, start) + number),
      expandTerm(term.slice(end), position, depth + 1),
    )
  }
  const close = term.indexOf(']', open)
  if (open === -1 && close === -1) return [term]
  if (open === -1 || close === -1) {
    throw new SaltError('bad-target', `a bracket has no partner in the range ${quoted(term)} (character ${position})`)
  }
  const heads = term
    .slice(open + 1, close)
    .split(',')
    .flatMap((part) => expandPart(part.trim()))
  return joined(
    heads.map((part) => term.slice(0, open) + part),
    expandTerm(term.slice(close + 1), position, depth + 1),
  )
}

function joined(heads: readonly string[], tails: readonly string[]): string[] {
  if (heads.length * tails.length > maximumHosts) throw tooMany()
  return heads.flatMap((head) => tails.map((tail) => head + tail))
}

/** Where `1..20` begins, has its dots, and ends. */
function findDotted(text: string): { readonly start: number; readonly dots: number; readonly end: number } | undefined {
  for (let dots = text.indexOf('..'); dots !== -1; dots = text.indexOf('..', dots + 1)) {
    let start = dots
    while (isDigit(text[start - 1])) start -= 1
    let end = dots + 2
    while (isDigit(text[end])) end += 1
    if (start < dots && end > dots + 2) return { start, dots, end }
  }
  return undefined
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

function expandPart(part: string): string[] {
  const match = /^(\d+)(?:-|\.\.)(\d+)$/.exec(part)
  return match ? numbers(match[1] ?? '', match[2] ?? '') : [part]
}

/** `08`, `11` → 08, 09, 10, 11: as wide as the first one is written. */
function numbers(from: string, to: string): string[] {
  const count = Number(to) - Number(from) + 1
  if (count > maximumHosts || from.length > 15 || to.length > 15) throw tooMany()
  return Array.from({ length: Math.max(0, count) }, (_, at) => String(Number(from) + at).padStart(from.length, '0'))
}

function tooMany(): SaltError {
  return new SaltError('bad-target', `a range names more than ${maximumHosts} hosts`)
}
