import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { within } from '../../base/within.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import type { RecordSpool } from '../../engine/outlet/record-spool.ts'
import { EventSending } from './event-sending.ts'

export interface EventOutboxOptions {
  /** Keeps what must not be lost. It is disposed of with the outbox. */
  readonly spool: RecordSpool
  readonly clock: Clock
  readonly log: Log
  /** The master refused a record, or a part of it. */
  onRefused(refused: RefusedEvent): void
}

export interface RefusedEvent {
  readonly tag: string
  readonly reason: string
}

/** What of a record a master refused. */
export type RecordAnswer = readonly RefusedEvent[]

/** The events for one master: they wait on disk until it has them, whatever becomes of sessions and of this process. */
export class EventOutbox implements Disposable {
  readonly #options: EventOutboxOptions
  readonly #asking = new Map<number, (answer: RecordAnswer | undefined) => void>()
  readonly #draining = new Set<() => void>()
  readonly #awaited = new Set<{ readonly seq: number; resolve(): void }>()
  /** Number of the last record. */
  #last = 0
  #sending: EventSending | undefined

  constructor(options: EventOutboxOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#sending !== undefined
  }

  get counters(): RecordSpool['counters'] {
    return this.#options.spool.counters
  }

  /** Takes a packed load; answers its number. */
  add(load: Uint8Array): number {
    this.#last = this.#options.spool.append(load)
    this.#sending?.wake()
    return this.#last
  }

  /** What the master says to a record; undefined where it says nothing within the time, or is away. */
  async answer(seq: number, timeoutMs: number): Promise<RecordAnswer | undefined> {
    if (this.#sending === undefined) return undefined
    const { promise, resolve } = Promise.withResolvers<RecordAnswer | undefined>()
    this.#asking.set(seq, resolve)
    const timer = this.#options.clock.after(timeoutMs, () => resolve(undefined), { background: true })
    try {
      return await promise
    } finally {
      timer.cancel()
      this.#asking.delete(seq)
    }
  }

  /** A session with the master has begun: all that waits goes out. `ended` resolves with it. */
  begin(calls: Pick<MasterCalls, 'call'>, ended: Promise<unknown>): void {
    this.#end()
    const { spool, clock, log, onRefused } = this.#options
    const sending = new EventSending({
      calls,
      spool,
      clock,
      log,
      onAnswer: (seq, refused) => {
        for (const event of refused) onRefused(event)
        this.#asking.get(seq)?.(refused)
        for (const one of this.#awaited) if (one.seq <= spool.acknowledged) one.resolve()
      },
      onAllSent: () => {
        for (const resolve of this.#draining) resolve()
      },
    })
    this.#sending = sending
    void ended.then(() => {
      if (this.#sending === sending) this.#end()
    })
  }

  /** Resolves when nothing waits any more, or the time is over, or the master is away. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#sending === undefined || this.counters.waiting === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#draining.add(resolve)
    await within(promise, timeoutMs, this.#options.clock)
    this.#draining.delete(resolve)
  }

  /** Resolves when the master has all that was given until now, or the time is over, or the master is away. */
  async taken(timeoutMs: number): Promise<void> {
    if (this.#sending === undefined || this.#last <= this.#options.spool.acknowledged) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const awaited = { seq: this.#last, resolve }
    this.#awaited.add(awaited)
    await within(promise, timeoutMs, this.#options.clock)
    this.#awaited.delete(awaited)
  }

  [Symbol.dispose](): void {
    this.#end()
    this.#options.spool[Symbol.dispose]()
  }

  #end(): void {
    this.#sending?.end()
    this.#sending = undefined
    for (const resolve of [...this.#asking.values(), ...this.#draining]) resolve(undefined)
    for (const { resolve } of this.#awaited) resolve()
  }
}
