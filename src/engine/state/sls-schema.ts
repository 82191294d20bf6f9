/** JSON Schema (draft 2020-12) of SLS files, for editors: from the descriptions of the states. */
import type { Schema } from '../../base/schema.ts'
import type { FunctionDoc } from '../catalogue.ts'
import { globalSchemas, orderSchema } from './option-schemas.ts'
import { requisiteWords, reversedWords } from './requisite-words.ts'

/** A JSON value. */
export type JsonSchema = Readonly<Record<string, unknown>>

export interface SlsSchemaRequest {
  /** `file.managed` → its description. */
  readonly states: ReadonlyMap<string, FunctionDoc>
  /** Further families of states, of which nothing is known. */
  readonly own?: readonly string[]
}

const draft = 'https://json-schema.org/draft/2020-12/schema'

/** Of whole files. */
export function slsSchema({ states, own = [] }: SlsSchemaRequest): JsonSchema {
  const names = [...states.keys()]
  const families = [...new Set(names.map((name) => name.slice(0, name.indexOf('.'))))]
  const known = Object.fromEntries(names.map((name) => [name, reference(name)]))
  const bodies = Object.fromEntries(families.map((family) => [family, reference(`family ${family}`)]))
  const ownNames = own.map((family) => [`^${family.replaceAll(/[^\w-]/g, '')}(\\.\\w+)?$`, { type: 'array' }] as const)
  const body = {
    type: 'object',
    description: 'States',
    properties: { ...known, ...bodies },
    patternProperties: { '^__': true, ...Object.fromEntries(ownNames) },
    additionalProperties: false,
  }
  return {
    ...{ $schema: draft, title: 'SLS file', type: 'object' },
    properties: {
      include: { type: 'array', description: 'SLS files that are applied, too', items: reference('include item') },
      exclude: { type: 'array', description: 'SLS files and ids that are left out', items: reference('exclude item') },
      extend: {
        type: 'object',
        description: 'Changes of states of other files',
        additionalProperties: reference('body'),
      },
    },
    patternProperties: { '^__': true },
    additionalProperties: { anyOf: [reference('body'), shortForm(names, own)] },
    $defs: {
      body,
      'include item': { anyOf: [{ type: 'string' }, { type: 'object', minProperties: 1, maxProperties: 1 }] },
      'exclude item': {
        anyOf: [
          { type: 'string' },
          { type: 'object', properties: { sls: text, id: text }, additionalProperties: false },
        ],
      },
      ...Object.fromEntries(families.map((family) => [`family ${family}`, familySchema(family, names)])),
      ...Object.fromEntries([...states].map(([name, doc]) => [name, functionSchema(name, doc)])),
      ...Object.fromEntries([...states].map(([name, doc]) => [`arguments ${name}`, argumentsSchema(doc)])),
      ...shared,
    },
  }
}

/** Of what stands below one state, such as `file.managed`. */
export function stateSchema(name: string, doc: FunctionDoc): JsonSchema {
  return {
    ...{ $schema: draft, title: name },
    ...functionSchema(name, doc),
    $defs: { [`arguments ${name}`]: argumentsSchema(doc), ...shared },
  }
}

const text = { type: 'string' }

function reference(definition: string): JsonSchema {
  return { $ref: `#/$defs/${encodeURIComponent(definition)}` }
}

/** `id: file.absent` */
function shortForm(names: readonly string[], own: readonly string[]): JsonSchema {
  if (own.length === 0) return { enum: names }
  return { anyOf: [{ enum: names }, { type: 'string', pattern: `^(${own.join('|')})\\.\\w+$` }] }
}

function functionSchema(name: string, doc: FunctionDoc): JsonSchema {
  const items = { anyOf: [reference(`arguments ${name}`), reference('options')] }
  return { type: 'array', description: doc.doc, items }
}

/** `file: [managed, {mode: '0644'}]` */
function familySchema(family: string, names: readonly string[]): JsonSchema {
  const members = names.filter((name) => name.startsWith(`${family}.`))
  const functions = members.map((name) => name.slice(family.length + 1))
  const items = [{ enum: functions }, ...members.map((name) => reference(`arguments ${name}`)), reference('options')]
  return { type: 'array', items: { anyOf: items } }
}

function argumentsSchema({ args, extra }: FunctionDoc): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(args).map(([name, schema]) => [name, argumentSchema(schema)])),
    additionalProperties: extra === undefined ? false : argumentSchema(extra),
  }
}

/** A template may stand wherever a value does. */
function argumentSchema(schema: Schema): JsonSchema {
  const json = jsonSchema(schema)
  const takesText = json.type === undefined && json.anyOf === undefined && json.enum === undefined
  if (takesText || isText(json)) return json
  const { description, default: preset, ...rest } = json
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [rest, reference('template')],
  }
}

function isText({ type }: JsonSchema): boolean {
  return Array.isArray(type) ? type.includes('string') : type === 'string'
}

/** Without words of our own. A number may stand for a text, as it may when states are run. */
function jsonSchema(schema: Schema): JsonSchema {
  const { format: _format, 'x-optional': _optional, 'x-ours': _ours, ...standard } = schema
  const { items, properties, additionalProperties, anyOf, type } = standard
  return {
    ...standard,
    ...(type === 'string' ? { type: ['string', 'number'] } : {}),
    ...(items === undefined ? {} : { items: jsonSchema(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(jsonSchema) }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, jsonSchema(one)])) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: jsonSchema(additionalProperties) } : {}),
  }
}

const requisites = [...requisiteWords].filter((word) => word !== 'onfail_stop')

/** What all states share. */
const shared: JsonSchema = {
  template: { type: 'string', pattern: '\\{[{%#]', description: 'A template' },
  requisites: {
    type: 'array',
    items: { anyOf: [text, { type: 'object', minProperties: 1, maxProperties: 1, additionalProperties: text }] },
  },
  names: {
    type: 'array',
    description: 'Do the same for each of these names',
    items: { anyOf: [text, { type: 'object', minProperties: 1, maxProperties: 1 }] },
  },
  options: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'What it is about; the id when left out' },
      names: reference('names'),
      order: argumentSchema(orderSchema),
      ...Object.fromEntries(
        [...requisites, ...reversedWords.keys(), 'use_in'].map((word) => [word, reference('requisites')]),
      ),
      ...Object.fromEntries(Object.entries(globalSchemas).map(([name, schema]) => [name, argumentSchema(schema)])),
    },
    additionalProperties: false,
  },
}
