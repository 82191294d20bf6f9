import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import { isRecord } from '../base/narrow.ts'
import type { Peer, RecordChannel } from './channel.ts'

export interface IncomingCall {
  readonly peer: Peer
  /** Aborts when the caller cancels, its time is over, or the channel ends. */
  readonly signal: AbortSignal
  /** Streams a value before the result. False: nobody listens any more. */
  item(value: unknown): boolean
}

export type Handler = (params: unknown, call: IncomingCall) => Promise<unknown> | unknown

export interface RpcOptions {
  readonly clock: Clock
  readonly serve?: Readonly<Record<string, Handler>>
  /** Takes records that are no part of a call. */
  onNotice?(record: Record<string, unknown>): void
  /** Calls of the peer that may be open at one time. */
  readonly maximumOpenCalls?: number
}

export interface RpcCallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  onItem?(item: unknown): void
}

interface OpenCall {
  onItem(item: unknown): void
  settle(result: { readonly value: unknown } | { readonly error: SaltError }): void
}

const maximumOpenCallsDefault = 1024

/** Calls in both directions over one channel, each with any number of streamed items before its result. */
export class RpcPeer {
  readonly #channel: RecordChannel
  readonly #options: RpcOptions
  readonly #open = new Map<number, OpenCall>()
  readonly #serving = new Map<number, AbortController>()
  #nextId = 1

  constructor(channel: RecordChannel, options: RpcOptions) {
    this.#channel = channel
    this.#options = options
    channel.onRecord((record) => this.#receive(record))
    void channel.closed.then((reason) => this.#closed(reason.message))
  }

  /** Rejects with the error of the other side, or `timeout`, `cancelled`, `session-closed`. */
  call(method: string, params: unknown, options: RpcCallOptions = {}): Promise<unknown> {
    const { timeoutMs, signal } = options
    const rid = this.#nextId++
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined
      const settle: OpenCall['settle'] = (result) => {
        timer?.cancel()
        signal?.removeEventListener('abort', onAbort)
        this.#open.delete(rid)
        if ('error' in result) reject(result.error)
        else resolve(result.value)
      }
      const giveUp = (error: SaltError): void => {
        this.#channel.send({ kind: 'cancel', rid })
        settle({ error })
      }
      const onAbort = (): void =>
        giveUp(new SaltError('cancelled', `the call '${method}' was cancelled`, { cause: signal?.reason }))
      this.#open.set(rid, { settle, onItem: (item) => options.onItem?.(item) })
      const sent =
        signal?.aborted !== true &&
        this.#channel.send({ kind: 'call', rid, method, params, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
      if (signal?.aborted) return onAbort()
      if (!sent)
        return settle({ error: new SaltError('session-closed', `the connection ended before '${method}' was sent`) })
      signal?.addEventListener('abort', onAbort, { once: true })
      if (timeoutMs !== undefined) {
        timer = this.#options.clock.after(timeoutMs, () =>
          giveUp(new SaltError('timeout', `'${method}' was not answered within ${timeoutMs / 1000} s`)),
        )
      }
    })
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
        return this.#serve(rid, record)
      case 'cancel':
        return this.#serving.get(rid)?.abort(new SaltError('cancelled', 'the caller cancelled the call'))
      case 'item':
        return this.#open.get(rid)?.onItem(record.value)
      case 'result':
        return this.#open.get(rid)?.settle({ value: record.value })
      case 'failure':
        return this.#open.get(rid)?.settle({ error: SaltError.fromRecord(record.error) })
      default:
        this.#options.onNotice?.(record)
    }
  }

  #serve(rid: number, record: Record<string, unknown>): void {
    const { serve = {}, maximumOpenCalls = maximumOpenCallsDefault, clock } = this.#options
    const method = String(record.method)
    const handler = Object.hasOwn(serve, method) ? serve[method] : undefined
    const fail = (error: SaltError): void => void this.#channel.send({ kind: 'failure', rid, error: error.toRecord() })
    if (handler === undefined) return fail(new SaltError('denied', `there is no method '${method}' here`))
    if (this.#serving.size >= maximumOpenCalls)
      return fail(new SaltError('overloaded', 'too many calls are open on this connection'))
    const controller = new AbortController()
    this.#serving.set(rid, controller)
    const timer =
      typeof record.timeoutMs === 'number'
        ? clock.after(
            record.timeoutMs,
            () => controller.abort(new SaltError('timeout', 'the time of the call is over')),
            { background: true },
          )
        : undefined
    const call: IncomingCall = {
      peer: this.#channel.peer,
      signal: controller.signal,
      item: (value) => !controller.signal.aborted && this.#channel.send({ kind: 'item', rid, value }),
    }
    void answer(handler, record.params ?? null, call).then((outcome) => {
      timer?.cancel()
      this.#serving.delete(rid)
      if ('error' in outcome) fail(outcome.error)
      else this.#channel.send({ kind: 'result', rid, value: outcome.value })
    })
  }

  #closed(message: string): void {
    for (const call of [...this.#open.values()])
      call.settle({ error: new SaltError('session-closed', `the connection ended: ${message}`) })
    for (const controller of this.#serving.values()) controller.abort(new SaltError('session-closed', message))
    this.#serving.clear()
  }
}

async function answer(
  handler: Handler,
  params: unknown,
  call: IncomingCall,
): Promise<{ readonly value: unknown } | { readonly error: SaltError }> {
  try {
    return { value: (await handler(params, call)) ?? null }
  } catch (error) {
    return { error: asSaltError(error) }
  }
}
