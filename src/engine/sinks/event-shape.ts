/** What of an event a sink delivers: all of its data, or fields that are picked and texts that are made of them. */
import { asSaltError } from '../../base/errors.ts'
import type { BusEvent } from '../../bus/event.ts'
import type { PolicyPath } from '../authorization/policy-path.ts'
import { FieldTemplate, fieldOf } from '../returners/field-template.ts'
import type { SinkPartOptions } from './sink-options.ts'

export type EventShape = (event: BusEvent) => BusEvent

/** Where the text of a template without a name is found in the data. */
const templateField = 'message'

type Field = readonly [name: string, read: (event: BusEvent) => unknown]

/**
 * Paths begin at the event: `tag`, `seq`, `data.id`, `data.return.stdout`. Tag, number and `_stamp` are always delivered.
 * Throws `configuration` with the path of what has no meaning.
 */
export function compileEventShape({ fields, template }: SinkPartOptions, path: PolicyPath): EventShape {
  if (fields === undefined && template === undefined) return (event) => event
  const all = [...pickedFields(fields, path.key('fields')), ...textFields(template, path.key('template'))]
  return (event) => {
    const data: Record<string, unknown> = { _stamp: event.data._stamp }
    for (const [name, read] of all) {
      const value = read(event)
      if (value !== undefined) data[name] = value
    }
    return { ...event, data }
  }
}

function pickedFields(fields: SinkPartOptions['fields'], path: PolicyPath): readonly Field[] {
  if (fields === undefined) return []
  const named = isList(fields)
    ? fields.map((field, index) => [field.replace(/^data\./, ''), field, path.item(index)] as const)
    : Object.entries(fields).map(([name, field]) => [name, field, path.key(name)] as const)
  if (named.length === 0) throw path.fault('no field is picked', 'Leave it out to deliver all data.')
  return named.map(([name, field, place]) => {
    const names = field.split('.')
    if (names.includes('')) throw place.fault(`'${field}' is no path of a field`)
    const isOfEvent = names[0] === 'data' ? names.length > 1 : names.length === 1 && /^(?:tag|seq)$/.test(field)
    if (!isOfEvent)
      throw place.fault(`an event has no '${field}'`, `There are tag, seq and data.NAME; do you mean data.${field}?`)
    return [name, (event) => fieldOf(event, names)]
  })
}

function textFields(template: SinkPartOptions['template'], path: PolicyPath): readonly Field[] {
  if (template === undefined) return []
  if (typeof template === 'string') {
    const compiled = compileTemplate(template, path)
    return [[templateField, (event) => compiled.fill(event)]]
  }
  return Object.entries(template).map(([name, text]) => {
    const compiled = compileTemplate(text, path.key(name))
    return [name, (event) => compiled.value(event)]
  })
}

function compileTemplate(text: string, path: PolicyPath): FieldTemplate {
  try {
    return new FieldTemplate(text, 'the text')
  } catch (error) {
    const { message, hint } = asSaltError(error)
    throw path.fault(message, hint)
  }
}

function isList(fields: readonly string[] | Readonly<Record<string, string>>): fields is readonly string[] {
  return Array.isArray(fields)
}
