/** Lists as tables with borders, below the keys that lead to them. */
import { pythonString } from '../../base/python-repr.ts'
import { stringWidth } from '../../base/string-width.ts'
import type { Outputter } from '../../engine/output.ts'
import { type Palette, palette, withoutEscapes } from './colors.ts'
import { entriesOf, sortEntries } from './entries.ts'
import { center } from './python-text.ts'
import { fitCell, fittingWidth, type Lines, wrapCell } from './table-cells.ts'

interface Look {
  readonly colors: Palette
  readonly columns: number
}

export const table: Outputter = {
  name: 'table',
  isColored: true,
  doc: 'Lists as tables; single values are not shown.',
  render: (value, { color, columns = Number.POSITIVE_INFINITY }) =>
    [...sectionsOf(value, 0, { colors: palette(color), columns })].join('\n'),
}

function* sectionsOf(value: unknown, margin: number, look: Look): Generator<string> {
  if (Array.isArray(value)) return yield* rowsOf(value, margin + 4, look)
  const { colors } = look
  const space = ' '.repeat(margin)
  for (const [key, item] of sortEntries(entriesOf(value) ?? [])) {
    yield `${space}${colors.darkGray}${withoutEscapes(key)}${colors.reset}:`
    yield `${space}${colors.darkGray}----------${colors.reset}`
    yield* Array.isArray(item) ? rowsOf(item, margin + 4, look) : sectionsOf(item, margin + 4, look)
  }
}

function* rowsOf(items: readonly unknown[], margin: number, look: Look): Generator<string> {
  const logical = cellsOf(items)?.map((row) => row.map(withoutEscapes))
  if (logical === undefined) return
  const { wrapped, widths } = layOut(logical, look.columns - margin)
  const { colors } = look
  const space = ' '.repeat(margin)
  const border = '-'.repeat(widths.reduce((sum, width) => sum + width, 0) + bordersWidth(widths.length))
  const separator = `${space}${colors.lightGray}${border}${colors.reset}`
  yield separator
  for (const lines of wrapped) {
    for (const row of lines) {
      const cells = widths.map((width, column) => center(row[column] ?? '', width))
      yield `${space}${colors.white}| ${cells.join(' | ')} |${colors.reset}`
    }
    yield separator
  }
}

interface Layout {
  readonly wrapped: readonly (readonly Lines[])[]
  readonly widths: readonly number[]
}

/** As Salt does it where that fits into the room; else with all cells as narrow as it takes. */
function layOut(rows: readonly (readonly string[])[], room: number): Layout {
  const usual = rows.map((row) => wrapRow(row, wrapCell))
  const widths = widthsOf(usual)
  const roomForCells = room - bordersWidth(widths.length)
  if (widths.reduce((sum, width) => sum + width, 0) <= roomForCells) return { wrapped: usual, widths }
  const limit = fittingWidth(widths, roomForCells)
  const wrapped = rows.map((row) => wrapRow(row, (cell) => fitCell(cell, limit)))
  return { wrapped, widths: widthsOf(wrapped) }
}

function bordersWidth(columns: number): number {
  return 4 + 3 * (columns - 1)
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

function wrapRow(row: readonly string[], wrap: (cell: string) => Lines): readonly Lines[] {
  const cells = row.map(wrap)
  const height = Math.max(1, ...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''))
}

function widthsOf(rows: readonly (readonly Lines[])[]): readonly number[] {
  const widths: number[] = []
  for (const row of rows.flat()) {
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, stringWidth(text))
  }
  return widths
}
