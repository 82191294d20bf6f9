/** The form that people read: keys over indented values, lists with dashes. */
import { isUtf8 } from 'node:buffer'
import { pythonRepr } from '../../base/python-repr.ts'
import type { OutputOptions, Outputter } from '../../engine/output.ts'
import { type Palette, palette, withoutEscapes } from './colors.ts'
import { entriesOf, sortedEntriesOf } from './entries.ts'
import { splitLines } from './python-text.ts'

export const nested: Outputter = {
  name: 'nested',
  isColored: true,
  doc: 'Keys over indented values, for reading; the default.',
  render: (value, options) => new NestedText(options).lines(value),
}

/** The same, further in by so many spaces. */
export function nestedText(value: unknown, options: OutputOptions, margin: number): string {
  return new NestedText(options).lines(value, margin)
}

class NestedText {
  readonly #colors: Palette
  readonly #structure: string
  readonly #key: string
  readonly #out: string[] = []

  constructor({ color, retcode = 0 }: OutputOptions) {
    this.#colors = palette(color)
    this.#structure = retcode === 0 ? this.#colors.green : this.#colors.red
    this.#key = retcode === 0 ? this.#colors.cyan : this.#colors.red
  }

  lines(value: unknown, margin = 0): string {
    this.#show(value, margin, '')
    return this.#out.join('\n')
  }

  #show(value: unknown, margin: number, prefix: string): void {
    const shown = value instanceof Uint8Array && isUtf8(value) ? Buffer.from(value).toString('utf8') : value
    if (typeof shown === 'string') this.#showText(shown, margin, prefix)
    else if (Array.isArray(shown) || shown instanceof Set) this.#showList([...shown], margin)
    else if (!this.#showMapping(shown, margin, prefix)) {
      this.#line(margin, this.#colors.lightYellow, prefix + pythonRepr(shown))
    }
  }

  #showText(text: string, margin: number, prefix: string): void {
    for (const [index, line] of splitLines(text).entries()) {
      const before = index === 0 ? prefix : ' '.repeat(prefix.length)
      this.#line(margin, this.#colors.green, before + withoutEscapes(line))
    }
  }

  #showList(items: readonly unknown[], margin: number): void {
    for (const item of items) {
      const isMapping = entriesOf(item) !== undefined
      if (isMapping || Array.isArray(item)) {
        this.#line(margin, this.#structure, '|_')
        this.#show(item, margin + 2, isMapping ? '' : '- ')
      } else this.#show(item, margin, '- ')
    }
  }

  #showMapping(value: unknown, margin: number, prefix: string): boolean {
    const entries = value instanceof Map ? entriesOf(value) : sortedEntriesOf(value)
    if (entries === undefined) return false
    if (margin > 0) this.#line(margin, this.#key, '----------')
    for (const [key, item] of entries) {
      this.#line(margin, this.#key, prefix + withoutEscapes(key), ':')
      this.#show(item, margin + 4, '')
    }
    return true
  }

  #line(margin: number, color: string, text: string, after = ''): void {
    this.#out.push(`${' '.repeat(margin)}${color}${text}${this.#colors.reset}${after}`)
  }
}
