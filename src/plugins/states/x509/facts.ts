/** Comparing what certificates, requests and lists say, but for what is new each time. */
import { isRecord } from '../../../base/narrow.ts'

export type Facts = Readonly<Record<string, unknown>>

export function factsOf(value: unknown): Facts {
  return isRecord(value) ? value : {}
}

/** Whether both say the same; the order of fields does not matter. */
export function sameFacts(left: unknown, right: unknown): boolean {
  return stable(left) === stable(right)
}

function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null'
  const fields = Object.keys(value).sort()
  return `{${fields.map((field) => `${JSON.stringify(field)}:${stable(value[field])}`).join(',')}}`
}

export function without(facts: Facts, ...fields: readonly string[]): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([field]) => !fields.includes(field)))
}

/** Whole days to a time as facts tell it (`2026-11-21 02:38:35`, UTC). */
function daysLeft(time: unknown, nowMs: number): number {
  const end = new Date(`${String(time).replace(' ', 'T')}Z`).getTime()
  return Math.floor((end - nowMs) / 86_400_000)
}

/** Whether so many days are enough; 0 days to be left means that time does not matter. */
export function isFresh(end: unknown, daysRemaining: number): boolean {
  return daysRemaining === 0 || daysLeft(end, Date.now()) > daysRemaining
}
