/** JSON Schema as people write it, read as the part of it that arguments are checked by. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { Schema } from '../../base/schema.ts'

const types = ['string', 'integer', 'number', 'boolean', 'null', 'array', 'object'] as const

/** Keywords of texts and numbers that are taken as they are. */
const plainKeywords = ['description', 'format', 'pattern', 'minimum', 'maximum', 'default'] as const

/** Throws `bad-arguments` with the path to what is not understood. */
export function readJsonSchema(given: unknown, path: string, where: string): Schema {
  const wrong = (what: string): SaltError => new SaltError('bad-arguments', `${path} ${what}`, { where })
  if (given === true) return {}
  if (!isRecord(given)) throw wrong('must be a JSON Schema: a mapping')
  if (given.$ref !== undefined) throw wrong('has a $ref, which is not understood here: write the schema itself')
  const schema: Record<string, unknown> = {}
  for (const keyword of plainKeywords) if (given[keyword] !== undefined) schema[keyword] = given[keyword]
  const inner = (key: string): Schema => readJsonSchema(given[key], `${path}.${key}`, where)
  if (given.const !== undefined) schema.enum = [given.const]
  if (Array.isArray(given.enum)) schema.enum = given.enum
  const alternatives = given.anyOf ?? given.oneOf
  if (Array.isArray(alternatives)) {
    schema.anyOf = alternatives.map((one, index) => readJsonSchema(one, `${path}.anyOf[${index}]`, where))
  }
  if (given.items !== undefined) schema.items = inner('items')
  if (isRecord(given.properties)) Object.assign(schema, readProperties(given, path, where))
  if (isRecord(given.additionalProperties)) schema.additionalProperties = inner('additionalProperties')
  else if (given.additionalProperties === false) schema.additionalProperties = false
  const named: readonly unknown[] = given.type === undefined ? [] : [given.type].flat()
  const unknown = named.find((one) => !types.some((type) => type === one))
  if (unknown !== undefined) throw wrong(`has the type ${JSON.stringify(unknown)}; there are ${types.join(', ')}`)
  if (named.length > 1) return { anyOf: named.map((type) => ({ ...schema, type })) as readonly Schema[] }
  return (named.length === 1 ? { ...schema, type: named[0] } : schema) as Schema
}

function readProperties(
  { properties, required }: Readonly<Record<string, unknown>>,
  path: string,
  where: string,
): { properties: Record<string, Schema>; required: readonly string[] } {
  const needed = Array.isArray(required) ? required.map(String) : []
  const read = Object.entries(isRecord(properties) ? properties : {}).map(([name, one]) => {
    const schema = readJsonSchema(one, `${path}.properties.${name}`, where)
    return [name, needed.includes(name) ? schema : { ...schema, 'x-optional': true as const }] as const
  })
  return { properties: Object.fromEntries(read), required: needed }
}
