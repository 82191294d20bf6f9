/** Calls to a master that is started anew now and then: what only asks goes on in the next session, so that a run of states outlives that. */
import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import { untilAborted } from '../../base/until-aborted.ts'
import type { MasterCalls, MasterLinkMethods } from '../../client/master-link.ts'
import { masterCalls } from '../../client/master-session.ts'
import type { RpcPeer } from '../../wire/rpc.ts'

/** How long after the end of a session its successor is waited for. */
const patienceMs = 60_000
/** A question that ends one session after the other is not asked for ever. */
const mostTries = 3

/** Questions that can be asked again: they change nothing on the master. */
const repeatable: ReadonlySet<keyof MasterLinkMethods> = new Set<keyof MasterLinkMethods>([
  'file.environments',
  'file.list',
  'file.names',
  'file.part',
  'file.read',
  'file.status',
  'mine.get',
  'pillar.compile',
  'state.options',
])

type Session = Pick<RpcPeer, 'call'>

export class PatientCalls implements MasterCalls {
  readonly address: string
  readonly #clock: Clock
  #session: Session | undefined
  /** Monotonic milliseconds. */
  #lostAtMs = Number.NEGATIVE_INFINITY
  #isOver = false
  /** Settles when there is a session again, or never will be. */
  #change = Promise.withResolvers<void>()

  constructor(address: string, clock: Clock) {
    this.address = address
    this.#clock = clock
  }

  begin(session: Session): void {
    this.#session = session
    this.#wake()
  }

  /** @param session one that has ended */
  lose(session: Session): void {
    if (this.#session !== session) return
    this.#session = undefined
    this.#lostAtMs = this.#clock.monotonic()
  }

  /** No session will follow. */
  end(): void {
    this.#isOver = true
    this.#wake()
  }

  /** Rejects with `master-unreachable` while there is no session, with `session-closed` where one ends that cannot be waited for. */
  async call<M extends keyof MasterLinkMethods>(
    method: M,
    params: MasterLinkMethods[M]['params'],
    options: Parameters<MasterCalls['call']>[2] = {},
  ): Promise<MasterLinkMethods[M]['result']> {
    const isRepeatable = repeatable.has(method)
    for (let tries = 1; ; tries += 1) {
      if (isRepeatable) await this.#untilSession(options.signal)
      const session = this.#session
      if (session === undefined)
        throw new SaltError('master-unreachable', `this minion is not connected to its master at ${this.address}`)
      try {
        return await masterCalls(this.address, session).call(method, params, options)
      } catch (error) {
        const hasEnded = error instanceof SaltError && error.code === 'session-closed'
        if (!hasEnded || !isRepeatable || tries >= mostTries || options.signal?.aborted === true) throw error
        this.lose(session)
      }
    }
  }

  async #untilSession(signal: AbortSignal | undefined): Promise<void> {
    if (this.#session !== undefined || this.#isOver) return
    const leftMs = this.#lostAtMs + patienceMs - this.#clock.monotonic()
    if (leftMs <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.after(leftMs, resolve, { background: true })
    await untilAborted(Promise.race([this.#change.promise, promise]), signal)
    timer.cancel()
  }

  #wake(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}
