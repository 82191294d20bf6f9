/** Which line of a template made a line of the rendered text. */
import type { TemplatePlace } from '../values/py-error.ts'
import { positionOf } from './frames.ts'
import type { TemplateIdentity } from './program.ts'

export class SourceMap {
  /** Where each piece of the text begins. */
  readonly #starts: number[] = []
  readonly #templates: TemplateIdentity[] = []
  /** Offset in the template's source; of text that stands there as it is, the negative of the offset minus one. */
  readonly #offsets: number[] = []
  #length = 0

  /** @param isVerbatim Whether the text stands in the source from `offset` on. */
  add(text: string, template: TemplateIdentity, offset: number, isVerbatim: boolean): void {
    if (text === '') return
    this.#starts.push(this.#length)
    this.#templates.push(template)
    this.#offsets.push(isVerbatim ? -offset - 1 : offset)
    this.#length += text.length
  }

  /** The place of a line (from 1) of the rendered text, by the first character in it that is no space. */
  placeOf(text: string, line: number): TemplatePlace | undefined {
    const index = startOfLine(text, line)
    if (index === undefined) return undefined
    const [indent = ''] = /^[ \t]*/.exec(text.slice(index, index + 1000)) ?? []
    const piece = this.#pieceAt(index + indent.length)
    const template = this.#templates[piece]
    const offset = this.#offsets[piece]
    if (template === undefined || offset === undefined) return undefined
    const inPiece = index + indent.length - (this.#starts[piece] ?? 0)
    const at = offset < 0 ? -offset - 1 + inPiece : offset
    return { file: template.name, ...positionOf(template.source, at) }
  }

  /** The last piece that begins at or before an index. */
  #pieceAt(index: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#starts[middle] ?? 0) <= index) low = middle
      else high = middle - 1
    }
    return low
  }
}

function startOfLine(text: string, line: number): number | undefined {
  let index = 0
  for (let current = 1; current < line; current++) {
    const next = text.indexOf('\n', index)
    if (next === -1) return undefined
    index = next + 1
  }
  return index
}
