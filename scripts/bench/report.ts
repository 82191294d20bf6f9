/** What a benchmark measured, and how it is shown. */

export interface Row {
  /** What was measured. */
  readonly name: string
  readonly value: number
  /** `s`, `ms`, `jobs/s`, `MiB`, `×` … */
  readonly unit: string
  /** Further figures of the same runs: CPU beside the wall, best, p99, count. */
  readonly also?: Readonly<Record<string, number>>
  /** What it must reach: at most, or for rates at least. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number }
}

function reached({ value, goal }: Row): boolean | undefined {
  if (goal === undefined) return undefined
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast
}

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => [row.name, withUnit(row.value, row.unit), goalText(row), alsoText(row)])
  const heads = ['', 'measured', 'goal', '']
  const widths = heads.map((head, column) =>
    Math.max(...[heads, ...cells].map((line) => (line[column] ?? head).length)),
  )
  for (const line of [heads, ...cells]) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

function withUnit(value: number, unit: string): string {
  return `${rounded(value)} ${unit}`
}

/** Three digits that count. */
function rounded(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))))
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}

function goalText(row: Row): string {
  if (row.goal === undefined) return ''
  const bound = 'atMost' in row.goal ? `≤ ${rounded(row.goal.atMost)}` : `≥ ${rounded(row.goal.atLeast)}`
  return `${bound} ${reached(row) === true ? 'reached' : 'MISSED'}`
}

function alsoText({ also = {} }: Row): string {
  return Object.entries(also)
    .map(([name, value]) => `${name} ${rounded(value)}`)
    .join(', ')
}
