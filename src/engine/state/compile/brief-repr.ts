/** Values of SLS files in sentences about them. */
import type { Value } from '../../render/values/kinds.ts'
import { repr } from '../../render/values/print.ts'
import { typeName } from '../../render/values/type-name.ts'
import { isMapping } from './high-data.ts'

/** More of them nobody reads; and by aliases, a few lines of YAML can stand for billions. */
const mostValues = 200

/** As Python shows it; only its type where that would be long. */
export function briefRepr(value: Value): string {
  return hasMore(value, { left: mostValues }) ? `a large ${typeName(value)}` : repr(value)
}

function hasMore(value: Value, budget: { left: number }): boolean {
  budget.left -= 1
  if (budget.left < 0) return true
  if (Array.isArray(value)) return value.some((item) => hasMore(item, budget))
  return isMapping(value) && [...value].some(([key, item]) => hasMore(key, budget) || hasMore(item, budget))
}
