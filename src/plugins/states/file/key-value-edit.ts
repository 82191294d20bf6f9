/** The rules of `file.keyvalue`: which lines change, and what is shown of it. */
import { Float } from '../../../base/float.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { withoutStart } from '../../modules/file/content.ts'

export interface KeyValueRequest {
  readonly pairs: ReadonlyMap<string, unknown>
  readonly separator: string
  /** How often each key may occur; negative: any number. */
  readonly count: number
  /** Characters that are taken from the start of a line. */
  readonly uncomment: string
  /** What becomes of keys that are missing. */
  readonly missing: 'append' | 'prepend' | 'leave'
  readonly ignoresKeyCase: boolean
  readonly ignoresValueCase: boolean
}

export interface KeyValueEdit {
  /** Lines with their ends. */
  readonly lines: readonly string[]
  /** Lines with their ends and a sign. */
  readonly diff: readonly string[]
  /** How many lines changed. */
  readonly count: number
}

class Editor {
  readonly #request: KeyValueRequest
  readonly #left: Map<string, number>
  readonly diff: string[] = []
  count = 0

  constructor(request: KeyValueRequest) {
    this.#request = request
    this.#left = new Map(Array.from(request.pairs.keys(), (key) => [key, request.count]))
  }

  /** The line as it shall be; empty where it goes. */
  line(given: string): string {
    let line = given
    for (const [key, value] of this.#request.pairs) line = this.#forKey(line, key, value)
    return line
  }

  #forKey(line: string, key: string, value: unknown): string {
    const { separator, uncomment, ignoresKeyCase, ignoresValueCase } = this.#request
    const bare = withoutStart(line, uncomment)
    const wasComment = bare.length < line.length
    const working = wasComment ? bare : line
    const at = working.indexOf(separator)
    if (at < 0) return line
    const same = (a: string, b: string, ignoresCase: boolean): boolean =>
      ignoresCase ? a.toLowerCase() === b.toLowerCase() : a === b
    const found = working.slice(0, at)
    if (!same(found, key, ignoresKeyCase)) return line
    const left = this.#left.get(key) ?? 0
    const isSame = same(working.slice(at + separator.length).trim(), pythonString(value).trim(), ignoresValueCase)
    const isDue = wasComment ? left > 0 : left === 0
    const isChanged = isDue || (!isSame && !wasComment)
    if (left > 0) this.#left.set(key, left - 1)
    if (!isChanged) return line
    this.count += 1
    this.diff.push(`- ${line}`)
    if (left === 0) return ''
    const next = `${found}${separator}${pythonString(value)}\n`
    this.diff.push(typeof value === 'string' ? `+ ${next}` : `+ ${next.trimEnd()} (from ${typeWord(value)} type)\n`)
    return next
  }

  /** Keys that are still to be added, as lines. */
  missing(): string[] {
    const { pairs, separator } = this.#request
    const names = [...pairs.keys()].filter((key) => (this.#left.get(key) ?? 0) > 0)
    return names.map((key) => `${key}${separator}${pythonString(pairs.get(key))}\n`)
  }
}

export function editKeyValues(given: readonly string[], request: KeyValueRequest): KeyValueEdit {
  const editor = new Editor(request)
  const lines = given.map((line) => editor.line(line)).filter((line) => line !== '')
  const missing = request.missing === 'leave' ? [] : editor.missing()
  const count = editor.count + missing.length
  const added = missing.map((line) => `+ ${line}`)
  if (missing.length === 0) return { lines, diff: editor.diff, count }
  if (request.missing === 'prepend') {
    return {
      lines: [...missing.toReversed(), ...lines],
      diff: ['  <SOF>\n', ...added.toReversed(), ...editor.diff],
      count,
    }
  }
  const last = lines.at(-1)
  const ended = last === undefined || last.endsWith('\n') ? lines : [...lines.slice(0, -1), `${last}\n`]
  return { lines: [...ended, ...missing], diff: [...editor.diff, '- <EOF>\n', ...added, '+ <EOF>\n'], count }
}

/** Python's name of the type of a value. */
function typeWord(value: unknown): string {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number' || typeof value === 'bigint') return 'int'
  if (value instanceof Float) return 'float'
  if (value === null || value === undefined) return 'NoneType'
  return Array.isArray(value) ? 'list' : 'dict'
}
