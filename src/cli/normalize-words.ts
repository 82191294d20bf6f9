/**
 * Brings a command line into a form that leaves nothing to guess.
 *
 * Salt's parser lets a value follow its letter at once (`-ldebug`, `-b50%`), lets long names be cut short (`--time 5`) and takes
 * any next word as the value of an option that wants one (`--out-indent -1`).
 */
import { editDistance, nearest } from '../base/text.ts'
import { type CommandSpec, type OptionSpec, optionKey } from './options/option.ts'

/** More wrong letters than these are no slip of the finger. */
export const likelySlips = 2

/** A fault of the command line, told with the usage line. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault'
}

/** Words with every option as `--key` or `--key=value`. Throws UsageFault. */
export function normalizeWords(spec: CommandSpec, words: readonly string[]): string[] {
  const table = new OptionNames(spec)
  const result: string[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '--') return [...result, ...words.slice(index)]
    if (!isOptionWord(word)) {
      result.push(word)
      continue
    }
    for (const { name, option, value } of table.split(word)) {
      if (option.refused !== undefined) throw new UsageFault(`option ${name}: ${option.refused}`)
      if (option.kind === 'flag') result.push(`--${optionKey(option)}`)
      else {
        const given = value ?? option.implied ?? words[++index]
        if (given === undefined) throw new UsageFault(`${name} option requires 1 argument`)
        result.push(`--${optionKey(option)}=${given}`)
      }
    }
  }
  return result
}

/** Whether the word is read as options: `-` alone and negative numbers are not. */
export function isOptionWord(word: string): boolean {
  return /^-[^-]/.test(word) ? !/^-\d*\.?\d+$/.test(word) : /^--[^-]/.test(word)
}

export interface OptionPart {
  readonly name: string
  readonly option: OptionSpec
  readonly value?: string
}

/** The options of a command by what may be typed for them. */
export class OptionNames {
  readonly #byName = new Map<string, OptionSpec>()

  constructor(spec: CommandSpec) {
    for (const { options } of spec.groups) {
      for (const option of options) for (const name of option.names) this.#byName.set(name, option)
    }
  }

  /** Throws UsageFault. One part for a long option, one for each letter of `-vst5`. */
  split(word: string): OptionPart[] {
    if (!word.startsWith('--')) return this.#splitLetters(word.slice(1))
    const [, typed = '', value] = /^(--[^=]+)(?:=([\s\S]*))?$/.exec(word) ?? []
    const { name, option } = this.#long(typed)
    if (value === undefined) return [{ name, option }]
    if (option.kind === 'flag') throw new UsageFault(`${name} option does not take a value`)
    return [{ name, option, value }]
  }

  #splitLetters(letters: string): OptionPart[] {
    const parts: OptionPart[] = []
    for (const [index, letter] of [...letters].entries()) {
      const name = `-${letter}`
      const option = this.#byName.get(name)
      if (option === undefined) throw new UsageFault(`no such option: ${name}`)
      const rest = [...letters].slice(index + 1).join('')
      if (option.kind !== 'flag') return [...parts, rest === '' ? { name, option } : { name, option, value: rest }]
      parts.push({ name, option })
    }
    return parts
  }

  #long(typed: string): { name: string; option: OptionSpec } {
    const exact = this.#byName.get(typed)
    if (exact !== undefined) return { name: typed, option: exact }
    const begun = [...this.#byName].filter(([name]) => name.startsWith(typed))
    const [first] = begun
    if (first !== undefined && new Set(begun.map(([, option]) => option)).size === 1) {
      return { name: first[0], option: first[1] }
    }
    if (begun.length > 0) {
      throw new UsageFault(`ambiguous option: ${typed} (${begun.map(([name]) => name).join(', ')}?)`)
    }
    throw new UsageFault(`no such option: ${typed}${this.#suggestion(typed)}`)
  }

  /** On a line of its own, so that the first line is the one that Salt prints. */
  #suggestion(typed: string): string {
    const long = [...this.#byName].filter(([name, { refused }]) => name.startsWith('--') && refused === undefined)
    const near = nearest(
      typed,
      long.map(([name]) => name),
    ).filter((name) => editDistance(typed, name) <= likelySlips)
    return near.length === 0 ? '' : `\nDid you mean ${near.join(' or ')}?`
  }
}
