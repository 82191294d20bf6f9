/** Work on files, whose faults become errors for people. */
import { readableFault } from '../../../engine/functions/system-faults.ts'

export { systemText, systemWords } from '../../../engine/functions/system-faults.ts'

/** Does some work on a file; a fault of the system becomes an error for people. */
export function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw readableFault(error, path)
  }
}

export async function attemptAsync<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw readableFault(error, path)
  }
}
