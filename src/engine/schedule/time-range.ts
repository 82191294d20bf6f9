import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { type DateText, parseDateText } from './date-text.ts'
import { isOn } from './truth.ts'

/**
 * A span of time with both its ends, such as `{start: 8:00am, end: 5:00pm}`. Where both ends
 * come again and again, it may pass midnight (`10pm` to `4am`) or the end of a week.
 */
export interface TimeRange {
  readonly isInverted: boolean
  /** Whether an instant lies in it (`invert` is not looked at). */
  holds(instantMs: number): boolean
  /** Whether a job with this range may run at an instant: within it, or outside it where it is inverted. */
  permits(instantMs: number): boolean
  /** The first instant from which a job may run that may not now; undefined when that never comes. */
  opens(nowMs: number): number | undefined
  /** When the span that holds an instant ends. */
  endOf(instantMs: number): number
}

/** Throws `bad-arguments`. */
export function parseTimeRange(value: unknown, what: string): TimeRange {
  if (!isRecord(value)) throw new SaltError('bad-arguments', `${what} is not a mapping with start and end`)
  const [start, end] = [parseEnd(value.start, `${what}:start`), parseEnd(value.end, `${what}:end`)]
  const [from, to] = [start.at(0), end.at(0)]
  if (start.recurs === end.recurs && (from === to || (!start.recurs && to < from)))
    throw new SaltError('bad-arguments', `the end of ${what} must be later than its start`)
  return new Range(start, end, isOn(value.invert))
}

function parseEnd(value: unknown, what: string): DateText {
  if (value === undefined || value === null) throw new SaltError('bad-arguments', `${what} is missing`)
  return parseDateText(value)
}

class Range implements TimeRange {
  readonly isInverted: boolean
  readonly #start: DateText
  readonly #end: DateText

  constructor(start: DateText, end: DateText, isInverted: boolean) {
    this.#start = start
    this.#end = end
    this.isInverted = isInverted
  }

  holds(instantMs: number): boolean {
    if (this.#start.recurs !== this.#end.recurs)
      return instantMs >= this.#start.at(instantMs) && instantMs <= this.#end.at(instantMs)
    // Within it, the next thing to come is its end.
    const end = this.#end.after(instantMs - 1)
    return end !== undefined && end < (this.#start.after(instantMs) ?? Number.POSITIVE_INFINITY)
  }

  permits(instantMs: number): boolean {
    return this.holds(instantMs) !== this.isInverted
  }

  opens(nowMs: number): number | undefined {
    // The end itself still belongs to the span.
    return this.isInverted ? this.endOf(nowMs) + 1 : this.#start.after(nowMs)
  }

  endOf(instantMs: number): number {
    return this.#end.after(instantMs - 1) ?? this.#end.at(instantMs)
  }
}
