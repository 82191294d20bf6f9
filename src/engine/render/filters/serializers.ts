/** Salt's filters that write values as JSON, YAML, XML or Python, and those that read them. */
import { JsonFault, readJson } from '../data/json-read.ts'
import { writeJson } from '../data/json-write.ts'
import { pformat } from '../data/pformat.ts'
import { writeXml } from '../data/xml-write.ts'
import { dumpYaml, type FlowStyle } from '../data/yaml-dump.ts'
import { loadYaml, YamlError } from '../data/yaml-load.ts'
import { textOf } from '../values/arguments.ts'
import { isInteger } from '../values/arithmetic.ts'
import { Dict } from '../values/dict.ts'
import { isTrue } from '../values/iterate.ts'
import { Markup, Tuple, Undefined, type Value } from '../values/kinds.ts'
import { decodeBytes } from '../values/methods/encoding.ts'
import { str } from '../values/print.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { type Filter, filter } from './filter.ts'

/** Texts that stand for themselves: no escaping on top of what they have. */
function json(value: Value, sortKeys: Value, indent: Value): Markup {
  const margin = indentOf(indent)
  const options = { sortKeys: isTrue(sortKeys), ...(margin === undefined ? {} : { indent: margin }) }
  return new Markup(writeJson(value, options).trim())
}

/** What each level of JSON is indented by, for Python's `indent`: a count of blanks or a text. */
function indentOf(indent: Value): string | undefined {
  if (indent === null) return undefined
  if (isInteger(indent)) return ' '.repeat(Math.min(Math.max(0, Number(indent)), 1000))
  if (typeof indent === 'boolean') return indent ? ' ' : ''
  if (indent instanceof Undefined) return indent.fail()
  const text = textOf(indent)
  if (text === undefined) throw typeError(`can't multiply sequence by non-int of type '${typeName(indent)}'`)
  return text
}

const unsafe: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', "'": '\\u0027' }

/** JSON in ASCII that can stand in HTML, with the options of Python's `json.dumps` that have a meaning here. */
function safeJson(value: Value, indent: Value, options: Value): string {
  const given = options instanceof Map ? options : new Dict()
  const margin = indentOf(indent)
  const text = writeJson(value, {
    sortKeys: isTrue(given.get('sort_keys') ?? false),
    ensureAscii: isTrue(given.get('ensure_ascii') ?? true),
    ...(margin === undefined ? {} : { indent: margin }),
  })
  return text.replace(/[<>&']/g, (character) => unsafe[character] ?? character)
}

function yaml(value: Value, flowStyle: Value): Markup {
  const style: FlowStyle = flowStyle === null ? null : isTrue(flowStyle)
  const text = dumpYaml(value, style).trim()
  return new Markup(text.endsWith('\n...') ? text.slice(0, -4) : text)
}

/** The parameters of a state, one list item each. */
function slsParameters(value: Value, flowStyle: Value): Markup {
  if (value instanceof Undefined) return value.fail()
  if (!(value instanceof Map))
    throw new PyError('AttributeError', `'${typeName(value)}' object has no attribute 'items'`)
  return yaml(
    Array.from(value, (pair) => new Dict([pair])),
    flowStyle,
  )
}

/** The text of a string or of bytes; undefined for what cannot be read. */
function readable(value: Value): string | undefined {
  return value instanceof Uint8Array ? decodeBytes(value) : textOf(value)
}

const excerptLines = 5

/** The lines around a fault, the faulty one marked. */
function excerpt(text: string, line: number): string {
  const lines = text.split('\n')
  const from = Math.max(0, line - 1 - excerptLines)
  const shown = lines.slice(from, line + excerptLines)
  const marked = shown.map((part, index) => (from + index + 1 === line ? `${part}    <======================` : part))
  return [
    '---',
    ...(from > 0 ? ['[...]'] : []),
    ...marked,
    ...(from + shown.length < lines.length ? ['[...]'] : []),
    '---',
  ].join('\n')
}

/** The value of YAML text inside a template. Throws TemplateRuntimeError with the problem and its place in the text. */
function loadYamlText(value: Value): Value {
  if (value instanceof Undefined) return value.fail()
  const text = readable(value)
  if (text === undefined) throw new PyError('TemplateRuntimeError', `Unable to load yaml from ${str(value)}`)
  try {
    return decoded(loadYaml(text))
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    const { line } = error.problem
    const place = line === undefined ? '' : `\n${excerpt(text, line)}`
    const message = `Encountered error loading yaml: ${error.message}${place}`
    throw new PyError('TemplateRuntimeError', message, { problem: error.problem, cause: error })
  }
}

/** Bytes become text and tuples lists, as Salt has it. */
function decoded(value: Value): Value {
  if (value instanceof Uint8Array) return decodeBytes(value)
  if (Array.isArray(value)) return value.some(hasInside) ? mapShared(value) : value
  if (value instanceof Tuple) return value.items.map(decoded)
  if (!(value instanceof Map)) return value
  for (const [key, item] of value) if (hasInside(item)) value.set(key, decoded(item))
  return value
}

function hasInside(value: Value): boolean {
  return typeof value === 'object' && value !== null
}

function mapShared(list: Value[]): Value[] {
  for (const [index, item] of list.entries()) list[index] = decoded(item)
  return list
}

/** The value of JSON text inside a template. Throws TemplateRuntimeError. */
function loadJsonText(value: Value): Value {
  if (value instanceof Undefined) return value.fail()
  const text = readable(value)
  const fault = (problem?: JsonFault): PyError =>
    new PyError('TemplateRuntimeError', `Unable to load json from ${str(value)}`, {
      ...(problem === undefined
        ? {}
        : {
            problem: { type: 'JSONDecodeError', message: problem.message, line: problem.line, column: problem.column },
            cause: problem,
          }),
    })
  if (text === undefined) throw fault()
  try {
    return readJson(text)
  } catch (error) {
    throw error instanceof JsonFault ? fault(error) : error
  }
}

export const serializerFilters: readonly (readonly [string, Filter])[] = [
  [
    'dict_to_sls_yaml_params',
    filter('dict_to_sls_yaml_params', 'value, flow_style=False', (_context, value, flowStyle) =>
      slsParameters(value, flowStyle),
    ),
  ],
  [
    'json',
    filter('format_json', 'value, sort_keys=True, indent=None', (_context, value, sortKeys, indent) =>
      json(value, sortKeys, indent),
    ),
  ],
  ['load_json', filter('load_json', 'value', (_context, value) => loadJsonText(value))],
  ['load_text', filter('load_text', 'value', (_context, value) => (value instanceof Undefined ? value.fail() : value))],
  ['load_yaml', filter('load_yaml', 'value', (_context, value) => loadYamlText(value))],
  ['pprint', filter('do_pprint', 'value', (_context, value) => pformat(value))],
  ['python', filter('format_python', 'value', (_context, value) => new Markup(pformat(value).trim()))],
  [
    'tojson',
    filter('tojson', 'val, indent=None, **options', (_context, value, indent, options) =>
      safeJson(value, indent, options),
    ),
  ],
  ['xml', filter('format_xml', 'value', (_context, value) => new Markup(writeXml(value)))],
  ['yaml', filter('format_yaml', 'value, flow_style=True', (_context, value, flowStyle) => yaml(value, flowStyle))],
]
