/** Data as texts in the formats of `file.serialize`, and back. */
import { SaltError } from '../../../base/errors.ts'
import { pack, unpack } from '../../../base/msgpack.ts'
import { readJson } from '../../render/data/json-read.ts'
import { writeJson } from '../../render/data/json-write.ts'
import { pformat } from '../../render/data/pformat.ts'
import { dumpYaml } from '../../render/data/yaml-dump.ts'
import { loadYaml } from '../../render/data/yaml-load.ts'
import { Dict } from '../../render/values/dict.ts'
import type { Value } from '../../render/values/kinds.ts'
import { fromPlain, toPlain } from '../../render/values/plain.ts'
import { str } from '../../render/values/print.ts'
import { writeToml } from './toml-write.ts'

export type SerializerOptions = Readonly<Record<string, unknown>>

export interface Serializer {
  /** Names of the options that have an effect. */
  readonly options: readonly string[]
  write(value: Value, options: SerializerOptions): string | Uint8Array
  /** Absent where only writing is known. Throws for what is not of the format. */
  read?(bytes: Buffer): Value
}

const yaml: Serializer = {
  options: ['default_flow_style', 'indent', 'sort_keys', 'explicit_start', 'explicit_end', 'allow_unicode'],
  write(value, options) {
    const flow = options.default_flow_style
    const text = dumpYaml(value, flow === null ? null : flow === true, {
      sortsKeys: options.sort_keys !== false,
      ...(typeof options.indent === 'number' ? { indent: options.indent } : {}),
    })
    const body = text.replace(/\n\.\.\.\n$/, '').replace(/\n$/, '')
    return (options.explicit_start === true ? '---\n' : '') + body + (options.explicit_end === true ? '\n...' : '')
  },
  read: (bytes) => loadYaml(bytes.toString('utf8')),
}

const json: Serializer = {
  options: ['indent', 'sort_keys', 'ensure_ascii'],
  write(value, options) {
    const indent = options.indent === undefined ? 2 : options.indent
    const margin = typeof indent === 'number' ? ' '.repeat(Math.min(Math.max(0, indent), 1000)) : indent
    return writeJson(value, {
      sortKeys: options.sort_keys !== false,
      ensureAscii: options.ensure_ascii !== false,
      ...(typeof margin === 'string' ? { indent: margin } : {}),
    })
  },
  read: (bytes) => readJson(bytes.toString('utf8')),
}

const python: Serializer = { options: [], write: (value) => pformat(value) }

const msgpack: Serializer = {
  options: [],
  write: (value) => pack(toPlain(value)),
  read: (bytes) => fromPlain(unpack(bytes)),
}

const configparser: Serializer = {
  options: [],
  write(value) {
    const sections = Array.from(dictOf(value, 'sections'), ([name, items]) => {
      const lines = Array.from(
        dictOf(items, `the section ${str(name)}`),
        ([key, item]) => `${str(key).toLowerCase()} = ${str(item)}\n`,
      )
      return `[${str(name)}]\n${lines.join('')}\n`
    })
    return sections.join('')
  },
  read: (bytes) => readSections(bytes.toString('utf8')),
}

const keyvalue: Serializer = {
  options: ['separator', 'line_break', 'quoting'],
  write(value, { separator = '=', line_break = '\n', quoting = false }) {
    const quote = quoting === true ? "'" : ''
    const lines = Array.from(
      dictOf(value, 'keys and values'),
      ([key, item]) => `${str(key)}${separator}${quote}${str(item)}${quote}`,
    )
    return lines.join(String(line_break))
  },
}

const toml: Serializer = { options: [], write: (value) => writeToml(dictOf(value, 'the document')) }

export const serializers: Readonly<Record<string, Serializer>> = {
  yaml,
  json,
  python,
  msgpack,
  configparser,
  keyvalue,
  toml,
}

function dictOf(value: Value | undefined, what: string): ReadonlyMap<Value, Value> {
  if (value instanceof Map) return value
  throw new SaltError('execution-failed', `${what} must be a mapping`)
}

/** Sections of an INI file. Throws `execution-failed` for a line that belongs to none. */
function readSections(text: string): Value {
  const sections = new Dict()
  let current: Dict | undefined
  for (const line of text.split('\n')) {
    const header = /^\[([^\]]+)\]/.exec(line)?.[1]
    const [, key, value = ''] = /^([^#;\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
    if (header !== undefined) {
      current = new Dict()
      sections.set(header, current)
    } else if (key !== undefined && current !== undefined) current.set(key.toLowerCase(), value)
    else if (/^[^#;\s]/.test(line)) throw new SaltError('execution-failed', `this line belongs to no section: ${line}`)
  }
  return sections
}
