/** Which line of which template made a line of the rendered text. */
import { LineIndex } from '../../../base/line-index.ts'
import type { TemplatePlace } from '../values/py-error.ts'
import type { TemplateIdentity } from './program.ts'

export class SourceMap {
  /** Where each piece of the text begins. */
  readonly #starts: number[] = []
  readonly #templates: TemplateIdentity[] = []
  /** Offset in the template's source; of text that stands there as it is, the negative of the offset minus one. */
  readonly #offsets: number[] = []
  #length = 0
  readonly #lines = new Map<TemplateIdentity, LineIndex>()

  /** @param isVerbatim Whether the text stands in the source from `offset` on. */
  add(text: string, template: TemplateIdentity, offset: number, isVerbatim: boolean): void {
    if (text === '') return
    this.#starts.push(this.#length)
    this.#templates.push(template)
    this.#offsets.push(isVerbatim ? -offset - 1 : offset)
    this.#length += text.length
  }

  /** The place of an offset of the rendered text. */
  placeAt(index: number): TemplatePlace | undefined {
    const piece = this.#pieceAt(index)
    const template = this.#templates[piece]
    const offset = this.#offsets[piece]
    if (template === undefined || offset === undefined) return undefined
    const at = offset < 0 ? -offset - 1 + index - (this.#starts[piece] ?? 0) : offset
    return { file: template.name, ...this.#linesOf(template).positionOf(at) }
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

  #linesOf(template: TemplateIdentity): LineIndex {
    let lines = this.#lines.get(template)
    if (lines === undefined) {
      lines = new LineIndex(template.source)
      this.#lines.set(template, lines)
    }
    return lines
  }
}
