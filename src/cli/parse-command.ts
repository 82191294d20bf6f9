/** From the words of a command line to checked values. */
import { terminalColumns } from './columns.ts'
import { helpText, usageLine } from './help-text.ts'
import { normalizeWords, UsageFault } from './normalize-words.ts'
import { type CommandSpec, type OptionSpec, optionKey } from './options/option.ts'

const usageExit = 64

/** The options that were given. */
export class OptionValues {
  readonly #values: ReadonlyMap<string, readonly string[] | true>

  constructor(values: ReadonlyMap<string, readonly string[] | true>) {
    this.#values = values
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  /** The last value given. */
  text(key: string): string | undefined {
    const given = this.#values.get(key)
    return given === undefined || given === true ? undefined : given.at(-1)
  }

  integer(key: string): number | undefined {
    const given = this.text(key)
    return given === undefined ? undefined : Number(given)
  }

  list(key: string): readonly string[] {
    const given = this.#values.get(key)
    return given === undefined || given === true ? [] : given
  }
}

export interface ParsedCommand {
  readonly options: OptionValues
  /** What is no option, in order. */
  readonly words: readonly string[]
}

/**
 * Parses a command line. Answers an exit code where all is said already: `--help`, `--version`, and 64 for a line that cannot be
 * understood, with the usage and the fault on stderr.
 */
export async function parseCommand(spec: CommandSpec, argv: readonly string[]): Promise<ParsedCommand | number> {
  try {
    const parsed = await parseWords(spec, argv)
    const { options } = parsed
    if (options.has('help')) return printHelp(spec)
    if (options.has('version')) {
      const { version } = await import('../base/build-info.ts')
      process.stdout.write(`${spec.name} ${version}\n`)
      return 0
    }
    if (options.has('versions-report')) return await (await import('./version.ts')).run(['--versions-report'])
    if (!options.has('args-stdin')) return parsed
    return await parseCommand(spec, [...argv.filter((word) => word !== '--args-stdin'), ...(await linesOfStdin())])
  } catch (error) {
    if (error instanceof UsageFault) return usageError(spec, error.message)
    throw error
  }
}

/** Tells what is wrong with the command line and answers the exit code for it. */
export function usageError(spec: CommandSpec, message: string): number {
  process.stderr.write(`${usageLine(spec)}\n${spec.name}: error: ${message}\n`)
  return usageExit
}

export function printHelp(spec: CommandSpec): number {
  process.stdout.write(helpText(spec, terminalColumns()))
  return 0
}

async function parseWords(spec: CommandSpec, argv: readonly string[]): Promise<ParsedCommand> {
  const known = spec.groups.flatMap(({ options }) => options)
  const words = normalizeWords(spec, argv)
  // Help, and what has no options at all, needs no parser.
  if (!words.some((word) => word.startsWith('-'))) return { options: new OptionValues(new Map()), words }
  if (endsEarly(words)) return { options: new OptionValues(new Map([['help', true]])), words: [] }
  const { Parser } = await import('yargs/helpers')
  const keysOf = (isFlag: boolean): string[] =>
    known.filter((option) => (option.kind === 'flag') === isFlag).map(optionKey)
  const parsed: Record<string, unknown> = Parser(words, {
    boolean: keysOf(true),
    string: keysOf(false),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    },
  })
  const values = new Map<string, readonly string[] | true>()
  for (const option of known) {
    const given = givenFor(option, parsed[optionKey(option)])
    if (given !== undefined) values.set(optionKey(option), given)
  }
  const { _: rest = [] } = parsed
  return { options: new OptionValues(values), words: Array.isArray(rest) ? rest.map(String) : [] }
}

function endsEarly(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return (end < 0 ? words : words.slice(0, end)).includes('--help')
}

function givenFor(option: OptionSpec, parsed: unknown): readonly string[] | true | undefined {
  if (parsed === undefined) return undefined
  if (option.kind === 'flag') return parsed === false ? undefined : true
  const given = (Array.isArray(parsed) ? parsed : [parsed]).map(String)
  for (const value of given) check(option, value)
  return given
}

function check(option: OptionSpec, value: string): void {
  const name = option.names.join('/')
  if (option.kind === 'integer' && !/^-?\d{1,9}$/.test(value)) {
    throw new UsageFault(`option ${name}: invalid integer value: '${value}'`)
  }
  if (option.choices !== undefined && !option.choices.includes(value)) {
    const choices = option.choices.map((choice) => `'${choice}'`).join(', ')
    throw new UsageFault(`option ${name}: invalid choice: '${value}' (choose from ${choices})`)
  }
}

async function linesOfStdin(): Promise<readonly string[]> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) text += String(chunk)
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
