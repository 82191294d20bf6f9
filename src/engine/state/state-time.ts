/** When a state began and how long it took, as results show it. */
export class StateTime {
  readonly #begunMs = performance.now()

  /** Milliseconds, to the microsecond. */
  get duration(): number {
    return roundedMs(performance.now() - this.#begunMs)
  }

  /** `14:03:59.120033`, in local time. */
  get startTime(): string {
    const sinceEpochMs = performance.timeOrigin + this.#begunMs
    const at = new Date(sinceEpochMs)
    const microseconds = Math.floor((sinceEpochMs % 1000) * 1000)
    return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(microseconds).padStart(6, '0')}`
  }
}

export function roundedMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
