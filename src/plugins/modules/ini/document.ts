/**
 * An ini file that is read and edited line by line: whatever an edit does not concern, comments, order and white space, stays as it is.
 * What stands before the first header is the section ''.
 */

export interface IniFormat {
  /** What stands between a key and its value. */
  readonly separator: string
  /** Write `key=value` instead of `key = value` where a line is new. */
  readonly noSpaces?: boolean
}

/** A section is a mapping, an option beside the sections a text. */
export type IniValues = Record<string, string | Record<string, string>>

interface Line {
  readonly kind: 'header' | 'option' | 'comment' | 'other'
  /** Of the section that it stands in, or begins. */
  readonly section: string
  /** Key of an option, or of one that a comment holds. */
  readonly key: string
  readonly value: string
  /** Lines that go on with a value are part of it, with line breaks between. */
  readonly text: string
}

const header = /^\s*\[(.+?)\]\s*$/
const comment = /^\s*[#;]+(.*)$/

/** `key = value` in its parts: the white space before it, the key, what stands between, and the value. */
interface OptionParts {
  readonly indent: string
  readonly key: string
  readonly between: string
  readonly value: string
}

function optionParts(line: string, separator: string): OptionParts | undefined {
  const start = line.length - line.trimStart().length
  const at = line.indexOf(separator, start)
  const key = at < 0 ? '' : line.slice(start, at).trimEnd()
  if (key === '') return undefined
  const value = line.slice(at + separator.length).trim()
  const valueAt = value === '' ? line.trimEnd().length : line.indexOf(value, at + separator.length)
  const between = line.slice(start + key.length, Math.max(valueAt, at + separator.length))
  return { indent: line.slice(0, start), key, between, value }
}

export class IniDocument {
  readonly #format: IniFormat
  readonly #lineEnd: string
  #lines: Line[] = []

  constructor(text: string, format: IniFormat) {
    this.#format = format
    this.#lineEnd = text.includes('\r\n') ? '\r\n' : '\n'
    this.#read(text)
  }

  #read(text: string): void {
    let section = ''
    let indent = 0
    const { separator } = this.#format
    for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) {
      const last = this.#lines.at(-1)
      const name = header.exec(line)?.[1]
      const parts = optionParts(line, separator)
      if (name !== undefined) {
        section = name
        indent = 0
        this.#lines.push({ kind: 'header', section, key: '', value: '', text: line })
      } else if (comment.test(line)) {
        const key = optionParts(comment.exec(line)?.[1] ?? '', separator)?.key ?? ''
        this.#lines.push({ kind: 'comment', section, key, value: '', text: line })
      } else if (last?.kind === 'option' && line.trim() !== '' && indentOf(line) > indent) {
        this.#lines.push({
          ...(this.#lines.pop() ?? last),
          value: `${last.value}\n${line}`,
          text: `${last.text}\n${line}`,
        })
      } else if (parts !== undefined) {
        indent = indentOf(line)
        this.#lines.push({ kind: 'option', section, key: parts.key, value: parts.value, text: line })
      } else this.#lines.push({ kind: 'other', section, key: '', value: '', text: line })
    }
  }

  /** Names of the sections in their order; '' is not among them. */
  sections(): string[] {
    return [...new Set(this.#lines.filter((line) => line.kind === 'header').map((line) => line.section))]
  }

  /** Key → value, or undefined where there is no such section. Of a key that stands twice, the last counts. */
  section(name: string): Record<string, string> | undefined {
    if (name !== '' && !this.sections().includes(name)) return undefined
    const options = this.#lines.filter((line) => line.kind === 'option' && line.section === name)
    return Object.fromEntries(options.map(({ key, value }) => [key, value]))
  }

  get(section: string, key: string): string | undefined {
    return this.#lines.findLast((line) => isOption(line, section, key))?.value
  }

  values(): IniValues {
    const options = new Map<string, string>()
    const sections = new Map<string, Map<string, string>>()
    for (const { kind, section, key, value } of this.#lines) {
      const place = section === '' ? options : (sections.get(section) ?? new Map<string, string>())
      if (section !== '') sections.set(section, place)
      if (kind === 'option') place.set(key, value)
    }
    return {
      ...Object.fromEntries(options),
      ...Object.fromEntries([...sections].map(([name, inside]) => [name, Object.fromEntries(inside)])),
    }
  }

  addSection(name: string): void {
    if (name === '' || this.sections().includes(name)) return
    if (this.#hasContent() && this.#lines.at(-1)?.text.trim() !== '') this.#lines.push(blank(name))
    if (!this.#hasContent()) this.#lines = []
    this.#lines.push({ kind: 'header', section: name, key: '', value: '', text: `[${name}]` })
  }

  #hasContent(): boolean {
    return this.#lines.some((line) => line.text.trim() !== '')
  }

  /** Gives an option its value: in its place, in that of a comment which holds it, or at the end of its section. */
  set(section: string, key: string, value: string): void {
    this.addSection(section)
    const at = this.#lines.findLastIndex((line) => isOption(line, section, key))
    const old = this.#lines[at]
    if (old !== undefined) {
      this.#lines[at] = { ...old, value, text: this.#rewritten(old, value) }
      return
    }
    const line: Line = { kind: 'option', section, key, value, text: this.#written(key, value) }
    const commented = this.#lines.findIndex(
      (one) => one.kind === 'comment' && one.section === section && one.key === key,
    )
    if (commented >= 0) this.#lines[commented] = line
    else this.#lines.splice(this.#endOf(section), 0, line, ...this.#gap(section))
  }

  #written(key: string, value: string): string {
    const { separator, noSpaces = false } = this.#format
    return noSpaces || separator.trim() === '' ? `${key}${separator}${value}` : `${key} ${separator} ${value}`
  }

  #rewritten({ text, key }: Line, value: string): string {
    const { separator, noSpaces = false } = this.#format
    const { indent = '', between = separator } = optionParts(text.split('\n')[0] ?? '', separator) ?? {}
    if (noSpaces || separator.trim() === '') return `${indent}${key}${noSpaces ? separator : between}${value}`
    // `key =` has no space behind it, which a value needs.
    const gap = between !== separator && between.endsWith(separator) ? ' ' : ''
    return `${indent}${key}${between}${gap}${value}`
  }

  /** Where the last line of a section ends that is not empty. */
  #endOf(section: string): number {
    const last = this.#lines.findLastIndex((line) => line.section === section && line.text.trim() !== '')
    return last + 1
  }

  /** What comes before the sections keeps its distance from them. */
  #gap(section: string): Line[] {
    const next = this.#lines[this.#endOf(section)]
    return section === '' && next?.kind === 'header' ? [blank('')] : []
  }

  /** The value that it had. */
  remove(section: string, key: string): string | undefined {
    const value = this.get(section, key)
    this.#lines = this.#lines.filter((line) => !isOption(line, section, key))
    return value
  }

  /** The options that it had, or undefined where there was no such section. */
  removeSection(name: string): Record<string, string> | undefined {
    const values = this.section(name)
    this.#lines = this.#lines.filter((line) => line.section !== name)
    return values
  }

  toString(): string {
    const text = this.#lines.map((line) => line.text).join('\n')
    return text === '' ? '' : `${text}\n`.replaceAll('\n', this.#lineEnd)
  }
}

function indentOf(line: string): number {
  return /^\s*/.exec(line)?.[0].replaceAll('\t', '    ').length ?? 0
}

function isOption(line: Line, section: string, key: string): boolean {
  return line.kind === 'option' && line.section === section && line.key === key
}

function blank(section: string): Line {
  return { kind: 'other', section, key: '', value: '', text: '' }
}
