/** Where on a command line the cursor stands: what kind of word is wanted there. */
import { isOptionWord, OptionNames, type OptionPart, UsageFault } from '../normalize-words.ts'
import { type CommandSpec, type Offer, type OptionSpec, optionKey } from '../options/option.ts'

export interface Cursor {
  /** Options that stand before it, with the last value of each. */
  readonly given: ReadonlyMap<string, string>
  /** Words before it that are no options. */
  readonly operands: readonly string[]
  /** The option whose value is wanted. */
  readonly pending?: OptionSpec
  /** What belongs to the word but is not to be completed: `--out=`. */
  readonly prefix: string
  /** What is typed so far of the word behind the prefix. */
  readonly typed: string
  /** No options any more: a `--` stands before it. */
  readonly isAfterEnd: boolean
}

/** @param words of the command, the last one up to the cursor. Words that a parser would refuse are passed over. */
export function findCursor(spec: CommandSpec, words: readonly string[]): Cursor {
  const names = new OptionNames(spec)
  const given = new Map<string, string>()
  const operands: string[] = []
  const typed = words.at(-1) ?? ''
  let pending: OptionSpec | undefined
  let isAfterEnd = false
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) {
      given.set(optionKey(pending), word)
      pending = undefined
    } else if (isAfterEnd || (word !== '--' && !isOptionWord(word))) operands.push(word)
    else if (word === '--') isAfterEnd = true
    else {
      for (const { option, value } of partsOf(names, word)) {
        const isWhole = option.kind === 'flag' || option.implied !== undefined || value !== undefined
        if (isWhole) given.set(optionKey(option), value ?? '')
        else pending = option
      }
    }
  }
  const found = { given, operands, isAfterEnd }
  if (pending !== undefined) return { ...found, pending, prefix: '', typed }
  const assigned = isAfterEnd ? null : /^(--[^=]+=)([\s\S]*)$/.exec(typed)
  const [option] = assigned === null ? [] : partsOf(names, typed)
  if (assigned === null || option === undefined) return { ...found, prefix: '', typed }
  return { ...found, pending: option.option, prefix: assigned[1] ?? '', typed: assigned[2] ?? '' }
}

/** What may be offered for the value of an option. */
export function offerOf(option: OptionSpec): Offer {
  if (option.refused !== undefined) return []
  if (option.offers !== undefined) return option.offers
  if (option.choices !== undefined) return option.choices
  if (option.value === 'FILE') return 'files'
  return option.value === 'DIR' ? 'folders' : []
}

function partsOf(names: OptionNames, word: string): readonly OptionPart[] {
  try {
    return names.split(word)
  } catch (error) {
    if (error instanceof UsageFault) return []
    throw error
  }
}
