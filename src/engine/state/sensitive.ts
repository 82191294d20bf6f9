/** `sensitive: true`: what changed is told, what it was and is now is not. */
import { isRecord } from '../../base/narrow.ts'
import type { Changes } from './plan.ts'

const mask = '•••'

/** The same names, with `•••` in place of every value. */
export function masked(changes: Changes): Changes {
  return Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, hide(value)]))
}

function hide(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hide)
  if (value instanceof Map) return mask
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype ? masked(value) : mask
}
