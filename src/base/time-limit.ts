/** Work of one piece, without a wait in it, that ends in time whatever it does: regular expressions of outside origin. */
import { type Context, createContext, Script } from 'node:vm'
import { systemCode } from './errors.ts'

let limited: { readonly context: Context; readonly script: Script } | undefined

/**
 * What the work results in; `tooLong` makes the error for when the time is over. The work is cut off wherever it is then, and no
 * `finally` of it runs: it must not change anything that outlives it. Starting and ending the watch costs about 0.2 ms.
 */
export function withinTime<Result>(limitMs: number, work: () => Result, tooLong: (cause: unknown) => Error): Result {
  limited ??= { context: createContext({}), script: new Script('work()') }
  limited.context.work = work
  try {
    return limited.script.runInContext(limited.context, { timeout: limitMs })
  } catch (thrown) {
    if (systemCode(thrown) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw tooLong(thrown)
    throw thrown
  } finally {
    limited.context.work = undefined
  }
}
