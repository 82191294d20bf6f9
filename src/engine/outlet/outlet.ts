/**
 * What stands between this process and a backend that may be slow, away or broken.
 *
 * `put` costs whoever calls it a few microseconds, whatever the backend does: deliveries go into a spool on disk and from there
 * in batches and in order to the returner. A batch stays in the spool until the returner has taken it, so each delivery arrives
 * once or more; after a failure it is tried again for ever, with growing and scattered pauses.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { within } from '../../base/within.ts'
import type { Delivery, OpenReturner } from '../returner.ts'
import { packDelivery, unpackDelivery } from './delivery-bytes.ts'
import { DropReports } from './drop-reports.ts'
import { inTime } from './in-time.ts'
import type { OutletStatus } from './outlet-status.ts'
import { RecordSpool, type SpooledRecord } from './record-spool.ts'

export interface OutletOptions {
  /** Whose outlet this is, for log, events and status: `sink audit`, `event_return postgres`, `master_job_cache redis`. */
  readonly name: string
  /** Name of the returner, for the status. */
  readonly returner: string
  /** File of the spool; `:memory:` for none. What a former process left in it is delivered first. */
  readonly path: string
  readonly clock: Clock
  readonly log: Log
  /**
   * Opens the backend: called when there is something to deliver, and again after each failed delivery, so that a returner need
   * not reconnect. The signal aborts when the outlet closes; it belongs into the returner's context.
   */
  open(signal: AbortSignal): Promise<OpenReturner>
  /** So many deliveries, or so many bytes of them, go at once and together; default 100 and 1 MiB. */
  readonly batchRecords?: number
  readonly batchBytes?: number
  /** The longest that a delivery waits for others to go with it; default 1000. 0: until the end of the turn of the event loop. */
  readonly flushMs?: number
  /** More than 0: nothing waits for others. Default 0. */
  readonly priority?: number
  /** Bounds of what waits; default 100,000 and 256 MiB. The oldest go first. */
  readonly maximumRecords?: number
  readonly maximumBytes?: number
  /** A delivery, or an opening, that takes longer has failed; default 60,000. */
  readonly deliveryTimeoutMs?: number
  /** The pause after the first failure is at most `firstMs`, then up to twice as long each time, at most `lastMs`; default 500 and 60,000. */
  readonly retry?: { readonly firstMs: number; readonly lastMs: number }
  /** From 0 to below 1, for the length of the pauses; default `Math.random`. */
  readonly random?: () => number
  /** So many deliveries were given up; at most once a second for each reason. */
  readonly onDrop?: (count: number, reason: DropReason) => void
  /** Deliveries fail (why), or are taken again (undefined): told when that begins and when it ends. */
  readonly onFailing?: (failure: string | undefined) => void
  /** The disk under the spool takes nothing (the error), or takes it again (undefined). */
  readonly onFault?: (error: SaltError | undefined) => void
}

export type { OutletStatus } from './outlet-status.ts'

export type DropReason =
  | 'missed on the bus'
  | 'too many wait'
  | 'no plain data'
  | 'refused by the backend'
  | 'unreadable in the spool'
  | 'closed'

const defaults = { batchRecords: 100, batchBytes: 1024 * 1024, flushMs: 1000, deliveryTimeoutMs: 60_000 }
const defaultRetry = { firstMs: 500, lastMs: 60_000 }
/** How long a delivery that is under way may take when the outlet is closed, and how long the backend to be closed. */
const closingMs = 2000

export class Outlet implements AsyncDisposable {
  readonly #options: OutletOptions
  readonly #spool: RecordSpool
  readonly #drops: DropReports
  readonly #abort = new AbortController()
  readonly #since: number
  #returner: OpenReturner | undefined
  #running: Promise<void> | undefined
  #flush: Timer | undefined
  #retry: Timer | undefined
  /** Everything up to this number goes without waiting for others. */
  #dueSeq: number
  #delivered = 0
  #failedAttempts = 0
  /** In a row. */
  #failures = 0
  #isClosing = false
  #failingSince: number | undefined
  #lastError: string | undefined

  /** Throws `storage` when the file of the spool cannot be used. */
  constructor(options: OutletOptions) {
    this.#options = options
    const { name, path, clock, log, maximumRecords, maximumBytes, onFault, onDrop } = options
    this.#since = clock.now()
    this.#drops = new DropReports({ clock, tell: (count, reason) => onDrop?.(count, reason as DropReason) })
    this.#spool = new RecordSpool(path, {
      clock,
      log,
      what: `the spool of ${name}`,
      ...(maximumRecords === undefined ? {} : { maximumRecords }),
      ...(maximumBytes === undefined ? {} : { maximumBytes }),
      ...(onFault === undefined ? {} : { onFault }),
      onDrop: (count) => this.#drop(count, 'too many wait'),
    })
    this.#dueSeq = this.#spool.lastSeq
    this.#wake()
  }

  get name(): string {
    return this.#options.name
  }

  get status(): OutletStatus {
    const { waiting, bytes } = this.#spool.counters
    return {
      name: this.#options.name,
      returner: this.#options.returner,
      state: this.#state(waiting),
      waiting,
      bytes,
      delivered: this.#delivered,
      failed_attempts: this.#failedAttempts,
      dropped: this.#drops.count,
      since: new Date(this.#since).toISOString(),
      last_error: this.#lastError ?? null,
      failing_since: this.#failingSince === undefined ? null : new Date(this.#failingSince).toISOString(),
    }
  }

  /** Takes it and returns at once. Never throws: what cannot be kept is counted as dropped. */
  put(delivery: Delivery): void {
    if (this.#isClosing) return this.#drop(1, 'closed')
    let bytes: Uint8Array
    try {
      bytes = packDelivery(delivery)
    } catch (error) {
      return this.#giveUp('no plain data', error)
    }
    this.#spool.append(bytes)
    this.#wake()
  }

  /** Counts what never came here, though it was meant for this backend. */
  miss(count: number, reason: DropReason): void {
    this.#drop(count, reason)
  }

  /**
   * Delivers what waits, without pauses; resolves when all is delivered, an attempt has failed, or the time is up. What is not
   * delivered then stays in the spool.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#dueSeq = this.#spool.lastSeq
    this.#retry?.cancel()
    this.#retry = undefined
    this.#wake()
    if (this.#running) await within(this.#running, timeoutMs, this.#options.clock)
    await this.#spool.settled()
  }

  /** A delivery that is under way may end within two seconds; else it is delivered again by the next outlet of this name. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#flush?.cancel()
    this.#retry?.cancel()
    if (this.#running) await within(this.#running, closingMs, this.#options.clock)
    this.#abort.abort()
    await this.#running
    await this.#close()
    this.#drops[Symbol.dispose]()
    this.#spool[Symbol.dispose]()
  }

  #state(waiting: number): OutletStatus['state'] {
    if (this.#retry) return 'retrying'
    if (this.#running) return 'delivering'
    return waiting > 0 ? 'waiting' : 'idle'
  }

  #isDue(): boolean {
    const {
      batchRecords = defaults.batchRecords,
      batchBytes = defaults.batchBytes,
      priority = 0,
      flushMs,
    } = this.#options
    const { waiting, bytes } = this.#spool.counters
    if (waiting === 0) return false
    if (priority > 0 || flushMs === 0) return true
    return waiting >= batchRecords || bytes >= batchBytes || this.#spool.firstSeq <= this.#dueSeq
  }

  #wake(): void {
    if (this.#running || this.#retry || this.#isClosing) return
    if (this.#isDue()) {
      this.#flush?.cancel()
      this.#flush = undefined
      this.#running = this.#run()
    } else if (!this.#flush && this.#spool.counters.waiting > 0) {
      const { clock, flushMs = defaults.flushMs } = this.#options
      this.#flush = clock.after(flushMs, () => this.#flushNow(), { background: true })
    }
  }

  #flushNow(): void {
    this.#flush = undefined
    this.#dueSeq = this.#spool.lastSeq
    this.#wake()
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    try {
      do {
        // What else comes within this turn of the event loop goes along, and is on disk before it is delivered.
        await new Promise((resolve) => setImmediate(resolve))
        if (this.#isClosing) break
        await this.#deliverBatch()
      } while (this.#isDue())
    } catch (error) {
      await this.#failed(error)
    }
    this.#running = undefined
    this.#wake()
  }

  async #deliverBatch(): Promise<void> {
    const { batchRecords = defaults.batchRecords, batchBytes = defaults.batchBytes } = this.#options
    const batch = this.#spool.read(batchRecords, batchBytes)
    if (batch.length === 0) throw new SaltError('storage', 'the spool does not hold what it counts')
    const error = await this.#attempt(batch)
    if (error === undefined) return
    for (const record of batch) {
      const alone = batch.length === 1 ? error : await this.#attempt([record])
      if (alone === undefined) continue
      this.#giveUp('refused by the backend', alone)
      this.#spool.acknowledge(record.seq)
    }
  }

  /** Answers the refusal when these can never be written; throws when they can be tried again. */
  async #attempt(records: readonly SpooledRecord[]): Promise<SaltError | undefined> {
    const deliveries = records.flatMap(({ bytes }) => this.#readable(bytes))
    if (deliveries.length > 0) {
      this.#returner ??= await this.#inTime(this.#options.open(this.#abort.signal), (late) =>
        late[Symbol.asyncDispose](),
      )
      try {
        await this.#inTime(this.#returner.deliver(deliveries))
      } catch (error) {
        if (error instanceof SaltError && error.code === 'bad-arguments') return error
        throw error
      }
    }
    this.#spool.acknowledge(records.at(-1)?.seq ?? 0)
    this.#delivered += deliveries.length
    this.#well()
    return undefined
  }

  #readable(bytes: Uint8Array): Delivery[] {
    try {
      return [unpackDelivery(bytes)]
    } catch (error) {
      this.#giveUp('unreadable in the spool', error)
      return []
    }
  }

  #inTime<T>(work: Promise<T>, late?: (result: T) => PromiseLike<void>): Promise<T> {
    const { clock, deliveryTimeoutMs: timeoutMs = defaults.deliveryTimeoutMs } = this.#options
    return inTime(work, { clock, timeoutMs, signal: this.#abort.signal, ...(late === undefined ? {} : { late }) })
  }

  #well(): void {
    this.#failures = 0
    if (this.#failingSince === undefined) return
    this.#failingSince = undefined
    this.#options.log.info('a backend takes deliveries again', this.#about())
    this.#options.onFailing?.(undefined)
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#abort.signal.aborted) return
    const { clock, log, retry = defaultRetry, random = Math.random } = this.#options
    const { message } = asSaltError(error)
    this.#failedAttempts += 1
    this.#lastError = message
    if (this.#failingSince === undefined) {
      this.#failingSince = clock.now()
      log.warning('a backend takes no deliveries; they wait on disk', { ...this.#about(), error: message })
      this.#options.onFailing?.(message)
    }
    await this.#close()
    if (this.#isClosing) return
    const longestMs = Math.min(retry.lastMs, retry.firstMs * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    this.#retry = clock.after(random() * longestMs, () => this.#tryAgain(), { background: true })
  }

  #tryAgain(): void {
    this.#retry = undefined
    // What waited through a failure has waited long enough.
    this.#dueSeq = this.#spool.lastSeq
    this.#wake()
  }

  async #close(): Promise<void> {
    const returner = this.#returner
    this.#returner = undefined
    if (returner === undefined) return
    try {
      await within(Promise.resolve(returner[Symbol.asyncDispose]()), closingMs, this.#options.clock)
    } catch (error) {
      this.#options.log.debug('a backend could not be closed', { ...this.#about(), error: asSaltError(error).message })
    }
  }

  #giveUp(reason: DropReason, error: unknown): void {
    this.#options.log.error('a delivery was given up', { ...this.#about(), reason, error: asSaltError(error).message })
    this.#drop(1, reason)
  }

  #drop(count: number, reason: DropReason): void {
    this.#drops.add(count, reason)
  }

  #about(): { readonly outlet: string; readonly returner: string } {
    return { outlet: this.#options.name, returner: this.#options.returner }
  }
}
