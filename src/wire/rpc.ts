import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import { isRecord } from '../base/narrow.ts'
import type { Peer, RecordChannel } from './channel.ts'
import { packedCall } from './packed-call.ts'
import { OpenCall, type Outcome, ServedCall } from './rpc-call.ts'

export interface IncomingCall {
  readonly peer: Peer
  /** Aborts when the caller cancels, its time is over, or the channel ends. */
  readonly signal: AbortSignal
  /**
   * Streams a value before the result. False: nobody listens any more. Never throws: a value that cannot be sent ends the
   * call with a failure.
   */
  item(value: unknown): boolean
  /** `item` for what may be left out: false also while the caller is far behind with what it was sent before. */
  offer(value: unknown): boolean
  /** Sends what is queued now instead of at the end of the tick. */
  flush(): void
  /** Resolves when `offer` is worth trying again, or nobody listens any more. */
  relieved(): Promise<void>
}

export type Handler = (params: unknown, call: IncomingCall) => Promise<unknown> | unknown

export interface RpcOptions {
  readonly clock: Clock
  readonly serve?: Readonly<Record<string, Handler>>
  /**
   * Methods that can work on their parameters as they came, packed. Undefined instead of a result: not on these; then they are unpacked for
   * the one in `serve`.
   */
  readonly servePacked?: Readonly<Record<string, (params: Buffer) => unknown>>
  /** Takes records that are no part of a call. */
  onNotice?(record: Record<string, unknown>): void
  /** Calls of the peer that may be open at one time. */
  readonly maximumOpenCalls?: number
}

export interface RpcCallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Send it now instead of at the end of the tick: it has in it all that there is to say. */
  readonly flush?: boolean
  onItem?(item: unknown): void
}

const maximumOpenCallsDefault = 1024
const cancelledKept = 1024
const longestShown = 100

/** Calls in both directions over one channel, each with any number of streamed items before its result. */
export class RpcPeer {
  readonly #channel: RecordChannel
  readonly #options: RpcOptions
  readonly #open = new Map<number, OpenCall>()
  readonly #serving = new Map<number, AbortController>()
  /** Calls that were cancelled before they arrived: a large one is overtaken by its cancellation. */
  readonly #cancelled = new Set<number>()
  #nextId = 1

  constructor(channel: RecordChannel, options: RpcOptions) {
    this.#channel = channel
    this.#options = options
    const { servePacked } = options
    if (servePacked !== undefined) channel.onPacked?.((record) => this.#receivePacked(servePacked, record))
    channel.onRecord((record) => this.#receive(record))
    void channel.closed.then((reason) => this.#closed(reason.message))
  }

  /** Rejects with the error of the other side, or `timeout`, `cancelled`, `session-closed`. */
  call(method: string, params: unknown, options: RpcCallOptions = {}): Promise<unknown> {
    const { timeoutMs, signal } = options
    const cancelled = (): SaltError =>
      new SaltError('cancelled', `the call '${method}' was cancelled`, { cause: signal?.reason })
    if (signal?.aborted) return Promise.reject(cancelled())
    const rid = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    let timer: Timer | undefined
    const settle = (outcome: Outcome): void => {
      timer?.cancel()
      signal?.removeEventListener('abort', onAbort)
      this.#open.delete(rid)
      if ('error' in outcome) reject(outcome.error)
      else resolve(outcome.value)
    }
    const giveUp = (error: SaltError): void => {
      this.#channel.send({ kind: 'cancel', rid })
      settle({ error })
    }
    const onAbort = (): void => giveUp(cancelled())
    this.#open.set(rid, new OpenCall(settle, (item) => options.onItem?.(item)))
    signal?.addEventListener('abort', onAbort, { once: true })
    if (timeoutMs !== undefined) {
      timer = this.#options.clock.after(timeoutMs, () =>
        giveUp(new SaltError('timeout', `'${method}' was not answered within ${timeoutMs / 1000} s`)),
      )
    }
    this.#ask({ kind: 'call', rid, method, params, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, settle)
    if (options.flush === true) this.#channel.flush()
    return promise
  }

  #ask(record: Record<string, unknown>, settle: (outcome: Outcome) => void): void {
    try {
      if (this.#channel.send(record)) return
      settle({ error: new SaltError('session-closed', `the connection ended before '${record.method}' was sent`) })
    } catch (error) {
      settle({ error: asSaltError(error) })
    }
  }

  /** Sends a record that expects no answer. */
  notify(record: Record<string, unknown> & { readonly kind: string }): boolean {
    return this.#channel.send(record)
  }

  #receive(record: unknown): void {
    if (!isRecord(record)) return
    const rid = Number(record.rid)
    switch (record.kind) {
      case 'call':
        if (!(Number.isSafeInteger(rid) && rid > 0)) throw new SaltError('bad-frame', 'a call without a number')
        return this.#serve(rid, record)
      case 'cancel':
        return this.#cancel(rid)
      case 'item':
        return this.#item(rid, record)
      case 'result':
        return this.#open.get(rid)?.end(Number(record.items ?? 0), { value: record.value })
      case 'failure':
        return this.#open.get(rid)?.end(Number(record.items ?? 0), { error: SaltError.fromRecord(record.error) })
      default:
        this.#options.onNotice?.(record)
    }
  }

  #receivePacked(methods: NonNullable<RpcOptions['servePacked']>, record: Buffer): boolean {
    const call = packedCall(record)
    if (call === undefined || !Object.hasOwn(methods, call.method)) return false
    if (this.#serving.has(call.rid) || this.#cancelled.has(call.rid)) return false
    const value = methods[call.method]?.(call.params)
    if (value === undefined) return false
    this.#answer(call.rid, 0, { value })
    return true
  }

  #item(rid: number, record: Record<string, unknown>): void {
    const call = this.#open.get(rid)
    try {
      call?.item(Number(record.number), record.value)
    } catch (error) {
      // The fault is in whoever made the call, not in the channel that others share.
      this.#channel.send({ kind: 'cancel', rid })
      call?.settle({ error: asSaltError(error) })
    }
  }

  #cancel(rid: number): void {
    const controller = this.#serving.get(rid)
    if (controller !== undefined) return controller.abort(new SaltError('cancelled', 'the caller cancelled the call'))
    if (this.#cancelled.size >= cancelledKept) this.#cancelled.clear()
    this.#cancelled.add(rid)
  }

  #serve(rid: number, record: Record<string, unknown>): void {
    if (this.#cancelled.delete(rid)) return
    const { serve = {}, maximumOpenCalls = maximumOpenCallsDefault, clock } = this.#options
    const method = String(record.method)
    const handler = Object.hasOwn(serve, method) ? serve[method] : undefined
    const refuse = (error: SaltError): void => this.#answer(rid, 0, { error })
    if (handler === undefined)
      return refuse(new SaltError('denied', `there is no method '${method.slice(0, longestShown)}' here`))
    if (this.#serving.size >= maximumOpenCalls)
      return refuse(new SaltError('overloaded', 'too many calls are open on this connection'))
    if (this.#serving.has(rid)) return refuse(new SaltError('bad-frame', 'a call has the number of an open one'))
    const controller = new AbortController()
    this.#serving.set(rid, controller)
    const { timeoutMs } = record
    const timer =
      typeof timeoutMs === 'number' && timeoutMs > 0
        ? clock.after(timeoutMs, () => controller.abort(new SaltError('timeout', 'the time of the call is over')), {
            background: true,
          })
        : undefined
    const call = new ServedCall(this.#channel, rid, controller)
    void run(handler, record.params ?? null, call).then((outcome) => {
      timer?.cancel()
      this.#serving.delete(rid)
      this.#answer(rid, call.items, call.failure === undefined ? outcome : { error: call.failure })
    })
  }

  #answer(rid: number, items: number, outcome: Outcome): void {
    const count = items === 0 ? {} : { items }
    const fail = (error: SaltError): boolean =>
      this.#channel.send({ kind: 'failure', rid, ...count, error: error.toRecord() })
    if ('error' in outcome) return void fail(outcome.error)
    try {
      this.#channel.send({ kind: 'result', rid, ...count, value: outcome.value })
    } catch (error) {
      // A result that is no plain data is the handler's failure, not the channel's.
      fail(asSaltError(error))
    }
  }

  #closed(message: string): void {
    const reason = message === 'the connection ended' ? message : `the connection ended: ${message}`
    for (const call of [...this.#open.values()]) call.settle({ error: new SaltError('session-closed', reason) })
    for (const controller of this.#serving.values()) controller.abort(new SaltError('session-closed', message))
    this.#serving.clear()
  }
}

async function run(handler: Handler, params: unknown, call: IncomingCall): Promise<Outcome> {
  try {
    return { value: (await handler(params, call)) ?? null }
  } catch (error) {
    return { error: asSaltError(error) }
  }
}
