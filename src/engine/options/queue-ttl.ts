import { durationForm, parseDuration } from '../../base/duration.ts'
import { SaltError } from '../../base/errors.ts'
import type { Refusal } from './option.ts'

/** A job that waits longer is no order any more. */
const longestSeconds = 366 * 86_400

/** Seconds that a queued job waits. Throws `bad-arguments` for what is no such time. */
export function queueTtlSeconds(value: string | number): number {
  const seconds = secondsOf(value)
  if (seconds !== undefined) return seconds
  throw new SaltError('bad-arguments', `a job cannot wait in the queue for '${value}'`, { hint })
}

export function isQueueTime(value: string | number): boolean {
  return secondsOf(value) !== undefined
}

export function refuseQueueTtl(value: string | number): Refusal | undefined {
  return isQueueTime(value) ? undefined : { reason: 'is not a time that a job can wait', hint }
}

const hint = `Write ${durationForm}; from a second to a year.`

function secondsOf(value: string | number): number | undefined {
  const seconds = typeof value === 'number' ? value : parseDuration(value)
  return seconds !== undefined && seconds >= 1 && seconds <= longestSeconds ? seconds : undefined
}
