/** Texts with fields in them: `${id}`, `${data.retcode}`; `$${` is `${` itself. */
import { SaltError } from '../../base/errors.ts'
import { toJson } from '../../base/json.ts'
import { isRecord } from '../../base/narrow.ts'
import { quoted } from '../../base/text.ts'

/** Begins a field. */
const opening = '$' + '{'

type Part = string | readonly string[]

/** What is put in the place of a field. */
export type FieldText = (value: unknown, path: readonly string[]) => string

export class FieldTemplate {
  readonly #parts: readonly Part[]

  /** `what` names the option that the text comes from. Throws `configuration` where a field has no end or no name. */
  constructor(text: string, what: string) {
    this.#parts = [...partsOf(text, what)]
  }

  /** A field that is not there is the empty text. */
  fill(record: unknown, asText: FieldText = fieldText): string {
    return this.#parts.map((part) => (typeof part === 'string' ? part : asText(fieldOf(record, part), part))).join('')
  }

  /** The value of the field itself where the text is nothing but one, else as `fill`. */
  value(record: unknown): unknown {
    const [only] = this.#parts
    return this.#parts.length === 1 && typeof only === 'object' ? fieldOf(record, only) : this.fill(record)
  }
}

function* partsOf(text: string, what: string): Generator<Part> {
  let rest = text
  while (rest !== '') {
    const start = rest.indexOf(opening)
    if (start < 0) return yield rest
    const isEscaped = rest[start - 1] === '$'
    if (start > 0) yield rest.slice(0, isEscaped ? start - 1 : start)
    if (isEscaped) {
      yield opening
      rest = rest.slice(start + 2)
      continue
    }
    const end = rest.indexOf('}', start)
    const name = end < 0 ? '' : rest.slice(start + 2, end).trim()
    if (name === '') throw broken(what, rest.slice(start), end < 0)
    yield name.split('.')
    rest = rest.slice(end + 1)
  }
}

function broken(what: string, text: string, isOpen: boolean): SaltError {
  const fault = isOpen ? 'a field without an end' : 'a field without a name'
  return new SaltError('configuration', `${what} has ${fault}: ${quoted(text)}`, {
    hint: `A field is written \${name}; write $\${ for the characters themselves.`,
  })
}

/** What lies under the names, one below the other; undefined where there is none. Positions of lists are names, too. */
export function fieldOf(record: unknown, path: readonly string[]): unknown {
  let value = record
  for (const name of path) {
    if (Array.isArray(value)) value = /^\d+$/.test(name) ? value[Number(name)] : undefined
    else value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

/** Texts as they are, lists of texts with commas, everything else as JSON. */
export function fieldText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',')
  return toJson(value)
}
