/** What an answer holds, read by its kind. */
import { SaltError } from '../../../base/errors.ts'
import { parseYaml } from '../../../base/yaml.ts'
import { parseXml, xmlToData } from './xml.ts'

const kinds = ['json', 'xml', 'yaml', 'plain']

/** Text in the encoding that the type names, UTF-8 by default; bytes that do not fit become U+FFFD. */
export function textOf(body: Buffer, contentType: string | undefined): string {
  const [, charset = 'utf-8'] = /charset="?([\w-]+)/i.exec(contentType ?? '') ?? []
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    return body.toString('utf8')
  }
}

/** `{ dict }`, `{ text }` for what is plain, `{ error }` for a kind that is not known. Throws `execution-failed`. */
export function decode(text: string, type: string, contentType: string | undefined): Record<string, unknown> {
  switch (type === 'auto' ? kindOf(contentType ?? 'application/json') : type) {
    case 'json':
      return { dict: parseJson(text) }
    case 'xml':
      return { dict: parseXml(text).children.map(xmlToData) }
    case 'yaml':
      return { dict: parseYaml(text) }
    case 'plain':
      return { text }
    default:
      return { error: `Invalid decode_type specified. Valid decode types are: ${kinds.join(', ')}` }
  }
}

function kindOf(contentType: string): string {
  return ['xml', 'json', 'yaml'].find((kind) => contentType.includes(kind)) ?? 'plain'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SaltError('execution-failed', `The answer is not valid JSON: ${reason}`, {
      hint: 'Without decode=True it is shown as it is.',
      cause,
    })
  }
}
