/**
 * Python's regular expressions as JavaScript's with the `u` flag, and a bound on their cost.
 *
 * Differences that matter: `\A` and `\Z`, `(?P<name>…)`, `(?P=name)`, leading flags such as `(?i)`, `\d \w \s` over all of
 * Unicode, a brace that is not a repetition, and escapes of ordinary characters.
 */
import { SaltError } from '../../base/errors.ts'
import { quoted } from '../../base/text.ts'

export interface Translation {
  readonly source: string
  /** `i` where case does not count; what Python's other flags mean is in the source. */
  readonly flags: string
  readonly cost: Cost
}

/** Flags from beside the pattern, as Python's `flags=` gives them. */
export interface PatternFlags {
  readonly ignoreCase?: boolean
  readonly multiline?: boolean
  readonly dotAll?: boolean
  /** White space and comments in the pattern do not count. */
  readonly verbose?: boolean
}

/** A match that fails may take up to `choices × length ^ degree` steps. */
export interface Cost {
  readonly choices: number
  readonly degree: number
}

interface Part {
  readonly source: string
  readonly cost: Cost
}

const classEscapes: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: '\\p{L}\\p{N}_',
  s: '\\s\\x1c-\\x1f\\x85',
}
const outsideEscapes: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: '[\\p{L}\\p{N}_]',
  W: '[^\\p{L}\\p{N}_]',
  s: '[\\s\\x1c-\\x1f\\x85]',
  S: '[^\\s\\x1c-\\x1f\\x85]',
  // The edge of a word, by Unicode's letters: JavaScript's own knows those of ASCII.
  b: '(?:(?<=[\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_])|(?<![\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_]))',
  B: '(?:(?<=[\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_])|(?<![\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_]))',
  A: '(?<![^])',
  Z: '(?![^])',
  a: '\\x07',
}
/** Escapes that both dialects share as they are. */
const sharedEscapes = 'bBfnrtv^$\\.*+?()[]{}|/'
const syntaxCharacters = /[\^$\\.*+?()[\]{}|/]/
const free: Cost = { choices: 1, degree: 0 }
const unbounded: Cost = { choices: Number.POSITIVE_INFINITY, degree: 0 }
const maximumDepth = 100

export function translatePattern(pattern: string, given: PatternFlags = {}): Translation {
  const leading = /^\(\?([aimsuLx]+)\)/.exec(pattern)
  const letters = leading?.[1] ?? ''
  if (letters.includes('L')) {
    throw new SaltError(
      'bad-target',
      `the flag in ${quoted(leading?.[0] ?? '')} is not supported in a regular expression`,
    )
  }
  const body = pattern.slice(leading?.[0].length ?? 0)
  const verbose = given.verbose === true || letters.includes('x')
  const translator = new Translator(verbose ? withoutSpace(body) : body, pattern, {
    multiline: given.multiline === true || letters.includes('m'),
    dotAll: given.dotAll === true || letters.includes('s'),
  })
  const { source, cost } = translator.whole()
  return { source, cost, flags: given.ignoreCase === true || letters.includes('i') ? 'i' : '' }
}

/** A pattern of Python's verbose kind, without the white space and the comments that do not count. */
function withoutSpace(pattern: string): string {
  const parts = pattern.matchAll(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\s+|#[^\n]*|[\s\S]/g)
  return Array.from(parts, ([part]) => (/^(?:\s|#)/.test(part) ? '' : part)).join('')
}

interface Scope {
  readonly multiline: boolean
  readonly dotAll: boolean
}

class Translator {
  readonly #pattern: string
  readonly #characters: readonly string[]
  readonly #offset: number
  #scope: Scope
  #at = 0
  #depth = 0

  /** `shown` is the whole pattern, for messages. */
  constructor(pattern: string, shown: string, scope: Scope) {
    this.#pattern = shown
    this.#characters = [...pattern]
    this.#offset = /^\(\?[aimsuLx]+\)/.exec(shown)?.[0].length ?? 0
    this.#scope = scope
  }

  whole(): Part {
    const part = this.#alternatives()
    if (this.#at < this.#characters.length) throw this.#fault('a closing parenthesis has no opening one')
    return part
  }

  #alternatives(): Part {
    if (++this.#depth > maximumDepth) throw this.#fault('groups are nested too deeply')
    const branches = [this.#sequence()]
    while (this.#peek() === '|') {
      this.#at++
      branches.push(this.#sequence())
    }
    this.#depth--
    const choices = branches.reduce((sum, branch) => sum + branch.cost.choices, 0)
    const degree = Math.max(...branches.map((branch) => branch.cost.degree))
    return { source: branches.map((branch) => branch.source).join('|'), cost: { choices, degree } }
  }

  #sequence(): Part {
    let source = ''
    let cost = free
    while (this.#at < this.#characters.length && this.#peek() !== '|' && this.#peek() !== ')') {
      const part = this.#repeated(this.#atom())
      source += part.source
      cost = { choices: cost.choices * part.cost.choices, degree: cost.degree + part.cost.degree }
    }
    return { source, cost }
  }

  #atom(): Part {
    const character = this.#next()
    if (character === '(') return this.#group()
    if (character === '[') return { source: this.#set(), cost: free }
    if (character === '\\') return this.#escape()
    if (character === '*' || character === '+' || character === '?') throw this.#fault('nothing to repeat', -1)
    // Only a line feed ends a line in Python; with the flags of JavaScript other characters do too.
    if (character === '$') return { source: this.#scope.multiline ? '(?![^\\n])' : '(?=\\n?(?![^]))', cost: free }
    if (character === '^') return { source: this.#scope.multiline ? '(?<![^\\n])' : '^', cost: free }
    if (character === '.') return { source: this.#scope.dotAll ? '[^]' : '[^\\n]', cost: free }
    return { source: literal(character), cost: free }
  }

  #group(): Part {
    const start = this.#at - 1
    const rest = this.#characters.slice(this.#at, this.#at + 80).join('')
    const back = /^\?P=(\w+)\)/.exec(rest)
    if (back) {
      this.#at += back[0].length
      return { source: `\\k<${back[1]}>`, cost: unbounded }
    }
    if (/^\?#/.test(rest)) return this.#comment()
    const named = /^\?P<(\w+)>/.exec(rest)
    const opening = named ?? /^\?(?:[ims]*(?:-[ims]+)?:|=|!|<=|<!)/.exec(rest)
    if (!opening && rest.startsWith('?')) throw this.#fault('this kind of group is not supported', -1)
    this.#at += opening?.[0].length ?? 0
    const outer = this.#scope
    const flags = /^\?([ims]*)(-[ims]+)?:/.exec(opening?.[0] ?? '')
    if (flags !== null) this.#scope = scopeWithin(outer, flags[1] ?? '', flags[2] ?? '')
    const inner = this.#alternatives()
    this.#scope = outer
    if (this.#peek() !== ')') {
      this.#at = start
      throw this.#fault('a group is not closed')
    }
    this.#at++
    const plain = flags === null ? (opening?.[0] ?? '') : caseFlag(flags[1] ?? '', flags[2] ?? '')
    const open = named ? `(?<${named[1]}>` : `(${plain}`
    return { source: `${open}${inner.source})`, cost: inner.cost }
  }

  #comment(): Part {
    const end = this.#characters.indexOf(')', this.#at)
    if (end === -1) throw this.#fault('a comment is not closed', -1)
    this.#at = end + 1
    return { source: '(?:)', cost: free }
  }

  #repeated(atom: Part): Part {
    const repetition = this.#repetition()
    if (!repetition) return atom
    if (this.#repetition()) throw this.#fault('a repetition is repeated', -1)
    const single = atom.cost.choices === 1 && atom.cost.degree === 0
    const cost = !single && repetition.most > 1 ? unbounded : repeatCost(atom.cost, repetition)
    return { source: `${atom.source}${repetition.source}`, cost }
  }

  #repetition(): Repetition | undefined {
    const rest = this.#characters.slice(this.#at, this.#at + 24).join('')
    const match = /^(?:[*+?]|\{(\d*)(,?)(\d*)\})\??/.exec(rest)
    if (!match || (rest.startsWith('{') && !match[1] && !match[3])) return undefined
    this.#at += match[0].length
    const lazy = match[0].length > 1 && match[0].endsWith('?') ? '?' : ''
    if (!rest.startsWith('{'))
      return { source: match[0], most: rest[0] === '?' ? 1 : Number.POSITIVE_INFINITY, least: 0 }
    const least = Number(match[1] || 0)
    const most = match[2] ? Number(match[3] || Number.POSITIVE_INFINITY) : least
    return { source: `{${least}${match[2]}${match[3]}}${lazy}`, least, most }
  }

  #escape(): Part {
    const character = this.#next()
    const known = outsideEscapes[character]
    if (known !== undefined) return { source: known, cost: free }
    if (/[1-9]/.test(character)) {
      const more = /\d/.test(this.#peek()) ? this.#next() : ''
      return { source: `(?:\\${character}${more})`, cost: unbounded }
    }
    return { source: this.#plainEscape(character), cost: free }
  }

  #plainEscape(character: string): string {
    if (character === '') throw this.#fault('it ends with a backslash')
    if (sharedEscapes.includes(character)) return `\\${character}`
    const width = { x: 2, u: 4, U: 8 }[character]
    if (width !== undefined) {
      const digits = this.#characters.slice(this.#at, this.#at + width).join('')
      if (!new RegExp(`^[0-9a-fA-F]{${width}}$`).test(digits))
        throw this.#fault(`\\${character} needs ${width} digits`, -1)
      this.#at += width
      return `\\u{${digits.replace(/^0+(?=.)/, '')}}`
    }
    if (character === '0') return '\\x00'
    if (/[A-Za-z]/.test(character)) throw this.#fault(`the escape \\${character} has no meaning`, -2)
    return literal(character)
  }

  #set(): string {
    const start = this.#at - 1
    let source = '['
    if (this.#peek() === '^') {
      source += '^'
      this.#at++
    }
    for (let first = true; ; first = false) {
      const character = this.#next()
      if (character === '') {
        this.#at = start
        throw this.#fault('a set is not closed')
      }
      if (character === ']' && !first) return `${source}]`
      source += this.#member(character)
    }
  }

  #member(character: string): string {
    if (character === '-') return this.#peek() === ']' || this.#characters[this.#at - 2] === '[' ? '\\-' : '-'
    if (character !== '\\') return literal(character)
    const escaped = this.#next()
    if (escaped === '-') return '\\-'
    if (escaped === 'b') return '\\x08'
    if (escaped === 'W' || escaped === 'S') throw this.#fault(`\\${escaped} inside a set is not supported`, -2)
    return classEscapes[escaped] ?? this.#plainEscape(escaped)
  }

  #peek(): string {
    return this.#characters[this.#at] ?? ''
  }

  #next(): string {
    return this.#characters[this.#at++] ?? ''
  }

  #fault(reason: string, offset = 0): SaltError {
    const place = Math.min(Math.max(this.#at + offset, 0), this.#characters.length) + this.#offset + 1
    const shown = quoted(this.#pattern)
    return new SaltError('bad-target', `the regular expression ${shown} is not valid: ${reason} (character ${place})`)
  }
}

function scopeWithin(outer: Scope, on: string, off: string): Scope {
  return {
    multiline: (outer.multiline || on.includes('m')) && !off.includes('m'),
    dotAll: (outer.dotAll || on.includes('s')) && !off.includes('s'),
  }
}

function caseFlag(on: string, off: string): string {
  return `?${on.includes('i') ? 'i' : ''}${off.includes('i') ? '-i' : ''}:`
}

interface Repetition {
  readonly source: string
  readonly least: number
  readonly most: number
}

function repeatCost(cost: Cost, { least, most }: Repetition): Cost {
  if (most === least) return cost
  if (most === 1) return { choices: cost.choices + 1, degree: cost.degree }
  return { choices: cost.choices, degree: cost.degree + 1 }
}

function literal(character: string): string {
  return syntaxCharacters.test(character) || character === '-'
    ? `\\u{${character.codePointAt(0)?.toString(16)}}`
    : character
}
