/** The `function_timeouts` option: a mapping from a glob over function names to seconds. */
import { Float } from '../../base/float.ts'
import { isRecord } from '../../base/narrow.ts'
import { matchGlob } from '../target/glob.ts'

/** Seconds that a function may run, or undefined for no limit. The longest pattern that matches decides. */
export function timeoutFor(option: unknown, name: string): number | undefined {
  if (!isRecord(option)) return undefined
  let best: { readonly length: number; readonly seconds: number } | undefined
  for (const [pattern, value] of Object.entries(option)) {
    const seconds = value instanceof Float ? value.value : value
    if (typeof seconds !== 'number' || seconds <= 0 || !matchGlob(pattern, name)) continue
    if (best === undefined || pattern.length > best.length) best = { length: pattern.length, seconds }
  }
  return best?.seconds
}
