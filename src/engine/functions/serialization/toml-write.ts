/** Values as TOML: scalars first, then tables, then lists of tables. */
import { SaltError } from '../../../base/errors.ts'
import { Float } from '../../../base/float.ts'
import { floatRepr } from '../../../base/python-number-repr.ts'
import type { Value } from '../../render/values/kinds.ts'
import { str } from '../../render/values/print.ts'

type Table = ReadonlyMap<Value, Value>

/** Throws `execution-failed` for what TOML has no form for. What is null is left out, as there is no null. */
export function writeToml(document: Table): string {
  return tableText(document, [])
}

function tableText(table: Table, path: readonly string[]): string {
  const entries = Array.from(table, ([key, value]) => [str(key), value] as const)
  const isTables = (value: Value): value is Value[] =>
    Array.isArray(value) && value.length > 0 && value.every((item) => item instanceof Map)
  const plain = entries.filter(([, value]) => !(value instanceof Map) && !isTables(value) && value !== null)
  const lines = plain.map(([key, value]) => `${keyText(key)} = ${valueText(value)}\n`).join('')
  const below = entries.flatMap(([key, value]) => {
    const name = [...path, keyText(key)]
    if (value instanceof Map) return [`\n[${name.join('.')}]\n${tableText(value, name)}`]
    if (!isTables(value)) return []
    return value.flatMap((item) => (item instanceof Map ? [`\n[[${name.join('.')}]]\n${tableText(item, name)}`] : []))
  })
  const text = lines + below.join('')
  return path.length === 0 ? text.replace(/^\n/, '') : text
}

function keyText(key: string): string {
  return /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
}

function valueText(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatRepr(value)
  if (value instanceof Float) return floatRepr(value.value)
  if (Array.isArray(value)) return `[ ${value.map((item) => `${valueText(item)},`).join('')}]`
  if (value instanceof Map) {
    const pairs = Array.from(value, ([key, item]) => `${keyText(str(key))} = ${valueText(item)}`)
    return `{ ${pairs.join(', ')} }`
  }
  throw new SaltError('execution-failed', `TOML has no form for ${str(value)}`)
}
