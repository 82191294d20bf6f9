import type { Clock, Timer } from '../../base/clock.ts'
import type { JobStore } from './types.ts'

const checkMs = 3_600_000

export interface JobRetentionOptions {
  readonly store: Pick<JobStore, 'removeBefore'>
  readonly clock: Clock
  /** How long a job is kept after its begin; 0: for ever. */
  keepMs(): number
}

/** Forgets the jobs of the job cache whose time is over (`keep_jobs_seconds`): at the start, and every hour. */
export class JobRetention implements Disposable {
  readonly #options: JobRetentionOptions
  #timer: Timer | undefined

  constructor(options: JobRetentionOptions) {
    this.#options = options
  }

  start(): void {
    const { store, clock, keepMs } = this.#options
    const keptMs = keepMs()
    if (keptMs > 0) store.removeBefore(clock.now() - keptMs)
    this.#timer = clock.after(checkMs, () => this.start(), { background: true })
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
  }
}
