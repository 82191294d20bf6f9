/** A delivery as backends get it: a flat record with a key of its own, and JSON that every reader of JSON takes. */
import { Float } from '../../base/float.ts'
import { toJson } from '../../base/json.ts'
import { isMapping } from '../../base/validate.ts'
import { jidToTime } from '../jobs/jid.ts'
import type { Delivery } from '../returner.ts'

/** `{kind, …}`: the fields of a return, of a job, or `tag`, `data` and `seq` of an event. `origin` is the id of who delivers it. */
export type DeliveryRecord = Readonly<Record<string, unknown>>

export function recordOf(delivery: Delivery, origin: string): DeliveryRecord {
  switch (delivery.kind) {
    case 'return':
      return { kind: 'return', ...delivery.ret, origin }
    case 'event':
      return { kind: 'event', ...delivery.event, origin }
    case 'job':
      return { kind: 'job', ...delivery.job, origin }
  }
}

/** The same text each time that the same thing is delivered, and another one for everything else. */
export function keyOf(delivery: Delivery, origin: string): string {
  switch (delivery.kind) {
    case 'return':
      return `return/${delivery.ret.jid}/${delivery.ret.id}`
    case 'event':
      return `event/${origin}/${String(delivery.event.data._stamp)}/${delivery.event.seq}`
    case 'job':
      return `job/${delivery.job.jid}`
  }
}

/** The same key in characters that a header may have. */
export function headerKeyOf(delivery: Delivery, origin: string): string {
  return encodeURI(keyOf(delivery, origin).toWellFormed())
}

/** When it came to be, in milliseconds since 1970: by its jid or its stamp, never by the clock. Undefined where neither is a time. */
export function timeOf(delivery: Delivery): number | undefined {
  if (delivery.kind !== 'event') return jidToTime(delivery.kind === 'return' ? delivery.ret.jid : delivery.job.jid)
  const time = Date.parse(`${String(delivery.event.data._stamp)}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** `test.ping`; those of a job of several functions with commas between them. */
export function functionName(fun: string | readonly string[]): string {
  return typeof fun === 'string' ? fun : fun.join(',')
}

/** JSON on one line. Numbers that JSON does not have are the texts `NaN`, `Infinity` and `-Infinity`. */
export function deliveryJson(value: unknown): string {
  const text = toJson(value)
  // Rare, and the words may stand in a text: only then it is worth a walk through everything.
  return /NaN|Infinity/.test(text) ? toJson(finite(value)) : text
}

function finite(value: unknown): unknown {
  const number = value instanceof Float ? value.value : value
  if (typeof number === 'number' && !Number.isFinite(number)) return String(number)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, finite(item)]))
  if (Array.isArray(value) || value instanceof Set) return [...value].map(finite)
  if (!isMapping(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, finite(item)]))
}
