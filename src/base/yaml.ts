/**
 * YAML as Salt reads it (PyYAML's YAML 1.1 with Salt's loader), into plain objects with text keys.
 *
 * This module loads js-yaml: import it lazily (`await import('../base/yaml.ts')`) where a quick command may not need it.
 */
import { type ErrorCode, SaltError } from './errors.ts'
import { pythonString } from './python-repr.ts'
import type { ValuePath } from './validate.ts'
import { isWrittenKey, setWritten } from './written-keys.ts'
import { constructYaml, scalarValue, type YamlModel } from './yaml-construct.ts'
import { YamlFault, type YamlPosition, yamlPosition } from './yaml-fault.ts'
import { readWithLibrary } from './yaml-library.ts'
import type { YamlNode, YamlScalar } from './yaml-nodes.ts'

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
  const source = text.startsWith('\ufeff') ? text.slice(1) : text
  try {
    return readWithLibrary(source, (node) => ({
      value: node === undefined ? null : constructYaml(node, plainModel),
      marks: { line: (path) => lineOfPath(source, node, path) },
    }))
  } catch (error) {
    if (error instanceof YamlFault) throw faultAt(source, error, options)
    throw error
  }
}

/** Plain objects that remember which of their keys are no texts. */
const plainModel: YamlModel<Record<string, unknown>, Set<unknown>> = {
  mapping: () => ({}),
  set: () => new Set(),
  pair: (key, value) => [key, value],
  key: (value) => (isWrittenKey(value) ? value : pythonString(value)),
  hasKey: (mapping, key) => Object.hasOwn(mapping, pythonString(key)),
  setKey: (mapping, key, value) => setWritten(mapping, isWrittenKey(key) ? key : pythonString(key), value),
  addMember: (set, key) => set.add(pythonString(key)),
  keyText: pythonString,
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
  return yamlPosition(source, start).line
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
  return key.text === '=' ? key.text : scalarValue(key)
}

function faultAt(source: string, fault: YamlFault, options: YamlOptions): SaltError {
  const position = yamlPosition(source, Math.min(fault.offset, source.length))
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
function excerpt({ column, text }: YamlPosition): string {
  if (text.trim() === '') return ''
  const from = Math.max(0, Math.min(column - 1 - excerptWidth / 2, text.length - excerptWidth))
  const shown = text.slice(from, from + excerptWidth).replace(/\p{Cc}/gu, ' ')
  return `\n    ${shown}\n    ${' '.repeat(Math.max(0, column - 1 - from))}^`
}
