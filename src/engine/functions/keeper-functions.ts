/** What functions share that change what a running minion keeps: its schedule, its beacons. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { FunctionContext } from '../plugin.ts'
import { isOn } from '../schedule/truth.ts'

/** What they answer, as Salt's do. */
export interface Result {
  result: boolean
  comment: string | string[]
  changes?: Record<string, unknown>
}

export async function asRecord(result: Promise<Result>): Promise<Record<string, unknown>> {
  return { ...(await result) }
}

export function isTest(ctx: FunctionContext, given: Readonly<Record<string, unknown>>): boolean {
  return isOn(given.test ?? ctx.config.get('test'))
}

/** What the daemon that runs here provides. Throws `minion-unreachable` where there is none. */
export function provided<Service>(service: Service | undefined): Service {
  if (service !== undefined) return service
  throw new SaltError('minion-unreachable', 'no minion runs in this process', {
    hint: 'Run the function on a minion, or by salt call beside one.',
  })
}

/** The result of `work`; where no minion runs, or the request makes no sense, a failure that says so. */
export async function attempt(failed: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    const error = asSaltError(thrown)
    if (error.code !== 'minion-unreachable' && error.code !== 'bad-arguments') throw error
    return { result: false, comment: `${failed}: ${error.message}`, changes: {} }
  }
}

/** What was done, with what did not go well beside it. */
export function told(comment: string, { warning }: { readonly warning?: string }): string {
  return warning === undefined ? comment : `${comment} But ${warning}`
}
