/** A text that templates made, and which of their lines made its lines. */
import { LineIndex } from '../../../base/line-index.ts'
import type { TemplatePlace } from '../values/py-error.ts'
import type { SourceMap } from './source-map.ts'

export interface RenderedTemplate {
  readonly text: string
  /** What made a place of the text (from 1 on): for errors of what reads it next. */
  placeOf(line: number, column?: number): TemplatePlace | undefined
  /** What made the text at an offset. */
  placeAt(offset: number): TemplatePlace | undefined
}

export class RenderedText implements RenderedTemplate {
  readonly text: string
  readonly #map: SourceMap
  #lines: LineIndex | undefined

  constructor(text: string, map: SourceMap) {
    this.text = text
    this.#map = map
  }

  /** Without a column by the first character of the line that is no space. */
  placeOf(line: number, column?: number): TemplatePlace | undefined {
    this.#lines ??= new LineIndex(this.text)
    const start = this.#lines.startOf(line)
    if (start === undefined) return undefined
    if (column !== undefined) return this.#map.placeAt(start + column - 1)
    const [indent = ''] = /^[ \t]*/.exec(this.text.slice(start, start + 1000)) ?? []
    return this.#map.placeAt(start + indent.length)
  }

  placeAt(offset: number): TemplatePlace | undefined {
    return this.#map.placeAt(offset)
  }
}
