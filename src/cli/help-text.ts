/** The text of `--help`, and the parts of it that error messages repeat. */
import { type CommandSpec, type OptionSpec, optionKey } from './options/option.ts'

const nameColumn = 32
const narrowest = 60
const widest = 110

export function usageLine(spec: CommandSpec): string {
  return `Usage: ${spec.name} ${spec.usage}\n`
}

export function helpText(spec: CommandSpec, columns = 80): string {
  const width = Math.min(widest, Math.max(narrowest, columns))
  const parts = [usageLine(spec), `${wrap(spec.about, width).join('\n')}\n`]
  for (const { title, options } of spec.groups) {
    const rows = options.filter((option) => option.refused === undefined).map((option) => optionRow(option, width))
    if (rows.length > 0) parts.push(`${title}:\n${rows.join('')}`)
  }
  if (spec.examples.length > 0) {
    const rows = spec.examples.map(({ line, doc }) => `  ${line}\n      ${doc}\n`)
    parts.push(`Examples:\n${rows.join('')}`)
  }
  return parts.join('\n')
}

/** `-t SECONDS, --timeout SECONDS` in the short form `-t, --timeout SECONDS`. */
export function optionNames(option: OptionSpec): string {
  const value = option.value === undefined ? '' : ` ${option.value}`
  const shown = option.names.filter((name) => !name.startsWith('--') || name === `--${optionKey(option)}`)
  const others = option.names.filter((name) => name.startsWith('--') && !shown.includes(name) && !name.includes('_'))
  return [...shown, ...others].join(', ') + value
}

function optionRow(option: OptionSpec, width: number): string {
  const names = `  ${optionNames(option)}`
  const lines = wrap(option.doc, width - nameColumn)
  const margin = ' '.repeat(nameColumn)
  if (names.length + 2 > nameColumn) return `${[names, ...lines.map((line) => margin + line)].join('\n')}\n`
  const [first = '', ...rest] = lines
  return `${[names.padEnd(nameColumn) + first, ...rest.map((line) => margin + line)].join('\n')}\n`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
