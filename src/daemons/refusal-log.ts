import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { DropReports } from '../engine/outlet/drop-reports.ts'

export interface RefusalLogOptions {
  readonly clock: Clock
  readonly log: Pick<Log, 'warning'>
  readonly message: string
}

/** Logs refused events of a minion: at once, and then at most once a second, with their count and the reason of the last one. */
export class RefusalLog implements Disposable {
  readonly #reports: DropReports
  readonly #lastReason = new Map<string, string>()

  constructor({ clock, log, message }: RefusalLogOptions) {
    this.#reports = new DropReports({
      clock,
      tell: (count, id) => {
        log.warning(message, { id, count, reason: this.#lastReason.get(id) })
        this.#lastReason.delete(id)
      },
    })
  }

  add(id: string, reason: string): void {
    this.#lastReason.set(id, reason)
    this.#reports.add(1, id)
  }

  [Symbol.dispose](): void {
    this.#reports[Symbol.dispose]()
  }
}
