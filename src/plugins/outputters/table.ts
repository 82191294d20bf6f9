/** Lists as tables with borders, below the keys that lead to them. */
import { pythonString } from '../../base/python-repr.ts'
import type { Outputter } from '../../engine/output.ts'
import { type Palette, palette, withoutEscapes } from './colors.ts'
import { entriesOf, sortEntries } from './entries.ts'
import { center } from './python-text.ts'

/** Columns after which a cell is broken at a space. */
const cellWidth = 50

export const table: Outputter = {
  name: 'table',
  isColored: true,
  doc: 'Lists as tables; single values are not shown.',
  render: (value, { color }) => [...sectionsOf(value, 0, palette(color))].join('\n'),
}

function* sectionsOf(value: unknown, margin: number, colors: Palette): Generator<string> {
  if (Array.isArray(value)) return yield* rowsOf(value, margin + 4, colors)
  const space = ' '.repeat(margin)
  for (const [key, item] of sortEntries(entriesOf(value) ?? [])) {
    yield `${space}${colors.darkGray}${withoutEscapes(key)}${colors.reset}:`
    yield `${space}${colors.darkGray}----------${colors.reset}`
    yield* Array.isArray(item) ? rowsOf(item, margin + 4, colors) : sectionsOf(item, margin + 4, colors)
  }
}

function* rowsOf(items: readonly unknown[], margin: number, colors: Palette): Generator<string> {
  const logical = cellsOf(items)
  if (logical === undefined) return
  const wrapped = logical.map(wrapRow)
  const columns = Math.max(...wrapped.flat().map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...wrapped.flat().map((row) => [...(row[column] ?? '')].length)),
  )
  const space = ' '.repeat(margin)
  const border = '-'.repeat(4 + widths.reduce((sum, width) => sum + width, 0) + 3 * (columns - 1))
  const separator = `${space}${colors.lightGray}${border}${colors.reset}`
  yield separator
  for (const lines of wrapped) {
    for (const row of lines) {
      const cells = widths.map((width, column) => center(withoutEscapes(row[column] ?? ''), width))
      yield `${space}${colors.white}| ${cells.join(' | ')} |${colors.reset}`
    }
    yield separator
  }
}

/** Rows of texts, mappings with a row of titles before them; undefined when the items are of different kinds. */
function cellsOf(items: readonly unknown[]): readonly (readonly string[])[] | undefined {
  const mappings = items.map(entriesOf)
  const [first] = mappings
  if (items.length === 0) return undefined
  if (first !== undefined) {
    if (mappings.includes(undefined)) return undefined
    const titles = sortEntries(first).map(([key]) => titleOf(key))
    return [titles, ...mappings.map((entries) => sortEntries(entries ?? []).map(([, item]) => pythonString(item)))]
  }
  if (items.every((item) => Array.isArray(item))) return items.map((row: unknown[]) => row.map(pythonString))
  if (new Set(items.map(kindOf)).size > 1) return undefined
  return items.map((item) => [pythonString(item)])
}

function kindOf(item: unknown): string {
  return item === null ? 'null' : Array.isArray(item) ? 'list' : typeof item
}

/** `last_move` → `Last Move`. */
function titleOf(key: string): string {
  return key
    .replaceAll('_', ' ')
    .replace(/\p{L}+/gu, (word) => (word[0] ?? '').toUpperCase() + word.slice(1).toLowerCase())
}

function wrapRow(row: readonly string[]): readonly (readonly string[])[] {
  const cells = row.map((cell) => wrapCell(cell))
  const height = Math.max(1, ...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''))
}

function wrapCell(text: string): readonly string[] {
  const [first = '', ...words] = text.split(' ')
  let wrapped = first
  for (const word of words) {
    const lineLength = wrapped.length - (wrapped.lastIndexOf('\n') + 1)
    const wordLength = (word.split('\n', 1)[0] ?? '').length
    wrapped += (lineLength + wordLength >= cellWidth ? '\n' : ' ') + word
  }
  return wrapped.split('\n')
}
