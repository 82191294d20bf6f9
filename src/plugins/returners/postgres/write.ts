/** Deliveries as rows. A batch is one statement, which is a transaction of its own; the rows of a table are one text of JSON in it. */

import type { Delivery } from '../../../engine/returner.ts'
import { deliveryJson, functionName } from '../../../engine/returners/delivery-record.ts'
import type { Tables } from './tables.ts'

export interface Statement {
  readonly text: string
  readonly values: readonly string[]
}

/** Undefined for a batch of nothing. */
export function statementOf(tables: Tables, batch: readonly Delivery[], origin: string): Statement | undefined {
  const events = tables.salt_events?.seq === undefined ? plainEventsTable : eventsTable
  const inserts = [
    { target: jobsTable, rows: jobRows(batch) },
    { target: returnsTable, rows: returnRows(batch) },
    { target: events, rows: eventRows(batch, origin) },
  ].filter(({ rows }) => rows.length > 0)
  const texts = inserts.map(({ target }, index) => insertText(target, tables, index + 1))
  const last = texts.pop()
  if (last === undefined) return undefined
  const before = texts.map((text, index) => `insert${index} AS (${text})`)
  return {
    text: before.length === 0 ? last : `WITH ${before.join(', ')} ${last}`,
    values: inserts.map(({ rows }) => storable(deliveryJson(rows.map((row, position) => ({ ...row, position }))))),
  }
}

type Row = Readonly<Record<string, unknown>>

function jobRows(batch: readonly Delivery[]): readonly Row[] {
  const jobs = batch.flatMap((delivery) => (delivery.kind === 'job' ? [delivery.job] : []))
  return once(jobs, ({ jid }) => jid).map((job) => ({ jid: job.jid, load: job }))
}

function returnRows(batch: readonly Delivery[]): readonly Row[] {
  const returns = batch.flatMap((delivery) => (delivery.kind === 'return' ? [delivery.ret] : []))
  return once(returns, ({ jid, id }) => JSON.stringify([jid, id])).map((ret) => ({
    fun: functionName(ret.fun),
    jid: ret.jid,
    return: ret.return ?? null,
    id: ret.id,
    success: String(ret.success),
    full_ret: ret,
  }))
}

function eventRows(batch: readonly Delivery[], origin: string): readonly Row[] {
  const events = batch.flatMap((delivery) => (delivery.kind === 'event' ? [delivery.event] : []))
  return once(events, ({ seq, data }) => JSON.stringify([seq, data._stamp])).map(({ tag, data, seq }) => ({
    tag,
    data,
    master_id: origin,
    seq,
  }))
}

interface Target {
  readonly table: string
  /** Column → type that it has in the text of JSON. */
  readonly columns: Readonly<Record<string, 'text' | 'json' | 'bigint'>>
  /** Whether a row is there already; none for a table where that cannot be told. */
  readonly sameRow?: string
}

const jobsTable: Target = { table: 'jids', columns: { jid: 'text', load: 'json' }, sameRow: 'old.jid = new.jid' }

const returnsTable: Target = {
  table: 'salt_returns',
  columns: { fun: 'text', jid: 'text', return: 'json', id: 'text', success: 'text', full_ret: 'json' },
  sameRow: 'old.jid = new.jid AND old.id = new.id',
}

const plainEventsTable: Target = {
  table: 'salt_events',
  columns: { tag: 'text', data: 'json', master_id: 'text' },
}

const eventsTable: Target = {
  ...plainEventsTable,
  columns: { ...plainEventsTable.columns, seq: 'bigint' },
  sameRow:
    "old.master_id = new.master_id AND old.seq = new.seq AND (old.data::jsonb->>'_stamp') = (new.data::jsonb->>'_stamp')",
}

/** `parameter` is the number of the text with the rows. */
function insertText({ table, columns, sameRow }: Target, tables: Tables, parameter: number): string {
  const names = Object.keys(columns)
  const quoted = names.map((name) => `"${name}"`).join(', ')
  const described = names.map((name) => `"${name}" ${columns[name]}`).join(', ')
  // What is null in JSON would be NULL, which is no value of JSON.
  const value = (name: string): string =>
    columns[name] === 'json' ? `COALESCE(new."${name}", 'null'::json)` : `new."${name}"`
  const values = names.map((name) => `${value(name)}::${castOf(tables[table]?.[name])}`).join(', ')
  const unlessThere = sameRow === undefined ? '' : `WHERE NOT EXISTS (SELECT 1 FROM ${table} old WHERE ${sameRow})`
  return `INSERT INTO ${table} (${quoted})
    SELECT ${values} FROM json_to_recordset($${parameter}::text::json) AS new(${described}, position integer)
    ${unlessThere} ORDER BY new.position ON CONFLICT DO NOTHING`
}

/** Columns of limited length are left to fail by themselves: a cast would cut off what is too long. */
function castOf(type: string | undefined): string {
  return type === 'json' || type === 'jsonb' || type === 'bigint' ? type : 'text'
}

/** The first of those with the same key. */
function once<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  const keys = new Map<string, Item>()
  for (const item of items) {
    const key = keyOf(item)
    if (!keys.has(key)) keys.set(key, item)
  }
  return [...keys.values()]
}

/** JSON without what text in PostgreSQL cannot hold: NUL, and halves of surrogate pairs. */
function storable(json: string): string {
  return json.replace(/\\(?:u([0-9a-f]{4})|.)/g, (written, code: string | undefined) =>
    code === '0000' || (code !== undefined && /^d[89a-f]/.test(code)) ? '\\ufffd' : written,
  )
}
