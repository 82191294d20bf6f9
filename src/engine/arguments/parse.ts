/** Command-line words to the argument list of a job, and back to positional and keyword arguments. */
import { isRecord } from '../../base/narrow.ts'
import { isJid } from '../jobs/jid.ts'
import { parseWord } from './word.ts'

/** Python's `\w` is letters, numbers and underscore; the first character is no digit. `a==b` is a comparison, not a keyword. */
const keywordPattern = /^([\p{L}\p{Nl}\p{No}_][\p{L}\p{N}_.-]*)=(?!=)([^\n]*)$/u

export interface ParseWordsOptions {
  /** Names of keyword arguments whose value stays text. */
  readonly noParse?: readonly string[]
}

export interface SplitArguments {
  readonly positional: readonly unknown[]
  readonly keyword: Readonly<Record<string, unknown>>
}

/**
 * The argument list for words as typed: positional values, then one mapping with `__kwarg__: true` when there are keywords.
 *
 * Values that are not text (from a peer or a gateway) pass as they are; mappings with `__kwarg__: true` among them are merged.
 * A whole number with the 20 digits of a job id becomes text when positional, because its last digits mean something.
 */
export async function parseWords(words: readonly unknown[], options: ParseWordsOptions = {}): Promise<unknown[]> {
  const positional: unknown[] = []
  const keywords: [string, unknown][] = []
  for (const word of words) {
    if (typeof word === 'string') {
      const pair = splitKeyword(word)
      if (!pair) positional.push(withoutJidNumber(await parseWord(word)))
      else keywords.push([pair.name, options.noParse?.includes(pair.name) ? pair.text : await parseWord(pair.text)])
    } else if (isKeywordMapping(word)) {
      keywords.push(...Object.entries(word).filter(([name]) => name !== '__kwarg__'))
    } else {
      positional.push(withoutJidNumber(word))
    }
  }
  return keywords.length === 0 ? positional : [...positional, joinKeywords(keywords)]
}

/** `name=text` taken apart, or undefined when the word is not a keyword argument. */
function splitKeyword(word: string): { readonly name: string; readonly text: string } | undefined {
  const match = keywordPattern.exec(word)
  return match?.[1] === undefined ? undefined : { name: match[1], text: match[2] ?? '' }
}

/** Takes the argument list of a job apart; later keywords win. */
export function splitKwargs(arg: readonly unknown[]): SplitArguments {
  const positional = arg.filter((item) => !isKeywordMapping(item))
  const entries = arg.filter(isKeywordMapping).flatMap((mapping) => Object.entries(mapping))
  return { positional, keyword: Object.fromEntries(entries.filter(([name]) => name !== '__kwarg__')) }
}

/** Arguments as a return and an event show them: keyword arguments without their mark. For several functions: a list each. */
export function shownArguments(fun: string | readonly string[], arg: readonly unknown[]): unknown[] {
  const shown = (items: readonly unknown[]): unknown[] =>
    items.map((item) => (isKeywordMapping(item) ? splitKwargs([item]).keyword : item))
  return typeof fun === 'string' ? shown(arg) : arg.map((one) => (Array.isArray(one) ? shown(one) : one))
}

// `fromEntries` makes own properties, so that a keyword named `__proto__` is data like any other.
function joinKeywords(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries([['__kwarg__', true], ...entries])
}

function isKeywordMapping(item: unknown): item is Record<string, unknown> {
  return isRecord(item) && Object.hasOwn(item, '__kwarg__') && item.__kwarg__ === true
}

function withoutJidNumber(item: unknown): unknown {
  return typeof item === 'bigint' && isJid(String(item)) ? String(item) : item
}
