/** How deep functions that call functions are inside of each other, over whatever templates and states lie between. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { SaltError } from '../../base/errors.ts'

/** Far more than any module needs, and few enough for the memory that a template takes at each level. */
const maximumDepth = 100

const depths = new AsyncLocalStorage<number>()

/** A function that leads to itself again. */
export class EndlessCalls extends SaltError {
  constructor(fun: string) {
    const circle = 'such as a template that renders itself, or a function that calls itself'
    super('execution-failed', `${fun} stands inside of too many other calls: there is a circle, ${circle}`)
    this.name = 'EndlessCalls'
  }

  /** The fault that another one is only the report of. */
  static behind(error: unknown): EndlessCalls | undefined {
    for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof EndlessCalls) return cause
    return undefined
  }
}

/**
 * Runs a call inside of the one that is at work. Throws EndlessCalls where they are too many.
 *
 * @param weight So many calls it counts for: each call of a user's module has a thread of its own.
 */
export function withinCall<T>(fun: string, run: () => T, weight = 1): T {
  const depth = (depths.getStore() ?? 0) + weight
  if (depth > maximumDepth) throw new EndlessCalls(fun)
  return depths.run(depth, run)
}
