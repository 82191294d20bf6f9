/** Enough of JSON Schema to try out schemas that the program writes. */
import assert from 'node:assert/strict'

type Json = Readonly<Record<string, unknown>>

const known: ReadonlySet<string> = new Set([
  ...['$schema', '$ref', '$defs', 'title', 'description', 'default', 'type', 'enum', 'anyOf', 'pattern', 'items'],
  ...['properties', 'patternProperties', 'additionalProperties', 'required', 'minProperties', 'maxProperties'],
  ...['minimum', 'maximum'],
])

/** Whether a value fits. Fails where the schema has a keyword that is not known here. */
export function fitsSchema(value: unknown, schema: unknown, root: unknown = schema): boolean {
  if (typeof schema === 'boolean') return schema
  const rules = asJson(schema)
  for (const keyword of Object.keys(rules))
    assert.ok(known.has(keyword), `the keyword ${keyword} of ${JSON.stringify(rules)}`)
  const { $ref: reference, anyOf, enum: members, type, pattern } = rules
  if (typeof reference === 'string' && !fitsSchema(value, resolve(reference, root), root)) return false
  if (Array.isArray(anyOf) && !anyOf.some((one) => fitsSchema(value, one, root))) return false
  if (Array.isArray(members) && !members.includes(value)) return false
  if (type !== undefined && ![type].flat().some((one) => isOfType(value, one))) return false
  if (typeof value === 'string' && typeof pattern === 'string' && !new RegExp(pattern).test(value)) return false
  if (Array.isArray(value))
    return value.every((item) => rules.items === undefined || fitsSchema(item, rules.items, root))
  return typeof value !== 'object' || value === null || fitsObject(asJson(value), rules, root)
}

function fitsObject(value: Json, rules: Json, root: unknown): boolean {
  const { properties = {}, patternProperties = {}, additionalProperties = true, required = [] } = rules
  const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = rules
  const keys = Object.keys(value)
  if (keys.length < Number(minProperties) || keys.length > Number(maxProperties)) return false
  if (Array.isArray(required) && !required.every((key) => keys.includes(String(key)))) return false
  const named = asJson(properties)
  const patterns = Object.entries(asJson(patternProperties))
  return keys.every((key) => {
    const fitting = patterns.filter(([pattern]) => new RegExp(pattern).test(key)).map(([, rule]) => rule)
    const rulesOfKey = [...(Object.hasOwn(named, key) ? [named[key]] : []), ...fitting]
    const all = rulesOfKey.length === 0 ? [additionalProperties] : rulesOfKey
    return all.every((rule) => fitsSchema(value[key], rule, root))
  })
}

function resolve(reference: string, root: unknown): unknown {
  const found = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, key) => asJson(node)[decodeURIComponent(key)], root)
  assert.ok(found !== undefined, `nothing is at ${reference}`)
  return found
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

function asJson(value: unknown): Json {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), `no object: ${JSON.stringify(value)}`)
  return value as Json
}
