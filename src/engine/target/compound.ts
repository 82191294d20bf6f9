/** Compound targets: `G@os:Debian and ( web* or E@^db\d+ ) and not L@db1,db2`. */
import { SaltError } from '../../base/errors.ts'
import { quoted } from '../../base/text.ts'
import { compoundEngines, type Matcher } from './matcher.ts'

type Engine = keyof typeof compoundEngines
/** Compiles an atom, or answers with the words that stand in its place (a nodegroup). */
export type CompileAtom = (
  engine: Engine | undefined,
  pattern: string,
  delimiter: string | undefined,
) => Matcher | { readonly words: readonly string[] }

interface Word {
  readonly text: string
  /** Counted from 1, in characters of the whole text. */
  readonly position: number
}

const atomPattern = /^([A-Z])(.?)@(.*)$/su
const enginesWithDelimiter = 'GPIJ'
const maximumWords = 10_000
/** Groups within groups could multiply without end. */
const maximumAtoms = 20_000
const maximumDepth = 100

/**
 * `not` binds closer than `and`, `and` closer than `or`; two atoms need an operator between them, but `a not b` means `a and not b`.
 * A parenthesis may stand alone or touch an atom. Throws `bad-target` with the position of the fault.
 */
export function compileCompound(target: string | readonly string[], compileAtom: CompileAtom): Matcher {
  const words = typeof target === 'string' ? splitText(target) : splitList(target)
  if (words.length > maximumWords) throw new SaltError('bad-target', `the target has more than ${maximumWords} words`)
  const length = typeof target === 'string' ? target.length : target.join(' ').length
  return new Parser(words, length + 1, compileAtom, [], { left: maximumAtoms }).parse()
}

function splitText(text: string): Word[] {
  return [...text.matchAll(/\S+/g)].flatMap((match) => peelParentheses({ text: match[0], position: match.index + 1 }))
}

function splitList(list: readonly string[]): Word[] {
  let position = 1
  return list.map((text) => {
    const word = { text, position }
    position += text.length + 1
    return word
  })
}

/** `(web*` and `db*)` are words with a parenthesis; `E@(web|db)` is one word, because its parentheses are balanced. */
function peelParentheses({ text, position }: Word): Word[] {
  const front: Word[] = []
  const back: Word[] = []
  let from = 0
  let to = text.length
  while (from < to && text[from] === '(') front.push({ text: '(', position: position + from++ })
  while (from < to && text[to - 1] === ')' && closesMore(text.slice(from, to))) {
    back.unshift({ text: ')', position: position + --to })
  }
  const middle = from < to ? [{ text: text.slice(from, to), position: position + from }] : []
  return [...front, ...middle, ...back]
}

function closesMore(text: string): boolean {
  const plain = text.replace(/\\./g, '')
  return plain.split(')').length > plain.split('(').length && plain.endsWith(')')
}

class Parser {
  readonly #words: readonly Word[]
  readonly #end: number
  readonly #compileAtom: CompileAtom
  readonly #groups: readonly string[]
  readonly #budget: { left: number }
  #at = 0
  #depth = 0

  constructor(
    words: readonly Word[],
    end: number,
    compileAtom: CompileAtom,
    groups: readonly string[],
    budget: { left: number },
  ) {
    this.#words = words
    this.#end = end
    this.#compileAtom = compileAtom
    this.#groups = groups
    this.#budget = budget
  }

  parse(): Matcher {
    const matcher = this.#or()
    const left = this.#words[this.#at]
    if (left) throw this.#fault(left, left.text === ')' ? 'closes nothing' : 'follows without and, or')
    return matcher
  }

  #or(): Matcher {
    const parts = [this.#and()]
    while (this.#take('or')) parts.push(this.#and())
    return combine(parts, (minion) => parts.some((part) => part.matches(minion)))
  }

  #and(): Matcher {
    const parts = [this.#not()]
    while (this.#take('and') || this.#words[this.#at]?.text === 'not') parts.push(this.#not())
    return combine(parts, (minion) => parts.every((part) => part.matches(minion)))
  }

  #not(): Matcher {
    if (!this.#take('not')) return this.#primary()
    this.#enter()
    const inner = this.#not()
    this.#depth--
    return {
      matches: (minion) => !inner.matches(minion),
      minionsOnlyById: inner.minionsOnlyById,
      usesPillar: inner.usesPillar,
    }
  }

  #primary(): Matcher {
    const word = this.#words[this.#at]
    if (!word) throw this.#fault(undefined, 'a minion is missing')
    if (word.text === 'and' || word.text === 'or' || word.text === ')')
      throw this.#fault(word, 'stands where a minion is expected')
    this.#at++
    if (word.text !== '(') return this.#atom(word)
    this.#enter()
    const inner = this.#or()
    this.#depth--
    if (!this.#take(')')) throw this.#fault(word, 'is never closed')
    return inner
  }

  #atom(word: Word): Matcher {
    const [, letter, delimiter = '', pattern = ''] = atomPattern.exec(word.text) ?? []
    if (letter === undefined) return this.#compiled(word, undefined, word.text, undefined)
    const engine = isEngine(letter) ? letter : undefined
    if (engine === undefined || (delimiter !== '' && !enginesWithDelimiter.includes(engine))) {
      // `A1@host` may well be an id; `X@host` with nothing between can only be a slip.
      if (delimiter !== '') return this.#compiled(word, undefined, word.text, undefined)
      throw this.#fault(word, `has no known type; the types are ${Object.keys(compoundEngines).join('@, ')}@`)
    }
    if (pattern === '') throw this.#fault(word, 'has no value behind the @')
    return this.#compiled(word, engine, pattern, delimiter === '' ? undefined : delimiter)
  }

  #compiled(word: Word, engine: Engine | undefined, pattern: string, delimiter: string | undefined): Matcher {
    if (--this.#budget.left < 0) throw new SaltError('bad-target', `the target has more than ${maximumAtoms} parts`)
    let atom: ReturnType<CompileAtom>
    try {
      atom = this.#compileAtom(engine, pattern, delimiter)
    } catch (thrown) {
      if (!(thrown instanceof SaltError)) throw thrown
      throw this.#fault(word, `cannot be used: ${thrown.message}`, thrown)
    }
    if (!('words' in atom)) return atom
    if (this.#groups.includes(pattern))
      throw this.#fault(word, `contains itself (${[...this.#groups, pattern].join(' → ')})`)
    const words = atom.words.flatMap((text) => peelParentheses({ text, position: word.position }))
    return new Parser(words, word.position, this.#compileAtom, [...this.#groups, pattern], this.#budget).parse()
  }

  #take(text: string): boolean {
    if (this.#words[this.#at]?.text !== text) return false
    this.#at++
    return true
  }

  #enter(): void {
    if (++this.#depth > maximumDepth) throw new SaltError('bad-target', 'the target is nested too deeply')
  }

  /** @param inner what is wrong within the word. It may count characters of its own, so ours stand before it. */
  #fault(word: Word | undefined, reason: string, inner?: SaltError): SaltError {
    const subject = word ? quoted(word.text) : 'at the end'
    const place = `(character ${word?.position ?? this.#end})`
    const told = inner === undefined ? `${subject} ${reason} ${place}` : `${subject} ${place} ${reason}`
    const options =
      inner === undefined ? {} : { cause: inner, ...(inner.hint === undefined ? {} : { hint: inner.hint }) }
    return new SaltError('bad-target', `the target cannot be understood: ${told}`, options)
  }
}

function isEngine(letter: string): letter is Engine {
  return Object.hasOwn(compoundEngines, letter)
}

function combine(parts: readonly Matcher[], matches: Matcher['matches']): Matcher {
  const [only] = parts
  if (only && parts.length === 1) return only
  return {
    matches,
    minionsOnlyById: parts.every((part) => part.minionsOnlyById),
    usesPillar: parts.some((part) => part.usesPillar),
  }
}
