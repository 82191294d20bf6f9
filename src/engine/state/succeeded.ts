import { isRecord } from '../../base/narrow.ts'

/**
 * Whether what a function of states returned means success, as Salt judges it: some states, at any depth, none of which has failed.
 * A list is what the compiler says of states that cannot be run, and no success.
 */
export function statesSucceeded(value: unknown): boolean {
  if (!isRecord(value)) return false
  const items = Object.values(value)
  return items.length > 0 && items.every((item) => (isRecord(item) ? stateSucceeded(item) : !Array.isArray(item)))
}

function stateSucceeded(item: Record<string, unknown>): boolean {
  return Object.hasOwn(item, 'result') ? item.result !== false : statesSucceeded(item)
}
