import type { Clock, Timer } from './clock.ts'

/** Waits for the work, but no longer than this. True when the work was done in time; its failure is thrown. */
export async function within(work: Promise<unknown>, timeoutMs: number, clock: Clock): Promise<boolean> {
  let timer: Timer | undefined
  const timeout = new Promise<false>((resolve) => {
    timer = clock.after(timeoutMs, () => resolve(false))
  })
  try {
    return await Promise.race([work.then(() => true), timeout])
  } finally {
    timer?.cancel()
  }
}
