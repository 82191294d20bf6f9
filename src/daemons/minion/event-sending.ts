import type { Clock, Timer } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import type { RecordSpool, SpooledRecord } from '../../engine/outlet/record-spool.ts'

export interface EventSendingOptions {
  readonly calls: Pick<MasterCalls, 'call'>
  readonly spool: Pick<RecordSpool, 'epoch' | 'acknowledged' | 'acknowledge' | 'read' | 'settled'>
  readonly clock: Clock
  readonly log: Log
  /** The master has this record, and has said what of it it refused. */
  onAnswer(seq: number, refused: readonly { readonly tag: string; readonly reason: string }[]): void
  /** Nothing waits any more. */
  onAllSent(): void
}

/** A request is about so large: below what the wire would cut into chunks, which small records overtake. */
const batch = { records: 500, bytes: 128 * 1024 }
/** Requests on their way at a time, so that the distance to the master does not limit the rate. */
const mostOnTheWay = 4
const answerTimeoutMs = 60_000
const retryMs = { first: 1000, last: 30_000 }

/** A request that is on its way. */
interface Request {
  readonly last: number
  /** Cut into chunks: nothing is sent beside it. */
  readonly isLarge: boolean
  isTaken: boolean
}

/** Sends the records of a spool over one session, in their order, for as long as the session lasts. */
export class EventSending {
  readonly #options: EventSendingOptions
  readonly #onTheWay: Request[] = []
  #isLive = true
  /** A request failed: what the master has not taken is sent again, when no other is on its way. */
  #hasFailed = false
  #sentTo = 0
  #retryMs = retryMs.first
  #changed: () => void = () => {}

  constructor(options: EventSendingOptions) {
    this.#options = options
    void this.#run()
  }

  /** There is something new in the spool. */
  wake(): void {
    this.#changed()
  }

  /** The session is over. */
  end(): void {
    this.#isLive = false
    this.#changed()
  }

  async #run(): Promise<void> {
    while (this.#isLive) {
      this.#sentTo = this.#options.spool.acknowledged
      this.#hasFailed = false
      try {
        await this.#sendAll()
      } catch (error) {
        this.#options.log.error('events that wait for the master cannot be read', { error: asSaltError(error).message })
      }
      while (this.#onTheWay.length > 0) await this.#change()
      if (this.#isLive) await this.#pause()
    }
  }

  /** Until the session ends or a request fails. Throws `storage`. */
  async #sendAll(): Promise<void> {
    const { spool } = this.#options
    while (this.#isLive && !this.#hasFailed) {
      // What goes out must be on disk: the next process must not give its number to another record.
      await spool.settled()
      if (!this.#isLive) return
      const records = this.#hasRoom ? spool.read(batch.records, batch.bytes, this.#sentTo) : []
      const isLarge = records.reduce((sum, { bytes }) => sum + bytes.length, 0) > batch.bytes
      if (records.length === 0 || (isLarge && this.#onTheWay.length > 0)) {
        if (this.#onTheWay.length === 0) this.#options.onAllSent()
        await this.#change()
      } else void this.#send(records, isLarge)
    }
  }

  get #hasRoom(): boolean {
    return this.#onTheWay.length < mostOnTheWay && this.#onTheWay[0]?.isLarge !== true
  }

  async #send(records: readonly SpooledRecord[], isLarge: boolean): Promise<void> {
    const { calls, spool, log, onAnswer } = this.#options
    const request: Request = { last: records.at(-1)?.seq ?? 0, isLarge, isTaken: false }
    const { epoch, acknowledged } = spool
    const events = records.map(({ seq, bytes }) => [seq, bytes] as const)
    const params = { epoch, acknowledged, after: this.#sentTo, events }
    this.#sentTo = request.last
    this.#onTheWay.push(request)
    try {
      const { refused } = await calls.call('fire.numbered', params, { timeoutMs: answerTimeoutMs })
      this.#taken(request)
      const refusals = Map.groupBy(refused, ({ seq }) => seq)
      for (const { seq } of records) onAnswer(seq, refusals.get(seq) ?? [])
    } catch (error) {
      if (this.#isLive)
        log.info('the master did not take events; they are sent again', { error: asSaltError(error).message })
      this.#failed(request)
    }
    this.#changed()
  }

  /** The spool forgets only what comes before the first request that is still open. */
  #taken(request: Request): void {
    request.isTaken = true
    this.#retryMs = retryMs.first
    let taken: Request | undefined
    while (this.#onTheWay[0]?.isTaken === true) taken = this.#onTheWay.shift()
    // After the end of a session the spool may be closed, or another session at work with it.
    if (taken !== undefined && this.#isLive && !this.#hasFailed) this.#options.spool.acknowledge(taken.last)
  }

  /** Nothing counts as taken any more until all of them are answered: the master takes no request out of turn. */
  #failed(request: Request): void {
    this.#hasFailed = true
    this.#onTheWay.splice(this.#onTheWay.indexOf(request), 1)
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve
    })
  }

  /** Before another attempt, longer each time. */
  async #pause(): Promise<void> {
    let isOver = false
    const timer: Timer = this.#options.clock.after(
      this.#retryMs,
      () => {
        isOver = true
        this.#changed()
      },
      { background: true },
    )
    this.#retryMs = Math.min(this.#retryMs * 2, retryMs.last)
    while (this.#isLive && !isOver) await this.#change()
    timer.cancel()
  }
}
