/** Deliveries as documents of an index. */
import { createHash } from 'node:crypto'
import { SaltError } from '../../../base/errors.ts'
import type { Delivery } from '../../../engine/returner.ts'
import { deliveryJson, keyOf, recordOf, timeOf } from '../../../engine/returners/delivery-record.ts'
import { FieldTemplate, fieldText } from '../../../engine/returners/field-template.ts'

export interface SearchDocument {
  readonly index: string
  readonly id: string
  readonly content: Readonly<Record<string, unknown>>
}

interface Maker {
  readonly index: string
  readonly values_as: 'text' | 'data'
  readonly origin: string
  /** Milliseconds since 1970, for what has no time of its own. */
  now(): number
}

const shapeless = new Set(['return', 'fun_args', 'arg', 'data', 'metadata'])
/** Bytes; of Elasticsearch. */
const longestId = 512
const longestIndex = 255

/** Throws `configuration` for a name that no index can have. */
export function documentMaker(maker: Maker): (delivery: Delivery) => SearchDocument {
  const template = new FieldTemplate(maker.index, 'elasticsearch.index')
  const trial = template.fill({}, () => 'x')
  if (trial === '' || trial !== indexPart(trial) || /^[-_+.]/.test(trial)) {
    throw new SaltError('configuration', `elasticsearch.index is no name of an index: ${JSON.stringify(maker.index)}`, {
      hint: 'It is in lower case, begins with a letter or a digit, and has none of \\ / * ? " < > | , # : and blanks in it.',
    })
  }
  return (delivery) => {
    const time = new Date(timeOf(delivery) ?? maker.now()).toISOString()
    const record = recordOf(delivery, maker.origin)
    const fields = { ...record, date: time.slice(0, 10).replaceAll('-', '.') }
    return {
      index: template.fill(fields, (value) => indexPart(fieldText(value))).slice(0, longestIndex),
      id: idOf(keyOf(delivery, maker.origin)),
      content: { '@timestamp': time, ...factsOf(delivery), ...(maker.values_as === 'text' ? texts(record) : record) },
    }
  }
}

function indexPart(text: string): string {
  return text.toLowerCase().replace(/[\s\\/*?"<>|,#:]/g, '_')
}

function idOf(key: string): string {
  const text = key.toWellFormed()
  return Buffer.byteLength(text) <= longestId ? text : createHash('sha256').update(text).digest('hex')
}

/** What events of jobs are looked for by. */
function factsOf(delivery: Delivery): Record<string, unknown> {
  if (delivery.kind !== 'event') return {}
  const { data } = delivery.event
  const names = ['id', 'jid', 'fun'].filter((name) => typeof data[name] === 'string')
  return Object.fromEntries(names.map((name) => [name, data[name]]))
}

function texts(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, shapeless.has(name) ? textOf(value) : value]),
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : deliveryJson(value)
}
