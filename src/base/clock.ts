/** Time as a dependency, so that a test can move it. */
export interface Clock {
  /** Wall time in milliseconds since 1970 (UTC). */
  now(): number
  /** Monotonic milliseconds; only differences mean something. */
  monotonic(): number
  /** Runs `action` once after `delayMs`. The timer does not keep the process alive when `background` is set. */
  after(delayMs: number, action: () => void, options?: { background?: boolean }): Timer
}

export interface Timer {
  cancel(): void
}

/** The longest wait that a timer of Node can be set to; it fires at once for anything above. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action, options) {
    let handle: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, longestTimerMs)
      handle = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : action()), stepMs)
      if (options?.background) handle.unref()
    }
    wait(delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
}
