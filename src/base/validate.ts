/** Interprets the schemas of `schema.ts`: checks a value, and optionally bends it into shape as Salt's users expect. */
import { Float } from './float.ts'
import { pythonRepr, pythonString } from './python-repr.ts'
import type { Schema } from './schema.ts'
import { didYouMean, nearest } from './text.ts'
import { keyText, setWritten, writtenEntries } from './written-keys.ts'

export type ValuePath = readonly (string | number)[]

export interface Issue {
  /** Keys and indexes from the top of the value to the fault; empty for the value itself. */
  readonly path: ValuePath
  /** A predicate: `must be an integer, not 'abc'`. */
  readonly message: string
}

export interface Validation<T> {
  /** The value with defaults filled in and floats unboxed; what it was, as far as possible, where there are issues. */
  readonly value: T
  readonly issues: readonly Issue[]
}

/** Checks strictly. Only an integral `Float` is taken as the number it is. */
export function validate<T>(schema: Schema<T>, value: unknown): Validation<T> {
  return run(schema, value, false)
}

/**
 * Checks a function argument or configuration value, which came through YAML and so may have another type than meant:
 * a text is wanted and `5` was written, or a number and `'5'` was quoted. Booleans are taken from `true`/`false` and
 * `True`/`False` only. Null for something optional means that it was left out.
 */
export function coerceArgument<T>(schema: Schema<T>, value: unknown): Validation<T> {
  return run(schema, value, true)
}

/** `a.b[0]`; empty for the value itself. */
export function formatPath(path: ValuePath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}

/** Issues as one sentence part each: `limits.soft must be …`; `name` stands for the value itself. */
export function describeIssues(issues: readonly Issue[], name: string): string {
  return issues.map(({ path, message }) => `${formatPath([name, ...path])} ${message}`).join('; ')
}

function run<T>(schema: Schema<T>, value: unknown, coerce: boolean): Validation<T> {
  const issues: Issue[] = []
  const result = check(schema, value, { coerce, path: [], issues })
  return { value: result as T, issues }
}

interface Walk {
  readonly coerce: boolean
  readonly path: ValuePath
  readonly issues: Issue[]
}

function check(schema: Schema, given: unknown, walk: Walk): unknown {
  const absent = given === undefined || (walk.coerce && given === null && !acceptsNull(schema))
  if (absent && schema['x-optional']) return schema.default
  if (given === undefined) return fail(walk, 'is missing', given)
  if (schema.anyOf !== undefined) return checkAny(schema, schema.anyOf, given, walk)
  if (schema.enum !== undefined) return checkEnum(schema.enum, given, walk)
  switch (schema.type) {
    case undefined:
      return given
    case 'null':
      return given === null ? given : fail(walk, `must be null, not ${show(given)}`, given)
    case 'string':
      return checkText(schema, given, walk)
    case 'integer':
    case 'number':
      return checkNumber(schema, given, walk)
    case 'boolean':
      return checkBoolean(given, walk)
    case 'array':
      return checkArray(schema, given, walk)
    case 'object':
      return checkObject(schema, given, walk)
  }
}

function fail(walk: Walk, message: string, given: unknown): unknown {
  walk.issues.push({ path: walk.path, message })
  return given
}

/** A value for messages: short, and as the user of Salt knows it. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isMapping(value)) return 'a mapping'
  const text = pythonRepr(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** A plain object: what a mapping of the configuration or of an argument is. Boxed numbers, bytes and sets are not. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function unknownName(name: string, known: readonly string[]): string {
  const near = didYouMean(nearest(name, known))
  return near === '' ? 'is not known here' : `is not known here.${near}`
}

function acceptsNull(schema: Schema): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some(acceptsNull)
  if (schema.enum !== undefined) return schema.enum.includes(null)
  return schema.type === undefined || schema.type === 'null'
}

/** The first alternative that fits exactly wins, then the first that fits with coercion: `5` stays a number in `number | string`. */
function checkAny(schema: Schema, alternatives: readonly Schema[], given: unknown, walk: Walk): unknown {
  for (const coerce of walk.coerce ? [false, true] : [false]) {
    for (const alternative of alternatives) {
      const issues: Issue[] = []
      const result = check(alternative, given, { coerce, path: walk.path, issues })
      if (issues.length === 0) return result
    }
  }
  // One alternative of the right shape knows best what is wrong inside.
  const shaped = alternatives.filter(
    (alternative) =>
      (Array.isArray(given) && alternative.type === 'array') || (isMapping(given) && alternative.type === 'object'),
  )
  const [only] = shaped
  if (shaped.length === 1 && only !== undefined) return check(only, given, walk)
  return fail(walk, `must be ${expectation(schema)}, not ${show(given)}`, given)
}

/** Words for what a schema wants: `an integer`, `a list of text`, `one of 'a', 'b'`. */
export function expectation(schema: Schema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(expectation))].join(' or ')
  if (schema.enum !== undefined) {
    const values = schema.enum.map(pythonRepr)
    return values.length === 1 ? values.join() : `one of ${values.join(', ')}`
  }
  if (schema.type === undefined) return 'any value'
  switch (schema.type) {
    case 'null':
      return 'null'
    case 'string':
      return schema.format === 'path' ? 'a path' : 'text'
    case 'integer':
      return `an integer${range(schema)}`
    case 'number':
      return schema.format === 'seconds' ? 'a number of seconds' : `a number${range(schema)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return schema.items?.type === undefined ? 'a list' : `a list of ${plain(schema.items)}`
    case 'object':
      return 'a mapping'
  }
}

const itemWords: Readonly<Record<string, string>> = {
  string: 'texts',
  integer: 'integers',
  number: 'numbers',
  boolean: 'booleans',
  array: 'lists',
  object: 'mappings',
}

function plain(schema: Schema): string {
  return itemWords[schema.type ?? ''] ?? 'values'
}

function range({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of ${minimum} or more`
  return maximum === undefined ? '' : ` of ${maximum} or less`
}

function checkEnum(values: readonly unknown[], given: unknown, walk: Walk): unknown {
  if (values.includes(given)) return given
  if (walk.coerce) {
    const text = pythonString(given).toLowerCase()
    const match = values.findIndex((value) => pythonString(value).toLowerCase() === text)
    if (match >= 0) return values[match]
  }
  return fail(walk, `must be ${expectation({ enum: values })}, not ${show(given)}`, given)
}

function checkText(schema: Schema, given: unknown, walk: Walk): unknown {
  const text = walk.coerce ? asText(schema, given) : given
  if (typeof text !== 'string') return fail(walk, `must be ${expectation(schema)}, not ${show(given)}`, given)
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(text)) {
    return fail(walk, `must match ${schema.pattern}, but is ${show(text)}`, given)
  }
  return text
}

function asText(schema: Schema, given: unknown): unknown {
  // A shell knows `true` and `false`; anything else meets the word that Python would have made of it.
  if (typeof given === 'boolean') return schema.format === 'command' ? String(given) : pythonString(given)
  if (typeof given === 'number' || typeof given === 'bigint' || given instanceof Float) return pythonString(given)
  return given
}

function checkNumber(schema: Schema, given: unknown, walk: Walk): unknown {
  const wanted = expectation(schema)
  const number = asNumber(given, walk.coerce)
  if (typeof number === 'bigint') {
    return insideRange(schema, number) ? number : fail(walk, `must be ${wanted}, not ${number}`, given)
  }
  const fits =
    number !== undefined &&
    !Number.isNaN(number) &&
    (schema.type === 'number' || Number.isInteger(number)) &&
    insideRange(schema, number)
  return fits ? number : fail(walk, `must be ${wanted}, not ${show(given)}`, given)
}

function asNumber(given: unknown, coerce: boolean): number | bigint | undefined {
  if (typeof given === 'number' || typeof given === 'bigint') return given
  if (given instanceof Float) return given.value
  if (!coerce || typeof given !== 'string') return undefined
  const text = given.trim()
  if (/^[-+]?\d+$/.test(text)) {
    const number = Number(text)
    return Number.isSafeInteger(number) ? number : BigInt(text.replace(/^\+/, ''))
  }
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined
}

function insideRange({ minimum, maximum }: Schema, number: number | bigint): boolean {
  return (minimum === undefined || number >= minimum) && (maximum === undefined || number <= maximum)
}

function checkBoolean(given: unknown, walk: Walk): unknown {
  if (typeof given === 'boolean') return given
  if (walk.coerce && (given === 'true' || given === 'True' || given === 1)) return true
  if (walk.coerce && (given === 'false' || given === 'False' || given === 0)) return false
  return fail(walk, `must be true or false, not ${show(given)}`, given)
}

function checkArray(schema: Schema, given: unknown, walk: Walk): unknown {
  if (!Array.isArray(given)) return fail(walk, `must be ${expectation(schema)}, not ${show(given)}`, given)
  const { items } = schema
  if (items === undefined) return given
  return given.map((item: unknown, index) => check(items, item, { ...walk, path: [...walk.path, index] }))
}

function checkObject(schema: Schema, given: unknown, walk: Walk): unknown {
  if (!isMapping(given)) return fail(walk, `must be a mapping, not ${show(given)}`, given)
  const properties = schema.properties ?? {}
  const result: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined && !schema.required?.includes(name) && property['x-optional'] !== true) continue
    const checked = check(property, value, { ...walk, path: [...walk.path, name] })
    if (checked !== undefined) setWritten(result, name, checked)
  }
  for (const [key, value] of writtenEntries(given)) {
    const name = keyText(key)
    if (Object.hasOwn(properties, name)) continue
    const inner = { ...walk, path: [...walk.path, name] }
    if (schema.additionalProperties === false) fail(inner, unknownName(name, Object.keys(properties)), value)
    else if (typeof schema.additionalProperties === 'object')
      setWritten(result, key, check(schema.additionalProperties, value, inner))
    else setWritten(result, key, value)
  }
  return result
}
