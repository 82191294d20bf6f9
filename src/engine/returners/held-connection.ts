/** One connection to a server that may go away: made when it is needed, dropped when it fails, and never waited for too long. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { ReturnerContext } from '../returner.ts'

export interface ConnectionPlan<Connection> {
  /** As people know it, without credentials: `PostgreSQL at db:5432`. */
  readonly server: string
  /** `lost` tells that the connection has ended by itself. The signal aborts when nobody waits for it any more. */
  connect(lost: () => void, signal: AbortSignal): Promise<Connection>
  /** At once, whatever is under way. */
  close(connection: Connection): Promise<void> | void
  readonly connectTimeoutMs: number
  /** Of one piece of work. */
  readonly timeoutMs: number
  /** A fault of the server or the network in words for people. What it makes `bad-arguments` of leaves the connection as it is. */
  explain(error: unknown): SaltError
}

interface Held<Connection> {
  readonly connecting: Promise<Connection>
  readonly abort: AbortController
}

type Limits = Pick<ReturnerContext, 'clock' | 'signal'>

export class HeldConnection<Connection> implements AsyncDisposable {
  readonly #plan: ConnectionPlan<Connection>
  readonly #limits: Limits
  #held: Held<Connection> | undefined
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
    const { held, connection } = await this.#connection()
    const { server, timeoutMs, explain } = this.#plan
    try {
      return await this.#limited(work(connection), timeoutMs, `${server} did not answer`, held)
    } catch (error) {
      const explained = error instanceof SaltError ? error : explain(error)
      if (explained.code !== 'bad-arguments') await this.#drop(held)
      throw explained
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    if (this.#held !== undefined) await this.#drop(this.#held)
  }

  async #connection(): Promise<{ readonly connection: Connection; readonly held: Held<Connection> }> {
    const { server, connectTimeoutMs, explain } = this.#plan
    if (this.#isClosed) throw new SaltError('cancelled', `the connection to ${server} is closed`)
    const held = this.#held ?? this.#connect()
    this.#held = held
    try {
      const what = `${server} cannot be reached: no answer`
      return { connection: await this.#limited(held.connecting, connectTimeoutMs, what, held), held }
    } catch (error) {
      await this.#drop(held)
      throw error instanceof SaltError ? error : explain(error)
    }
  }

  #connect(): Held<Connection> {
    const abort = new AbortController()
    const lost = (): void => {
      if (this.#held?.abort === abort) void this.#drop(this.#held)
    }
    return { connecting: this.#plan.connect(lost, abort.signal), abort }
  }

  async #drop(held: Held<Connection>): Promise<void> {
    if (this.#held !== held) return
    this.#held = undefined
    held.abort.abort()
    const closing = held.connecting.then((connection) => this.#plan.close(connection)).catch(() => {})
    // One that is not there yet is closed when it comes; nobody waits for that.
    await Promise.race([closing, new Promise((resolve) => setImmediate(resolve))])
  }

  async #limited<Result>(
    work: Promise<Result>,
    timeoutMs: number,
    what: string,
    held: Held<Connection>,
  ): Promise<Result> {
    const { clock, signal } = this.#limits
    const { promise: ended, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(new SaltError('cancelled', `the work with ${this.#plan.server} was cancelled`))
    const timer = clock.after(timeoutMs, () =>
      reject(new SaltError('timeout', `${what} within ${timeoutMs / 1000} seconds`)),
    )
    // The work itself knows better why, where it is told in the same moment.
    const lose = (): void => {
      setImmediate(() => reject(connectionFault(this.#plan.server, 'it closed the connection')))
    }
    if (signal.aborted) abort()
    if (held.abort.signal.aborted) lose()
    held.abort.signal.addEventListener('abort', lose, { once: true })
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([work, ended])
    } finally {
      work.catch(() => {})
      timer.cancel()
      signal.removeEventListener('abort', abort)
      held.abort.signal.removeEventListener('abort', lose)
    }
  }
}

/** A fault that has no better words: the server could not be reached, or broke the connection. */
export function connectionFault(server: string, reason: unknown, hint?: string): SaltError {
  const words = typeof reason === 'string' ? reason : asSaltError(reason).message
  return new SaltError('storage', `${server} cannot be used: ${words}`, hint === undefined ? {} : { hint })
}
