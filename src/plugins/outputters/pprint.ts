/** Python's `pprint`: a literal on one line where it fits into 80 columns, else broken at its commas. */
import { pythonRepr } from '../../base/python-repr.ts'
import type { Outputter } from '../../engine/output.ts'
import { entriesOf, sortDeep } from './entries.ts'

const width = 80

export const pprint: Outputter = {
  name: 'pprint',
  doc: 'A Python literal, broken into lines where it is long.',
  render: (value, { indent }) => formatPython(value, typeof indent === 'number' && indent >= 0 ? indent : 1),
}

/** `pprint.pformat(value, indent)`. */
export function formatPython(value: unknown, indent = 1): string {
  return new Layout(indent).format(sortDeep(value), 0, 0)
}

class Layout {
  readonly #indent: number

  constructor(indent: number) {
    this.#indent = indent
  }

  /** @param column where the text begins. @param closing characters that follow on its last line. */
  format(value: unknown, column: number, closing: number): string {
    const short = pythonRepr(value)
    if (short.length <= width - column - closing) return short
    if (Array.isArray(value)) return this.#list(value, column, closing)
    if (typeof value === 'string') return this.#text(value, column, closing)
    const entries = entriesOf(value)
    return entries === undefined || entries.length === 0 ? short : this.#mapping(entries, column, closing)
  }

  #mapping(entries: readonly (readonly [string, unknown])[], column: number, closing: number): string {
    const inner = column + this.#indent
    const rows = entries.map(([key, item], index) => {
      const name = `${pythonRepr(key)}: `
      const after = index === entries.length - 1 ? closing + 1 : 1
      return name + this.format(item, inner + name.length, after)
    })
    return this.#enclose('{', '}', rows, inner)
  }

  #list(items: readonly unknown[], column: number, closing: number): string {
    const inner = column + this.#indent
    const rows = items.map((item, index) => this.format(item, inner, index === items.length - 1 ? closing + 1 : 1))
    return this.#enclose('[', ']', rows, inner)
  }

  #enclose(open: string, close: string, rows: readonly string[], inner: number): string {
    return open + ' '.repeat(Math.max(0, this.#indent - 1)) + rows.join(`,\n${' '.repeat(inner)}`) + close
  }

  /** Long text is several literals below each other: one per line of it, and lines are broken at spaces. */
  #text(text: string, column: number, closing: number): string {
    const isTop = column === 0
    const margin = isTop ? 1 : column
    const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
    const pieces = lines.flatMap((line, index) =>
      this.#pieces(line, width - margin - (index === lines.length - 1 ? closing + (isTop ? 1 : 0) : 0)),
    )
    if (pieces.length === 1) return pieces.join('')
    const body = pieces.join(`\n${' '.repeat(margin)}`)
    return isTop ? `(${body})` : body
  }

  #pieces(line: string, room: number): string[] {
    if (pythonRepr(line).length <= room) return [pythonRepr(line)]
    const pieces: string[] = []
    let current = ''
    for (const part of line.match(/\S*\s*/g) ?? []) {
      if (current !== '' && pythonRepr(current + part).length > room) {
        pieces.push(pythonRepr(current))
        current = ''
      }
      current += part
    }
    if (current !== '') pieces.push(pythonRepr(current))
    return pieces
  }
}
