import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'

export interface InTimeOptions<T> {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Takes a result that comes when nobody waits for it any more. */
  readonly late?: (result: T) => PromiseLike<void>
}

/** The work's result. Rejects with `timeout` when it takes too long, with `cancelled` as soon as the signal aborts. */
export function inTime<T>(work: Promise<T>, options: InTimeOptions<T>): Promise<T> {
  const { clock, timeoutMs, signal, late } = options
  return new Promise<T>((resolve, reject) => {
    let isOver = false
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      timer.cancel()
      signal.removeEventListener('abort', aborted)
      settle()
    }
    const aborted = (): void => end(() => reject(new SaltError('cancelled', 'the work was cancelled')))
    const timedOut = (): void =>
      end(() => reject(new SaltError('timeout', `there was no answer within ${timeoutMs / 1000} s`)))
    const timer = clock.after(timeoutMs, timedOut, { background: true })
    signal.addEventListener('abort', aborted)
    if (signal.aborted) aborted()
    work.then(
      (result) => {
        if (isOver) void late?.(result).then(undefined, () => {})
        else end(() => resolve(result))
      },
      (error) => end(() => reject(error)),
    )
  })
}
