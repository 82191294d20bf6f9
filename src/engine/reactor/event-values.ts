/**
 * Values of an event in a rendered reaction: while the text becomes data each of them is a mark, so that whatever a minion says
 * stays inside one value, and can add no key, no list item and no reaction.
 */
import { randomBytes } from 'node:crypto'
import { toJson } from '../../base/json.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { type FilterTable, filter } from '../render/filters/filter.ts'
import { HostObject, Markup, Undefined, type Value } from '../render/values/kinds.ts'
import { toPlain } from '../render/values/plain.ts'
import { str } from '../render/values/print.ts'

/** What `data | json` gives: as a whole value of the file it is the value again, as Salt's reading of that JSON would have it. */
class EncodedValue extends HostObject {
  readonly typeName = 'str'
  readonly value: Value

  constructor(value: Value) {
    super()
    this.value = value
  }

  override str(): string {
    return toJson(toPlain(this.value))
  }
}

const json = filter('json', 's, sort_keys=True, indent=None', (_context, value) => new EncodedValue(value))
/** Those that write YAML write nothing here: a value is never read as YAML. */
const asItIs = filter('yaml', 's, flow_style=True', (_context, value) => value)

/** In place of the filters that write data as text. */
export const eventFilters: FilterTable = new Map([
  ['json', json],
  ['tojson', json],
  ['yaml', json],
  ['yaml_encode', asItIs],
  ['yaml_dquote', asItIs],
  ['yaml_squote', asItIs],
])

const [opening, closing] = ['\ue000', '\ue001']

/** The values of one rendering. */
export class EventValues {
  /** Nobody who fires an event can know it. */
  readonly #nonce = randomBytes(9).toString('base64url')
  readonly #values: Value[] = []

  /** The mark of a value, to be written in its place. @param before What stands before it. */
  readonly mark = (value: Value, before: string): Value => {
    if (value instanceof Undefined) value.fail()
    // JSON between quotes stays text.
    const isText = value instanceof EncodedValue && /['"]$/.test(before)
    this.#values.push(isText ? value.str() : value)
    return `${opening}${this.#nonce}:${this.#values.length - 1}${closing}`
  }

  /** A copy of data that was read from a rendered text, with the values. */
  fill(data: unknown): unknown {
    if (typeof data === 'string') return this.fillText(data)
    if (Array.isArray(data)) return data.map((item) => this.fill(item))
    if (!isRecord(data) || Object.getPrototypeOf(data) !== Object.prototype) return data
    return Object.fromEntries(
      Object.entries(data).map(([key, item]) => [pythonString(this.fillText(key)), this.fill(item)]),
    )
  }

  /** A mark that is a whole text becomes the value, with its type. */
  fillText(text: string): unknown {
    const pattern = `${opening}${this.#nonce}:(\\d+)${closing}`
    const [, whole] = new RegExp(`^${pattern}$`).exec(text) ?? []
    if (whole !== undefined) return fromEvent(this.#whole(Number(whole)))
    return text.replace(new RegExp(pattern, 'g'), (_mark, index: string) => str(this.#values[Number(index)] ?? null))
  }

  #whole(index: number): unknown {
    const value = this.#values[index]
    if (value instanceof EncodedValue) return toPlain(value.value)
    return value instanceof Markup ? value.text : toPlain(value)
  }
}

const fromEvents = new WeakSet<object>()

function fromEvent(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) fromEvents.add(value)
  return value
}

/** Whether an event gave this mapping or list: what is in it are values, and says nothing of how they are used. */
export function isFromEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && fromEvents.has(value)
}
