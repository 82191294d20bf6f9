/** Work of one piece, without a wait in it, that ends in time whatever it does: regular expressions of outside origin. */
import { type Context, createContext, Script } from 'node:vm'
import { systemCode } from './errors.ts'

let limited: { readonly context: Context; readonly script: Script } | undefined

/** Until when the outermost work that runs now may take, by `performance.now()`. */
let deadline = Number.POSITIVE_INFINITY

/** The time of an outer work is over: nobody but that one may take this for its own. */
class Overdue extends Error {}

/**
 * What the work results in; `tooLong` makes the error for when the time is over. The work is cut off wherever it is then, and no
 * `finally` of it runs: it must not change anything that outlives it. Starting and ending the watch costs about 0.2 ms.
 *
 * Limits may be nested. Where an outer and an inner one end in the same moment, the system tells of the inner one only, so the
 * outer one is looked at by the clock too.
 */
export function withinTime<Result>(limitMs: number, work: () => Result, tooLong: (cause: unknown) => Error): Result {
  const outer = deadline
  const now = performance.now()
  if (now >= outer) throw new Overdue()
  deadline = Math.min(outer, now + limitMs)
  try {
    return watched(limitMs, work)
  } catch (thrown) {
    if (performance.now() >= outer) throw new Overdue()
    if (thrown instanceof Overdue || systemCode(thrown) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw tooLong(thrown)
    throw thrown
  } finally {
    deadline = outer
  }
}

function watched<Result>(limitMs: number, work: () => Result): Result {
  limited ??= { context: createContext({}), script: new Script('work()') }
  const outer = limited.context.work
  limited.context.work = work
  try {
    return limited.script.runInContext(limited.context, { timeout: limitMs })
  } finally {
    limited.context.work = outer
  }
}
