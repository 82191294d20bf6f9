/** Deliveries as letters. */
import { createHash } from 'node:crypto'
import { SaltError } from '../../../base/errors.ts'
import { toJson } from '../../../base/json.ts'
import type { Delivery } from '../../../engine/returner.ts'
import { keyOf, recordOf } from '../../../engine/returners/delivery-record.ts'
import { FieldTemplate, fieldText } from '../../../engine/returners/field-template.ts'

export interface Letter {
  /** One line, without control characters. */
  readonly subject: string
  readonly text: string
  /** The same for what is delivered again. */
  readonly messageId: string
}

export interface LetterOptions {
  readonly subject: string
  readonly body: string
  readonly event_subject: string
  readonly event_body: string
  readonly digest_subject: string
}

const longestSubject = 200

export class LetterWriter {
  readonly #origin: string
  readonly #subjects: { readonly return: FieldTemplate; readonly event: FieldTemplate; readonly digest: FieldTemplate }
  readonly #bodies: { readonly return: FieldTemplate; readonly event: FieldTemplate }

  /** Throws `configuration` for templates that are none. */
  constructor(origin: string, options: LetterOptions) {
    const template = (name: keyof LetterOptions): FieldTemplate => new FieldTemplate(options[name], `smtp.${name}`)
    this.#origin = origin
    this.#subjects = {
      return: template('subject'),
      event: template('event_subject'),
      digest: template('digest_subject'),
    }
    this.#bodies = { return: template('body'), event: template('event_body') }
  }

  single(delivery: Delivery): Letter {
    const subject = delivery.kind === 'event' ? this.#subjects.event : this.#subjects.return
    return this.#letter(subject.fill(this.#record(delivery)), this.#body(delivery), [delivery])
  }

  digest(batch: readonly Delivery[]): Letter {
    const [first] = batch
    const record = first === undefined ? {} : this.#record(first)
    const subject = this.#subjects.digest.fill({ ...record, count: batch.length })
    return this.#letter(subject, batch.map((delivery) => this.#body(delivery)).join(`\n${'-'.repeat(70)}\n`), batch)
  }

  #letter(subject: string, text: string, batch: readonly Delivery[]): Letter {
    const keys = batch.map((delivery) => keyOf(delivery, this.#origin))
    const hash = createHash('sha256').update(JSON.stringify(keys)).digest('hex').slice(0, 40)
    const host = this.#origin.replace(/[^A-Za-z0-9.-]/g, '-')
    return { subject: oneLine(subject), text, messageId: `<${hash}@${host}>` }
  }

  #body(delivery: Delivery): string {
    const template = delivery.kind === 'event' ? this.#bodies.event : this.#bodies.return
    return template.fill(this.#record(delivery), readable)
  }

  #record(delivery: Delivery): Readonly<Record<string, unknown>> {
    const record = recordOf(delivery, this.#origin)
    return delivery.kind === 'return' ? { ...record, outcome: delivery.ret.success ? 'succeeded' : 'failed' } : record
  }
}

function readable(value: unknown): string {
  return typeof value === 'object' && value !== null && !isTexts(value) ? toJson(value, 2) : fieldText(value)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

function oneLine(text: string): string {
  const line = text.replace(controls, ' ').trim()
  return line.length <= longestSubject ? line : `${line.slice(0, longestSubject).toWellFormed()}…`
}

/** Addresses as they stand in the configuration; throws `configuration` for what could be more than an address. */
export function addressesOf(option: string, value: string | readonly string[]): readonly string[] {
  const addresses = [value].flat().map((address) => address.trim())
  if (addresses.length === 0 || addresses.includes('')) {
    throw new SaltError('configuration', `${option} names nobody`)
  }
  for (const address of addresses) {
    if (address.search(controls) >= 0 || !/@[^\s@]|^[^\s@]+$/.test(address)) {
      throw new SaltError('configuration', `${option} has an address that is none: ${JSON.stringify(address)}`)
    }
  }
  return addresses
}
