/** The forms in which people write arguments of containers and networks: lists, texts with commas, mappings. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'

/** A list, or a text with commas. */
export function itemsOf(value: unknown): string[] {
  if (value === undefined || value === null || value === '') return []
  if (typeof value === 'string') return value.split(',').map((item) => item.trim())
  return [value].flat().map(pythonString)
}

/** `a=1,b=2`, a list of `a=1` and of mappings, or a mapping. What has no value has an empty one, or null. */
export function pairsOf(value: unknown, missing: null): Record<string, string | null>
export function pairsOf(value: unknown, missing?: string): Record<string, string>
export function pairsOf(value: unknown, missing: string | null = ''): Record<string, string | null> {
  if (value === undefined || value === null) return {}
  const items = typeof value === 'string' ? itemsOf(value) : [value].flat()
  return Object.fromEntries(
    items.flatMap((item): [string, string | null][] => {
      if (isRecord(item)) {
        return Object.entries(item).map(([key, one]) => [
          key,
          one === null || one === undefined ? missing : pythonString(one),
        ])
      }
      const text = pythonString(item)
      const at = text.indexOf('=')
      return [at < 0 ? [text, missing] : [text.slice(0, at), text.slice(at + 1)]]
    }),
  )
}

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** `512m` or a number, in bytes; -1 stands for no limit. Throws `bad-arguments`. */
export function bytesOf(value: unknown, name: string): number {
  const [, digits, unit = ''] = /^(-?\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(pythonString(value).trim()) ?? []
  if (digits !== undefined) return Math.round(Number(digits) * (units[unit.toLowerCase()] ?? 1))
  throw new SaltError('bad-arguments', `${name} must be a number of bytes, such as 512m`)
}

/** Throws `bad-arguments`. */
export function integerOf(value: unknown, name: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && value !== '' && value !== null) return number
  throw new SaltError('bad-arguments', `${name} must be an integer`)
}

export function booleanOf(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === 'True' || value === 1) return true
  if (value === 'false' || value === 'False' || value === 0) return false
  throw new SaltError('bad-arguments', `${name} must be true or false`)
}
