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

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action, options) {
    const handle = setTimeout(action, delayMs)
    if (options?.background) handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}
