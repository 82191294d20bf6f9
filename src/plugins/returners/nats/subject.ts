/** Subjects of NATS from templates: tokens with points between them. */
import { SaltError } from '../../../base/errors.ts'
import type { DeliveryRecord } from '../../../engine/returners/delivery-record.ts'
import { FieldTemplate, fieldText } from '../../../engine/returners/field-template.ts'

export class SubjectTemplate {
  readonly #template: FieldTemplate

  /** Throws `configuration` for what can never be a subject. */
  constructor(text: string, option: string) {
    this.#template = new FieldTemplate(text, option)
    const trial = this.#template.fill({}, () => 'x')
    if (!/^[^\s.*>]+(?:\.[^\s.*>]+)*$/.test(trial)) {
      throw new SaltError('configuration', `${option} is no subject of NATS: ${JSON.stringify(text)}`, {
        hint: 'Tokens have points between them, and neither blanks nor * nor > in them.',
      })
    }
  }

  fill(record: DeliveryRecord): string {
    return this.#template.fill(record, (value, path) => {
      const text = fieldText(value)
      const name = path.join('.')
      const tokens = name === 'tag' ? text.split('/') : name === 'fun' ? text.split('.') : [text]
      return tokens.map(token).join('.')
    })
  }
}

/** Never empty, and without the characters that a subject gives a meaning to. */
function token(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  return text.replace(/[\s.*>\u0000-\u001f\u007f]/g, '_') || '_'
}
