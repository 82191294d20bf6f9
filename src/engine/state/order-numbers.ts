/** What `order` says: numbers for all calls, by which they are sorted. */

import type { Value } from '../render/values/kinds.ts'
import { isFloat, numeric } from '../render/values/numbers.ts'

export interface WrittenOrder {
  /** As written: a number, `first`, `last`, or undefined. */
  readonly order: Value
  /** From 1 on among the names of a state. */
  readonly nameNumber: number | undefined
}

/** Behind the highest number that is written, what has none follows. */
const gap = 100
/** `last` and what counts from the end lie behind everything else. */
const farBehind = 1_000_000
/** The names of a state stand between its number and the next. */
const perName = 10_000

/** A number for each. Negative ones count from the end. */
export function orderNumbers(all: readonly WrittenOrder[]): number[] {
  let cap = 1
  for (const { order } of all) {
    const number = isFloat(order) ? undefined : numeric(order)
    if (number !== undefined && number > 0 && number > cap - 1) cap = Number(number) + gap
  }
  return all.map((one) => numberOf(one, cap))
}

function numberOf({ order, nameNumber }: WrittenOrder, cap: number): number {
  if (order === undefined) return cap
  const written = numeric(order)
  const base = written === undefined ? wordNumber(order, cap) : Number(written)
  const number = nameNumber === undefined ? base : base + nameNumber / perName
  return number < 0 ? cap + farBehind + number : number
}

function wordNumber(word: Value, cap: number): number {
  if (word === 'last') return cap + farBehind
  return word === 'first' ? 0 : cap
}
