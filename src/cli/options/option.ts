/** Options as data: parsing, `--help`, completion and the reference of commands come from the same tables. */

export type OptionKind = 'flag' | 'text' | 'integer' | 'list'

/**
 * What a shell can offer for a word: what there is of a kind, or these words. It is advice; other words may be right too.
 * `keys` are ids of minions whatever their state, `targets` those that are accepted.
 */
export type Offer =
  | 'targets'
  | 'functions'
  | 'runners'
  | 'wheel functions'
  | 'keys'
  | 'nodegroups'
  | 'jobs'
  | 'files'
  | 'folders'
  | readonly string[]

export interface OptionSpec {
  /** As typed, `-t` and `--timeout`; the first long one is what the code calls the option. */
  readonly names: readonly string[]
  /** `list` may be given several times. */
  readonly kind: OptionKind
  /** What stands for the value in the help. */
  readonly value?: string
  readonly doc: string
  readonly choices?: readonly string[]
  /** The value when the name stands alone; another one can then only be joined to it by `=`. */
  readonly implied?: string
  /** For the value, where neither `choices` nor the name of the value (FILE, DIR) says it. */
  readonly offers?: Offer
  /** Why the option of Salt cannot be used; it is refused with these words instead of being ignored. */
  readonly refused?: string
  /** Salt has no such option. */
  readonly isOurs?: true
}

export interface OptionGroup {
  readonly title: string
  readonly options: readonly OptionSpec[]
}

export interface Example {
  readonly line: string
  readonly doc: string
}

export interface CommandSpec {
  /** As typed: `salt key`. */
  readonly name: string
  /** What follows the name in the usage line. */
  readonly usage: string
  /** For the words that are no options, one by one; the last one for all that follow, and arguments behind a function. */
  readonly operands?: readonly Offer[]
  readonly about: string
  readonly groups: readonly OptionGroup[]
  readonly examples: readonly Example[]
}

/** `timeout` for `['-t', '--timeout']`. */
export function optionKey(option: OptionSpec): string {
  const long = option.names.find((name) => name.startsWith('--')) ?? option.names[0] ?? ''
  return long.replace(/^-+/, '')
}

export function flag(names: readonly string[], doc: string, more: Partial<OptionSpec> = {}): OptionSpec {
  return { names, kind: 'flag', doc, ...more }
}

export function text(names: readonly string[], value: string, doc: string, more: Partial<OptionSpec> = {}): OptionSpec {
  return { names, kind: 'text', value, doc, ...more }
}

export function integer(
  names: readonly string[],
  value: string,
  doc: string,
  more: Partial<OptionSpec> = {},
): OptionSpec {
  return { names, kind: 'integer', value, doc, ...more }
}
