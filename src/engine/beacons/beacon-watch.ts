import type { Clock, Timer } from '../../base/clock.ts'
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { within } from '../../base/within.ts'
import type { BeaconContext, BeaconDefinition, BeaconEvent, OpenBeacon } from '../beacon.ts'
import type { BeaconConfig } from './beacon-config.ts'
import { ChangeFilter } from './change-filter.ts'

export interface BeaconWatchOptions {
  readonly config: BeaconConfig
  readonly definition: BeaconDefinition
  readonly clock: Clock
  readonly log: Log
  context(signal: AbortSignal, wake: () => void): BeaconContext
  /** Whether states are being applied. */
  isApplyingStates(): boolean
  tell(events: readonly BeaconEvent[]): void
  /** It failed too often and has ended. */
  onGivenUp(failures: number, reason: string): void
}

/** One that failed so often in a row is given up. */
const mostFailures = 5
const readLimitMs = 60_000
const closeLimitMs = 5000
/** A failed read of a beacon that has no interval is tried again after this time. */
const retryMs = 1000
/** What happens within this time is read together. */
const gatherMs = 50

/** A beacon at work: read at its interval, or when it asks for it; told of; given up when it does not work. */
export class BeaconWatch implements AsyncDisposable {
  readonly config: BeaconConfig
  readonly #options: BeaconWatchOptions
  readonly #filter: ChangeFilter
  readonly #controller = new AbortController()
  readonly #intervalMs: number
  #beacon: OpenBeacon | undefined
  #timer: Timer | undefined
  /** The read that is under way, even when its time is over. */
  #work: Promise<readonly BeaconEvent[]> | undefined
  #turn: Promise<void> = Promise.resolve()
  #isAtTurn = false
  #isWoken = false
  #failures = 0
  #hasEnded = false

  constructor(options: BeaconWatchOptions) {
    this.#options = options
    this.config = options.config
    this.#filter = new ChangeFilter(options.config.rules)
    this.#intervalMs = options.config.intervalMs ?? options.definition.intervalSeconds * 1000
  }

  /** One of the user's own is another when it was loaded anew. */
  get definition(): BeaconDefinition {
    return this.#options.definition
  }

  get isGivenUp(): boolean {
    return this.#failures >= mostFailures
  }

  start(): void {
    this.#plan(0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
    await within(Promise.all([this.#turn, this.#close()]), closeLimitMs, this.#options.clock)
  }

  #end(): void {
    this.#hasEnded = true
    this.#timer?.cancel()
    this.#controller.abort()
  }

  async #close(): Promise<void> {
    const { log } = this.#options
    try {
      await this.#work?.catch(() => {})
      await this.#beacon?.[Symbol.asyncDispose]()
    } catch (error) {
      log.warning('a beacon did not end well', { beacon: this.config.name, reason: asSaltError(error).message })
    }
  }

  /** A configured interval is kept also by beacons that watch: their next read will tell. */
  #wake(): void {
    if (this.#hasEnded || this.config.intervalMs !== undefined) return
    if (this.#isAtTurn) this.#isWoken = true
    else this.#plan(gatherMs)
  }

  #plan(afterMs: number): void {
    if (this.#hasEnded) return
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(Math.max(0, afterMs), () => {
      this.#turn = this.#takeTurn()
    })
  }

  async #takeTurn(): Promise<void> {
    const { clock } = this.#options
    this.#isAtTurn = true
    this.#isWoken = false
    const begunAt = clock.monotonic()
    const againMs = await this.#readAndTell()
    this.#isAtTurn = false
    if (this.config.runsOnce && this.#failures === 0) this.#end()
    if (this.#hasEnded) return
    const waits = this.#intervalMs > 0 ? [begunAt + this.#intervalMs - clock.monotonic()] : []
    if (againMs !== undefined) waits.push(againMs)
    if (this.#isWoken) waits.push(gatherMs)
    if (waits.length > 0) this.#plan(Math.min(...waits))
  }

  /** In which time to read again, whatever the interval. Never throws. */
  async #readAndTell(): Promise<number | undefined> {
    const { clock, config, log, isApplyingStates, tell } = this.#options
    try {
      const events = await this.#readInTime()
      if (this.#hasEnded) return undefined
      this.#failures = 0
      if (config.pausesForStates && isApplyingStates()) {
        if (events.length > 0) log.debug('states are applied: a beacon is not heard', { beacon: config.name })
        return undefined
      }
      const { told, againMs } = this.#filter.filter(events, clock.monotonic())
      if (told.length > 0) tell(told)
      return againMs
    } catch (error) {
      if (!this.#hasEnded) this.#failed(asSaltError(error, 'execution-failed'))
      return this.#intervalMs > 0 ? undefined : retryMs
    }
  }

  /** Never two reads at a time: one that hangs is waited for again. */
  async #readInTime(): Promise<readonly BeaconEvent[]> {
    const work = this.#work ?? this.#read()
    this.#work = work
    const over = (): void => {
      this.#work = undefined
    }
    work.then(over, over)
    if (await within(work, readLimitMs, this.#options.clock)) return await work
    throw new SaltError('timeout', `it has not answered for ${readLimitMs / 1000} seconds`)
  }

  async #read(): Promise<readonly BeaconEvent[]> {
    const { definition, config, context } = this.#options
    this.#beacon ??= await definition.open(
      context(this.#controller.signal, () => this.#wake()),
      // Both were just checked against the schemas that their types come from.
      config.options as never,
      config.extra as never,
    )
    return await this.#beacon.read()
  }

  #failed({ message }: SaltError): void {
    const { log, config, onGivenUp } = this.#options
    this.#failures += 1
    const fields = { beacon: config.name, failures: this.#failures, reason: message }
    if (this.#failures < mostFailures) return log.warning('a beacon failed', fields)
    this.#end()
    void this.#close()
    onGivenUp(this.#failures, message)
  }
}
