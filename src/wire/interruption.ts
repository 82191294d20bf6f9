/** A signal, such as that of a child's end, keeps ZeroMQ from beginning a call: it fails with EINTR, and nothing has happened yet. */
import { systemCode } from '../base/errors.ts'

export function wasInterrupted(error: unknown): boolean {
  return systemCode(error) === 'EINTR'
}

/** Calls again as long as signals come between. */
export function uninterrupted<Result>(call: () => Result): Result {
  for (;;) {
    try {
      return call()
    } catch (error) {
      if (!wasInterrupted(error)) throw error
    }
  }
}
