/** Results of functions that were ended before they were through, and tell what they had done by then. */
const partial = new WeakSet<object>()

/** The same value, which counts as the result of the job though that was cancelled. */
export function asPartial<Value extends object>(value: Value): Value {
  partial.add(value)
  return value
}

export function isPartial(value: unknown): boolean {
  return typeof value === 'object' && value !== null && partial.has(value)
}
