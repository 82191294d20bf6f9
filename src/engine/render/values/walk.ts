/** How many values one that is gone through may hold, those inside of others included. */
import { PyError } from './py-error.ts'

/** A list twice in a list, that one twice in the next and so on holds more than any host can print. */
export const maximumItems = 5_000_000

/** Counts the values of one walk. */
export class Walk {
  #left = maximumItems

  /** Throws MemoryError beyond the bound. */
  step(): void {
    this.#left -= 1
    if (this.#left < 0) throw tooMany()
  }
}

/** Throws MemoryError for a list that would be longer than the bound. */
export function checkCount(count: number): void {
  if (count > maximumItems) throw tooMany()
}

function tooMany(): PyError {
  return new PyError('MemoryError', `a value would hold more than ${maximumItems} others`)
}
