/**
 * Reaction files with values of the event in them: `{{ data['id'] }}`, `{{ data.data.load | default(0) }}`, `{{ tag }}`.
 *
 * The text becomes data before any value of the event is put into it: whatever a minion says, it says it inside one value, and can
 * add no key, no list item and no reaction. A place that is nothing but one expression takes the value as it is, with its type.
 */
import { SaltError } from '../../base/errors.ts'
import { toJson } from '../../base/json.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import type { YamlMarks } from '../../base/yaml.ts'
import type { EventData } from '../../bus/event.ts'

export interface TemplateEvent {
  readonly tag: string
  readonly data: EventData
}

/** A reaction file as it was read; filled anew for each event. */
export interface EventTemplate {
  readonly file: string
  readonly marks: YamlMarks
  /** Throws `execution-failed` with file and line where the event has no such value. */
  fill(event: TemplateEvent): unknown
}

interface Expression {
  readonly text: string
  readonly line: number
  /** `data`, `tag`, and what is looked up in it. */
  readonly path: readonly (string | number)[]
  readonly filters: readonly Filter[]
}

interface Filter {
  readonly name: string
  readonly argument?: unknown
}

const expressionPattern = /\{\{-?(.*?)-?\}\}/gs
const commentPattern = /\{#.*?#\}/gs
/** Characters that no file has: what stands between them is the number of an expression. */
const [opening, closing] = ['\ue000', '\ue001']
const placeholderPattern = new RegExp(`${opening}(\\d+)${closing}`, 'g')
const filterNames = ['default', 'd', 'int', 'json', 'lower', 'string', 'tojson', 'upper']

/** Throws `configuration` with file and line for what is no YAML, or an expression beyond those above. */
export async function parseEventTemplate(source: string, file: string): Promise<EventTemplate> {
  const { parseYamlWithMarks } = await import('../../base/yaml.ts')
  const expressions: Expression[] = []
  const fault = (at: number, message: string, hint: string): SaltError =>
    new SaltError('configuration', message, { where: `${file}:${lineAt(source, at)}`, hint })
  if (source.includes(opening))
    throw fault(source.indexOf(opening), 'a character of the private use area', 'Remove it.')
  refuseTags(source, fault)
  const text = withoutComments(withoutShebang(source, fault)).replace(
    expressionPattern,
    (_whole, inside: string, at: number) => {
      const expression = parseExpression(inside.trim())
      if (expression === undefined) {
        throw fault(
          at,
          `'${inside.trim()}' is no value of an event`,
          "Name one, such as data['id'] or data.data.load, with at most the filters default, int, json, lower, string, upper.",
        )
      }
      expressions.push({ ...expression, text: inside.trim(), line: lineAt(source, at) })
      return `${opening}${expressions.length - 1}${closing}`
    },
  )
  const { value, marks } = parseYamlWithMarks(text, { file })
  return { file, marks, fill: (event) => fillIn(value, (index) => evaluate(expressions[index], event, file)) }
}

type Fault = (at: number, message: string, hint: string) => SaltError

function refuseTags(source: string, fault: Fault): void {
  const at = source.replace(commentPattern, blank).search(/\{%/)
  if (at === -1) return
  throw fault(
    at,
    'template tags ({% … %}) are not known in reaction files',
    'Use values ({{ … }}), and several rules with narrower tags instead of conditions.',
  )
}

function withoutShebang(source: string, fault: Fault): string {
  const [, renderers] = /^#!([^\n]*)/.exec(source) ?? []
  if (renderers === undefined || ['yaml', 'jinja|yaml'].includes(renderers.replaceAll(' ', ''))) return source
  throw fault(
    0,
    `reaction files are YAML; '${renderers.trim()}' is not known here`,
    'Begin the file with #!yaml, or with nothing of that kind.',
  )
}

/** Lines stay where they are. */
function withoutComments(source: string): string {
  return source.replace(commentPattern, blank)
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}

function lineAt(source: string, at: number): number {
  return source.slice(0, at).split('\n').length
}

function parseExpression(text: string): Pick<Expression, 'path' | 'filters'> | undefined {
  const [first = '', ...rest] = splitOutsideQuotes(text, '|')
  const path = parsePath(first.trim())
  const filters = rest.map((filter) => parseFilter(filter.trim()))
  if (path === undefined || filters.some((filter) => filter === undefined)) return undefined
  return { path, filters: filters.filter((filter) => filter !== undefined) }
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  return text.match(new RegExp(`(?:'[^']*'|"[^"]*"|[^'"${separator}])+`, 'g')) ?? []
}

const pathStep = /^(?:\.([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\])/

function parsePath(text: string): readonly (string | number)[] | undefined {
  const [start] = /^(?:tag|data)(?!\w)/.exec(text) ?? []
  if (start === undefined) return undefined
  const path: (string | number)[] = [start]
  let rest = text.slice(start.length)
  while (rest !== '') {
    const step = pathStep.exec(rest)
    if (step === null) return undefined
    const [whole, attribute, single, double, index] = step
    path.push(index === undefined ? (attribute ?? single ?? double ?? '') : Number(index))
    rest = rest.slice(whole.length).trimStart()
  }
  return path
}

function parseFilter(text: string): Filter | undefined {
  const [, name = '', argument] = /^([a-z]+)\s*(?:\((.*)\))?$/s.exec(text) ?? []
  if (!filterNames.includes(name)) return undefined
  if (argument === undefined || argument.trim() === '') return { name }
  const literal = parseLiteral(argument.trim())
  return literal === undefined ? undefined : { name, argument: literal.value }
}

function parseLiteral(text: string): { readonly value: unknown } | undefined {
  const [, single, double] = /^(?:'([^']*)'|"([^"]*)")$/.exec(text) ?? []
  const quoted = single ?? double
  if (quoted !== undefined) return { value: quoted }
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return { value: Number(text) }
  const words: Readonly<Record<string, unknown>> = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    '[]': [],
    '{}': {},
  }
  return Object.hasOwn(words, text) ? { value: words[text] } : undefined
}

const missing = Symbol('no such value')

function evaluate(expression: Expression | undefined, event: TemplateEvent, file: string): unknown {
  if (expression === undefined) return null
  let value: unknown = lookUp({ tag: event.tag, data: event.data }, expression.path)
  for (const filter of expression.filters) value = apply(filter, value)
  if (value !== missing) return value
  throw new SaltError('execution-failed', `the event ${event.tag} has no ${expression.text}`, {
    where: `${file}:${expression.line}`,
    hint: `Give it a value to fall back on: {{ ${expression.text} | default('…') }}.`,
  })
}

function lookUp(event: Readonly<Record<string, unknown>>, path: readonly (string | number)[]): unknown {
  let value: unknown = event
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number' && step < value.length) value = value[step]
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step]
    else return missing
  }
  return value
}

function apply({ name, argument = '' }: Filter, value: unknown): unknown {
  if (name === 'default' || name === 'd') return value === missing ? argument : value
  if (value === missing) return missing
  switch (name) {
    case 'json':
    case 'tojson':
      return toJson(value)
    case 'int':
      return Number.isNaN(Number(value)) ? 0 : Math.trunc(Number(value))
    case 'lower':
      return pythonString(value).toLowerCase()
    case 'upper':
      return pythonString(value).toUpperCase()
    default:
      return pythonString(value)
  }
}

/** A copy with every placeholder replaced. */
function fillIn(value: unknown, evaluated: (index: number) => unknown): unknown {
  if (typeof value === 'string') return fillText(value, evaluated)
  if (Array.isArray(value)) return value.map((item) => fillIn(item, evaluated))
  if (!isPlain(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [pythonString(fillText(key, evaluated)), fillIn(item, evaluated)]),
  )
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype
}

function fillText(text: string, evaluated: (index: number) => unknown): unknown {
  const whole = new RegExp(`^${placeholderPattern.source}$`).exec(text)
  if (whole !== null) return evaluated(Number(whole[1]))
  return text.replace(placeholderPattern, (_whole, index: string) => pythonString(evaluated(Number(index))))
}
