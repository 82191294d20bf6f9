/** Range expressions without a range server: `web[01-20].example.com,db1..4,-web07.example.com`. */
import { SaltError } from '../../base/errors.ts'

const maximumHosts = 100_000

/** The ids that an expression names. Throws `bad-target` for a cluster (`%name`), an open bracket, or too many hosts. */
export function expandRange(expression: string): Set<string> {
  const ids = new Set<string>()
  for (const { text, position } of splitTerms(expression)) {
    const remove = text.startsWith('-')
    const term = remove ? text.slice(1) : text
    if (/[%@&{}()]/.test(term)) {
      throw new SaltError(
        'bad-target',
        `the range ${JSON.stringify(term)} (character ${position}) needs a range server`,
        {
          hint: 'Only lists of hosts and of numbers are known here: web[01-20],db1..4,-web07',
        },
      )
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

function expandTerm(term: string, position: number): string[] {
  const dotted = /^(.*?)(\d+)\.\.(\d+)(\D.*)?$/.exec(term)
  if (dotted)
    return numbers(dotted[2] ?? '', dotted[3] ?? '').map((number) => `${dotted[1]}${number}${dotted[4] ?? ''}`)
  const open = term.indexOf('[')
  const close = term.indexOf(']', open)
  if (open === -1 && !term.includes(']')) return [term]
  if (open === -1 || close === -1) {
    throw new SaltError(
      'bad-target',
      `a bracket has no partner in the range ${JSON.stringify(term)} (character ${position})`,
    )
  }
  const heads = term
    .slice(open + 1, close)
    .split(',')
    .flatMap((part) => expandPart(part.trim()))
    .map((part) => term.slice(0, open) + part)
  const tails = expandTerm(term.slice(close + 1), position)
  if (heads.length * tails.length > maximumHosts) throw tooMany()
  return heads.flatMap((head) => tails.map((tail) => head + tail))
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
