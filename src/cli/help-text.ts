/** The text of `--help`, and the parts of it that error messages repeat. */
import { describedRow, hanging, wrap } from './columns.ts'
import { type CommandSpec, type OptionSpec, optionKey } from './options/option.ts'

const nameColumn = 32
/** With fewer columns docs stand below the names. */
const narrow = 60
const narrowColumn = 6
const narrowest = 20
const widest = 110

export function usageLine(spec: CommandSpec): string {
  return `Usage: ${spec.name} ${spec.usage}\n`
}

export function helpText(spec: CommandSpec, columns = 80): string {
  const width = Math.min(widest, Math.max(narrowest, columns))
  const parts = [`${hanging(usageLine(spec).trimEnd(), width)}\n`, `${wrap(spec.about, width).join('\n')}\n`]
  for (const { title, options } of spec.groups) {
    const rows = options.filter((option) => option.refused === undefined).map((option) => optionRow(option, width))
    if (rows.length > 0) parts.push(`${hanging(`${title}:`, width)}\n${rows.join('')}`)
  }
  if (spec.examples.length > 0) {
    const rows = spec.examples.map(({ line, doc }) => describedRow(`  ${line}`, doc, 6, width))
    parts.push(`Examples:\n${rows.join('')}`)
  }
  return parts.join('\n')
}

/** `-t SECONDS, --timeout SECONDS` in the short form `-t, --timeout SECONDS`. */
export function optionNames(option: OptionSpec): string {
  const joined = option.implied === undefined ? ` ${option.value}` : `[=${option.value}]`
  const value = option.value === undefined ? '' : joined
  const shown = option.names.filter((name) => !name.startsWith('--') || name === `--${optionKey(option)}`)
  const others = option.names.filter((name) => name.startsWith('--') && !shown.includes(name) && !name.includes('_'))
  return [...shown, ...others].join(', ') + value
}

function optionRow(option: OptionSpec, width: number): string {
  if (width >= narrow) return describedRow(`  ${optionNames(option)}`, option.doc, nameColumn, width)
  const names = wrap(optionNames(option), width - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`)
  return describedRow(names.join('\n'), option.doc, narrowColumn, width)
}
