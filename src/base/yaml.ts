/**
 * YAML as Salt reads it (PyYAML's YAML 1.1 with Salt's loader), into plain objects with text keys.
 *
 * This module loads js-yaml: import it lazily (`await import('../base/yaml.ts')`) where a quick command may not need it.
 */
import { type ErrorCode, SaltError } from './errors.ts'
import { pythonString } from './python-repr.ts'
import type { ValuePath } from './validate.ts'
import {
  composeYaml,
  YamlFault,
  type YamlMapping,
  type YamlNode,
  type YamlScalar,
  type YamlSequence,
} from './yaml-nodes.ts'
import { readBool, readFloat, readInt, scalarKind } from './yaml-scalars.ts'

export interface YamlOptions {
  /** Named in errors. */
  readonly file?: string
  /** Code of the errors; `configuration` when left out. */
  readonly code?: ErrorCode
}

export interface YamlMarks {
  /** 1-based line of the key or list item at a path; of the nearest one above it where the path goes on further. */
  line(path: ValuePath): number | undefined
}

/**
 * The value of a text: mappings as plain objects, integers as numbers (bigint beyond 2^53), floats without a fraction as
 * `Float`, `!!binary` as bytes, `!!set` as a Set. Null for an empty text.
 *
 * Throws SaltError with place and excerpt for bad syntax, a key that is there twice, an unknown tag, a second document.
 */
export function parseYaml(text: string, options: YamlOptions = {}): unknown {
  return parseYamlWithMarks(text, options).value
}

/** As `parseYaml`, with the lines that the keys stand on. */
export function parseYamlWithMarks(text: string, options: YamlOptions = {}): { value: unknown; marks: YamlMarks } {
  // NEL ends a line in YAML 1.1 and is read as a line feed.
  const source = (text.startsWith('\ufeff') ? text.slice(1) : text).replaceAll('\u0085', '\n')
  try {
    const node = composeYaml(source)
    const value = node === undefined ? null : new Constructor().value(node)
    return { value, marks: { line: (path) => lineOfPath(source, node, path) } }
  } catch (error) {
    if (error instanceof YamlFault) throw faultAt(source, error, options)
    throw error
  }
}

const core = 'tag:yaml.org,2002:'
/** A text can name one mapping in many merges; nobody writes this many by hand. */
const mergeLimit = 100_000

class Constructor {
  readonly #values = new Map<YamlNode, unknown>()
  readonly #flattened = new Set<YamlMapping>()
  #merged = 0

  /** A node that several aliases name becomes one shared value, as in PyYAML. */
  value(node: YamlNode): unknown {
    if (this.#values.has(node)) return this.#values.get(node)
    const value = this.#construct(node)
    this.#values.set(node, value)
    return value
  }

  #construct(node: YamlNode): unknown {
    switch (node.kind) {
      case 'scalar':
        return constructScalar(node)
      case 'sequence':
        expectTag(node, ['seq'])
        return node.items.map((item) => this.value(item))
      case 'mapping':
        expectTag(node, ['map', 'omap', 'set'])
        return this.#mapping(node)
    }
  }

  #mapping(node: YamlMapping): unknown {
    this.#flatten(node)
    const result: Record<string, unknown> = {}
    const first = new Map<string, YamlNode>()
    for (const [keyNode, valueNode] of node.pairs) {
      const key = this.#key(keyNode)
      if (first.has(key)) throw new YamlFault(`the key '${key}' is there twice`, keyNode.start)
      first.set(key, keyNode)
      // Plain assignment to `__proto__` would change the object's prototype.
      Object.defineProperty(result, key, {
        value: this.value(valueNode),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return node.tag === `${core}set` ? new Set(first.keys()) : result
  }

  #key(node: YamlNode): string {
    if (node.kind === 'scalar') return pythonString(node.plain && node.text === '=' ? '=' : this.value(node))
    const what = node.kind === 'mapping' ? 'a mapping' : 'a list'
    throw new YamlFault(`${what} cannot be a key (quote a text that starts with a bracket or a brace)`, node.start)
  }

  /** Replaces `<<` by the pairs it brings: they come first, and a key of the mapping's own wins. */
  #flatten(node: YamlMapping): void {
    if (this.#flattened.has(node)) return
    this.#flattened.add(node)
    if (!node.pairs.some(([key]) => isMergeKey(key))) return
    const own = node.pairs.filter(([key]) => !isMergeKey(key))
    const ownKeys = new Set(own.map(([key]) => (key.kind === 'scalar' ? key.text : undefined)))
    const brought = node.pairs
      .filter(([key]) => isMergeKey(key))
      .flatMap(([key, value]) => this.#mergeSources(key, value))
      .flatMap((source) => source.pairs)
      .filter(([key]) => key.kind !== 'scalar' || !ownKeys.has(key.text))
    this.#merged += brought.length
    if (this.#merged > mergeLimit) throw new YamlFault('merge keys bring too many entries', node.start)
    node.pairs.splice(0, node.pairs.length, ...brought, ...own)
  }

  /** A later mapping of a list comes before an earlier one. */
  #mergeSources(key: YamlNode, value: YamlNode): YamlMapping[] {
    const sources = value.kind === 'sequence' ? value.items.toReversed() : [value]
    return sources.map((source) => {
      if (source.kind !== 'mapping')
        throw new YamlFault('only a mapping or a list of mappings can be merged', key.start)
      this.#flatten(source)
      return source
    })
  }
}

function isMergeKey(node: YamlNode): boolean {
  return (
    node.kind === 'scalar' && (node.tag === undefined ? node.plain && node.text === '<<' : node.tag === `${core}merge`)
  )
}

function expectTag(node: YamlSequence | YamlMapping, names: readonly string[]): void {
  if (node.tag === undefined || names.some((name) => node.tag === core + name)) return
  throw unknownTag(node.tag, node.start)
}

function unknownTag(tag: string, offset: number): YamlFault {
  const shown = tag.startsWith(core) ? `!!${tag.slice(core.length)}` : tag
  return new YamlFault(`the tag ${shown} is not known here`, offset)
}

function constructScalar(node: YamlScalar): unknown {
  const kind = node.tag === undefined ? (node.plain ? scalarKind(node.text) : 'str') : tagKind(node.tag)
  const value = readScalar(kind, node)
  if (value === undefined) throw new YamlFault(`'${node.text}' is no value of the kind ${kind}`, node.start)
  return value
}

function tagKind(tag: string): string {
  return tag.startsWith(core) ? tag.slice(core.length) : tag
}

function readScalar(kind: string, node: YamlScalar): unknown {
  switch (kind) {
    case 'str':
    case 'python/unicode':
    case 'timestamp':
      return node.text
    case 'null':
      return null
    case 'bool':
      return readBool(node.text)
    case 'int':
      return readInt(node.text)
    case 'float':
      return readFloat(node.text)
    case 'binary':
      return readBinary(node.text)
    case 'merge':
    case 'value':
      throw new YamlFault(`a lone ${node.text} has no meaning as a value; quote it`, node.start)
    default:
      throw unknownTag(node.tag ?? kind, node.start)
  }
}

function readBinary(text: string): Uint8Array | undefined {
  const base64 = text.replace(/\s+/g, '')
  return /^[A-Za-z0-9+/]*={0,2}$/.test(base64) && base64.length % 4 === 0 ? Buffer.from(base64, 'base64') : undefined
}

function lineOfPath(source: string, root: YamlNode | undefined, path: ValuePath): number | undefined {
  if (root === undefined) return undefined
  let node: YamlNode | undefined = root
  let start = root.start
  for (const part of path) {
    const found: { place: YamlNode; value: YamlNode } | undefined = childOf(node, part)
    if (found === undefined) break
    start = found.place.start
    node = found.value
  }
  return positionOf(source, start).line
}

function childOf(node: YamlNode, part: string | number): { place: YamlNode; value: YamlNode } | undefined {
  if (node.kind === 'sequence' && typeof part === 'number') {
    const item = node.items[part]
    return item === undefined ? undefined : { place: item, value: item }
  }
  if (node.kind !== 'mapping') return undefined
  const pair = node.pairs.find(([key]) => key.kind === 'scalar' && pythonString(constructKey(key)) === String(part))
  return pair === undefined ? undefined : { place: pair[0], value: pair[1] }
}

function constructKey(key: YamlScalar): unknown {
  return key.text === '=' ? key.text : constructScalar(key)
}

interface Position {
  readonly line: number
  readonly column: number
  readonly text: string
}

function positionOf(source: string, offset: number): Position {
  let line = 1
  let lineStart = 0
  for (const { index, 0: lineBreak } of source.matchAll(/\r\n|\r|\n/g)) {
    if (index + lineBreak.length > offset) break
    line += 1
    lineStart = index + lineBreak.length
  }
  const [text = ''] = source.slice(lineStart).split(/[\r\n]/, 1)
  return { line, column: offset - lineStart + 1, text }
}

function faultAt(source: string, fault: YamlFault, options: YamlOptions): SaltError {
  const position = positionOf(source, Math.min(fault.offset, source.length))
  const { line, column, text } = position
  const place = `${line}:${column}`
  const tabbed = /^ *\t/.test(text)
  const reason = tabbed ? 'a tab is used to indent this line' : fault.message
  return new SaltError(options.code ?? 'configuration', `${reason}${excerpt(position)}`, {
    where: options.file === undefined ? `line ${line}, column ${column}` : `${options.file}:${place}`,
    ...hintFor(tabbed, text),
    cause: fault,
  })
}

function hintFor(tabbed: boolean, text: string): { hint?: string } {
  if (tabbed) return { hint: 'Indent with spaces.' }
  return text.includes('{{') ? { hint: 'Put quotes around a value that starts with {{.' } : {}
}

const excerptWidth = 76

/** The faulty line with a caret under the place, below the reason; a long one is cut around it. Nothing of an empty line. */
function excerpt({ column, text }: Position): string {
  if (text.trim() === '') return ''
  const from = Math.max(0, Math.min(column - 1 - excerptWidth / 2, text.length - excerptWidth))
  const shown = text.slice(from, from + excerptWidth).replace(/\p{Cc}/gu, ' ')
  return `\n    ${shown}\n    ${' '.repeat(Math.max(0, column - 1 - from))}^`
}
