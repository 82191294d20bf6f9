/** One connection to a server that may go away: made when it is needed, dropped when it fails, and never waited for too long. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { ReturnerContext } from '../returner.ts'

export interface ConnectionPlan<Connection> {
  /** As people know it, without credentials: `PostgreSQL at db:5432`. */
  readonly server: string
  /** `lost` tells that the connection has ended by itself. */
  connect(lost: () => void): Promise<Connection>
  /** At once, whatever is under way. */
  close(connection: Connection): Promise<void> | void
  readonly connectTimeoutMs: number
  /** Of one piece of work. */
  readonly timeoutMs: number
  /** A fault of the server or the network in words for people. What it makes `bad-arguments` of leaves the connection as it is. */
  explain(error: unknown): SaltError
}

type Limits = Pick<ReturnerContext, 'clock' | 'signal'>

export class HeldConnection<Connection> implements AsyncDisposable {
  readonly #plan: ConnectionPlan<Connection>
  readonly #limits: Limits
  #held: Promise<Connection> | undefined
  #isClosed = false

  constructor(plan: ConnectionPlan<Connection>, limits: Limits) {
    this.#plan = plan
    this.#limits = limits
  }

  /** Connects, unless that is done. */
  async open(): Promise<void> {
    await this.#connection()
  }

  /** Rejects as soon as the connection fails, the time is over, or the context ends: the work has then no effect on later ones. */
  async use<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const held = await this.#connection()
    const { server, timeoutMs, explain } = this.#plan
    try {
      return await this.#limited(work(held.connection), timeoutMs, `${server} did not answer`)
    } catch (error) {
      const explained = error instanceof SaltError ? error : explain(error)
      if (explained.code !== 'bad-arguments') await this.#drop(held.promise)
      throw explained
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    if (this.#held !== undefined) await this.#drop(this.#held)
  }

  async #connection(): Promise<{ readonly connection: Connection; readonly promise: Promise<Connection> }> {
    const { server, connectTimeoutMs, explain } = this.#plan
    if (this.#isClosed) throw new SaltError('cancelled', `the connection to ${server} is closed`)
    const promise = this.#held ?? this.#connect()
    this.#held = promise
    try {
      const connection = await this.#limited(promise, connectTimeoutMs, `${server} cannot be reached: no answer`)
      return { connection, promise }
    } catch (error) {
      await this.#drop(promise)
      throw error instanceof SaltError ? error : explain(error)
    }
  }

  #connect(): Promise<Connection> {
    const promise = this.#plan.connect(() => {
      if (this.#held === promise) void this.#drop(promise)
    })
    return promise
  }

  /** Also closes one that comes too late. */
  async #drop(promise: Promise<Connection>): Promise<void> {
    if (this.#held === promise) this.#held = undefined
    else return
    const closing = promise.then((connection) => this.#plan.close(connection)).catch(() => {})
    // A connection that is not there yet is closed when it comes; nobody waits for that.
    await Promise.race([closing, new Promise((resolve) => setImmediate(resolve))])
  }

  async #limited<Result>(work: Promise<Result>, timeoutMs: number, what: string): Promise<Result> {
    const { clock, signal } = this.#limits
    const { promise: ended, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(new SaltError('cancelled', `the work with ${this.#plan.server} was cancelled`))
    const timer = clock.after(timeoutMs, () =>
      reject(new SaltError('timeout', `${what} within ${timeoutMs / 1000} seconds`)),
    )
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([work, ended])
    } finally {
      work.catch(() => {})
      timer.cancel()
      signal.removeEventListener('abort', abort)
    }
  }
}

/** A fault that has no better words: the server could not be reached, or broke the connection. */
export function connectionFault(server: string, reason: unknown, hint?: string): SaltError {
  const words = typeof reason === 'string' ? reason : asSaltError(reason).message
  return new SaltError('storage', `${server} cannot be used: ${words}`, hint === undefined ? {} : { hint })
}
