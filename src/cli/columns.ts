/** Texts as wide as the terminal. */

const usualColumns = 80

/** `COLUMNS`, where somebody has set it, else what the terminal says. Terminals without a size say 0. */
export function terminalColumns(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  terminal: number | undefined = process.stdout.columns,
): number {
  const asked = environment.COLUMNS ?? ''
  const columns = /^\d{1,4}$/.test(asked) ? Number(asked) : 0
  return columns || terminal || usualColumns
}

/** Lines no longer than that, but for a single word that is. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** The lines below the first one are indented. */
export function hanging(text: string, width: number, indent = 4): string {
  return wrap(text, width - indent).join(`\n${' '.repeat(indent)}`)
}

/** Beside its name where there is room, else below it. Ends with a line break. */
export function describedRow(name: string, doc: string, nameColumn: number, width: number): string {
  const margin = ' '.repeat(nameColumn)
  const lines = wrap(doc, width - nameColumn)
  if (name.length + 2 > nameColumn) return `${[name, ...lines.map((line) => margin + line)].join('\n')}\n`
  const [first = '', ...rest] = lines
  return `${[name.padEnd(nameColumn) + first, ...rest.map((line) => margin + line)].join('\n')}\n`
}
