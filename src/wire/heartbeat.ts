import type { Clock, Timer } from '../base/clock.ts'

export interface HeartbeatOptions {
  readonly clock: Clock
  /** Idle time, of either direction, after which a side asks whether the other lives. Milliseconds; 0: never. */
  readonly periodMs: number
  /** Nothing was sent or heard for a while: time to say something that is answered. */
  onIdle(): void
  /** Nothing was heard for two and a half periods. */
  onLost(): void
  /** Called with each beat. */
  onBeat(now: number): void
}

const lostAfterPeriods = 2.5
/** Beats come at 80 to 120 % of the period, so that many sessions do not speak at one moment. */
const shortest = 0.8
const spread = 0.4

/** Tells a peer that this side lives when nothing else does, and notices when the peer no longer says so. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #timer: Timer | undefined
  #lastReceived: number
  #lastSent: number

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#lastReceived = options.clock.monotonic()
    this.#lastSent = this.#lastReceived
    this.#plan()
  }

  received(): void {
    this.#lastReceived = this.#options.clock.monotonic()
  }

  sent(): void {
    this.#lastSent = this.#options.clock.monotonic()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #plan(): void {
    const { clock, periodMs } = this.#options
    if (periodMs === 0) return
    this.#timer = clock.after(periodMs * (shortest + Math.random() * spread), () => this.#beat(), { background: true })
  }

  #beat(): void {
    const { clock, periodMs, onIdle, onLost, onBeat } = this.#options
    const now = clock.monotonic()
    if (now - this.#lastReceived > periodMs * lostAfterPeriods) return onLost()
    this.#plan()
    // Silence counts too: a peer that only listens may have a longer period of its own.
    if (now - Math.min(this.#lastSent, this.#lastReceived) >= periodMs * shortest) onIdle()
    onBeat(now)
  }
}
