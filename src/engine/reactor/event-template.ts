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

/** A reaction file, or an inline reaction, as it was read; filled anew for each event. */
export interface EventTemplate {
  /** Throws `execution-failed` with file and line where the event has no such value. */
  fill(event: TemplateEvent): unknown
}

export interface FileTemplate extends EventTemplate {
  readonly file: string
  readonly marks: YamlMarks
}

export interface InlineTemplate extends EventTemplate {
  /** The reactions with something in place of each value. */
  readonly shape: unknown
}

interface Expression {
  readonly text: string
  readonly where: string
  /** `data`, `tag`, and what is looked up in it. */
  readonly path: readonly Step[]
  readonly filters: readonly Filter[]
}

/** A name or number, or Python's `.get(name, fallback)`. */
type Step = string | number | { readonly get: string; readonly fallback: unknown }

interface Filter {
  readonly name: string
  readonly argument?: unknown
}

const expressionPattern = /\{\{-?(.*?)-?\}\}/gs
const commentPattern = /\{#.*?#\}/gs
/** Characters that no file has: what stands between them is the number of an expression. */
const [opening, closing] = ['\ue000', '\ue001']
const placeholderPattern = new RegExp(`${opening}(\\d+)${closing}`, 'g')
/** Those of Salt that write YAML write nothing here: a value is never read as YAML. */
const yamlFilters = ['yaml_dquote', 'yaml_encode', 'yaml_squote']
const jsonFilters = ['json', 'tojson']
const filterNames = ['default', 'd', 'int', 'lower', 'quote', 'string', 'upper', ...jsonFilters, ...yamlFilters]
const expressionHint =
  "Name one, such as data['id'], data.data.load or data.get('load', 0), with at most the filters default, int, json, lower, quote, string, upper."

/** Throws `configuration` with file and line for what is no YAML, or an expression beyond those above. */
export async function parseEventTemplate(source: string, file: string): Promise<FileTemplate> {
  const { parseYamlWithMarks } = await import('../../base/yaml.ts')
  const expressions: Expression[] = []
  const place = (at: number): string => `${file}:${lineAt(source, at)}`
  const fault: Fault = (at, message, hint) => new SaltError('configuration', message, { where: place(at), hint })
  refuseTags(source, fault)
  const plain = withoutComments(withoutShebang(source, fault))
  const { value, marks } = parseYamlWithMarks(withPlaceholders(plain, { expressions, place, fault }), { file })
  return {
    file,
    marks,
    fill: (event) => fillIn(value, (index, isWhole) => evaluate(expressions[index], event, isWhole)),
  }
}

/** For reactions that stand in the configuration itself, at `where`. Throws `configuration`. */
export function inlineTemplate(value: unknown, where: string): InlineTemplate {
  const expressions: Expression[] = []
  const fault: Fault = (_at, message, hint) => new SaltError('configuration', message, { where, hint })
  const shape = mapTexts(value, (text) => {
    refuseTags(text, fault)
    // Such a text had to be quoted: `{{` begins a mapping otherwise.
    return withPlaceholders(text, { expressions, place: () => where, fault, isQuoted: true })
  })
  return { shape, fill: (event) => fillIn(shape, (index, isWhole) => evaluate(expressions[index], event, isWhole)) }
}

interface Reading {
  /** Gets what is found. */
  readonly expressions: Expression[]
  readonly place: (at: number) => string
  readonly fault: Fault
  readonly isQuoted?: boolean
}

function withPlaceholders(text: string, { expressions, place, fault, isQuoted }: Reading): string {
  if (text.includes(opening)) throw fault(text.indexOf(opening), 'a character of the private use area', 'Remove it.')
  return text.replace(expressionPattern, (_whole, inside: string, at: number) => {
    const expression = parseExpression(inside.trim())
    if (expression === undefined) throw fault(at, `'${inside.trim()}' is no value of an event`, expressionHint)
    const filters = isQuoted === true || /['"]$/.test(text.slice(0, at)) ? expression.filters : bare(expression.filters)
    expressions.push({ ...expression, filters, text: inside.trim(), where: place(at) })
    return `${opening}${expressions.length - 1}${closing}`
  })
}

/** JSON without quotes is read as YAML by Salt, and becomes the value again. */
function bare(filters: readonly Filter[]): readonly Filter[] {
  const last = filters.at(-1)
  return last !== undefined && jsonFilters.includes(last.name) ? [...filters.slice(0, -1), { name: bareJson }] : filters
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

const getStep = /^\.get\(\s*(?:'([^']*)'|"([^"]*)")\s*(?:,\s*('[^']*'|"[^"]*"|[^'")]*))?\)/
const pathStep = /^(?:\.([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\])/

function parsePath(text: string): readonly Step[] | undefined {
  const [start] = /^(?:tag|data)(?!\w)/.exec(text) ?? []
  if (start === undefined) return undefined
  const path: Step[] = [start]
  let rest = text.slice(start.length)
  while (rest !== '') {
    const get = getStep.exec(rest)
    if (get !== null) {
      const [whole, single, double, given] = get
      const fallback = given === undefined ? { value: null } : parseLiteral(given.trim())
      if (fallback === undefined) return undefined
      path.push({ get: single ?? double ?? '', fallback: fallback.value })
      rest = rest.slice(whole.length).trimStart()
      continue
    }
    const step = pathStep.exec(rest)
    if (step === null) return undefined
    const [whole, attribute, single, double, index] = step
    path.push(index === undefined ? (attribute ?? single ?? double ?? '') : Number(index))
    rest = rest.slice(whole.length).trimStart()
  }
  return path
}

function parseFilter(text: string): Filter | undefined {
  const [, name = '', argument] = /^([a-z_]+)\s*(?:\((.*)\))?$/s.exec(text) ?? []
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
/** The JSON of a value that is a whole value of the file: the value itself. */
const bareJson = 'json without quotes'

function evaluate(expression: Expression | undefined, event: TemplateEvent, isWhole: boolean): unknown {
  if (expression === undefined) return null
  let value: unknown = lookUp({ tag: event.tag, data: event.data }, expression.path)
  for (const filter of expression.filters) value = apply(filter, value, isWhole)
  if (value !== missing) return value
  throw new SaltError('execution-failed', `the event ${event.tag} has no ${expression.text}`, {
    where: expression.where,
    hint: `Give it a value to fall back on: {{ ${expression.text} | default('…') }}.`,
  })
}

function lookUp(event: Readonly<Record<string, unknown>>, path: readonly Step[]): unknown {
  let value: unknown = event
  for (const step of path) {
    if (typeof step === 'object') {
      if (!isRecord(value)) return missing
      value = Object.hasOwn(value, step.get) ? value[step.get] : step.fallback
    } else if (Array.isArray(value) && typeof step === 'number' && step < value.length) value = value[step]
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step]
    else return missing
  }
  return value
}

function apply({ name, argument = '' }: Filter, value: unknown, isWhole: boolean): unknown {
  if (name === 'default' || name === 'd') return value === missing ? argument : value
  if (value === missing) return missing
  switch (name) {
    case bareJson:
      return isWhole ? value : toJson(value)
    case 'yaml_encode':
      return value
    case 'quote':
      return shellQuoted(pythonString(value))
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

/** `isWhole`: nothing else stands in the text. */
type Evaluated = (index: number, isWhole: boolean) => unknown

/** A copy with every placeholder replaced. */
function fillIn(value: unknown, evaluated: Evaluated): unknown {
  if (typeof value === 'string') return fillText(value, evaluated)
  if (Array.isArray(value)) return value.map((item) => fillIn(item, evaluated))
  if (!isPlain(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [pythonString(fillText(key, evaluated)), fillIn(item, evaluated)]),
  )
}

const fromEvents = new WeakSet<object>()

function marked(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) fromEvents.add(value)
  return value
}

/** Whether an event gave this mapping or list: what is in it are values, and says nothing of how they are used. */
export function isFromEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && fromEvents.has(value)
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]))
}

/** One word for a POSIX shell. */
function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype
}

function fillText(text: string, evaluated: Evaluated): unknown {
  const whole = new RegExp(`^${placeholderPattern.source}$`).exec(text)
  if (whole !== null) return marked(evaluated(Number(whole[1]), true))
  return text.replace(placeholderPattern, (_whole, index: string) => pythonString(evaluated(Number(index), false)))
}
