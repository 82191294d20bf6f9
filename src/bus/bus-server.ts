import type { Clock } from '../base/clock.ts'
import { asSaltError, type ErrorRecord, SaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { pack } from '../base/msgpack.ts'
import { asList, asRecord } from '../base/narrow.ts'
import type { RecordChannel } from '../wire/channel.ts'
import { type Handler, RpcPeer } from '../wire/rpc.ts'
import type { FireResult, MatchType } from './event.ts'
import type { Delivery, EventBus, ResumePoint } from './event-bus.ts'
import { SharedMatchers } from './shared-matchers.ts'

export interface BusServerOptions {
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  /** Methods besides `subscribe`, `fire` and `status`. */
  readonly methods: Readonly<Record<string, Handler>>
  status(): Readonly<Record<string, unknown>>
}

/** Answers the processes on this host that hold the bus key. */
export class BusServer {
  readonly #options: BusServerOptions
  readonly #methods: Record<string, Handler>
  readonly #channels = new Set<RecordChannel>()
  readonly #matchers = new SharedMatchers()

  constructor(options: BusServerOptions) {
    this.#options = options
    this.#methods = {
      ...options.methods,
      subscribe: (params, call) => this.#subscribe(params, call),
      fire: (params) => this.#fire(params),
      'fire.all': (params) => this.#fireAll(params),
      status: () => options.status(),
    }
  }

  /** To be called with each new local session. */
  accept(channel: RecordChannel): void {
    this.#channels.add(channel)
    void channel.closed.then(() => this.#channels.delete(channel))
    new RpcPeer(channel, {
      clock: this.#options.clock,
      serve: this.#methods,
      servePacked: { 'fire.all': (params) => this.#firePacked(params) },
    })
  }

  get connections(): number {
    return this.#channels.size
  }

  async drain(): Promise<void> {
    this.#options.bus.flush()
    await Promise.all([...this.#channels].map((channel) => channel.drain()))
  }

  #fire(params: unknown): boolean {
    const { tag, data } = asRecord(params)
    this.#options.bus.accept(tag, data)
    return true
  }

  #fireAll(params: unknown): FireResult {
    const refused: { index: number; error: ErrorRecord }[] = []
    const events = asList(asRecord(params).events, 'events')
    for (const [index, event] of events.entries()) {
      try {
        this.#fire(event)
      } catch (error) {
        refused.push({ index, error: asSaltError(error).toRecord() })
      }
    }
    return { fired: events.length - refused.length, refused }
  }

  #firePacked(params: Buffer): FireResult | undefined {
    if (!params.subarray(0, eventsHead.byteLength).equals(eventsHead)) return undefined
    const fired = this.#options.bus.acceptPacked(params.subarray(eventsHead.byteLength))
    return fired === undefined ? undefined : { fired, refused: [] }
  }

  #subscribe(params: unknown, call: Parameters<Handler>[1]): Promise<null> {
    const { pattern, match, since, instance } = asRecord(params)
    if (typeof pattern !== 'string') throw new SaltError('bad-arguments', 'a subscription needs a pattern')
    const matcher = this.#matchers.take(pattern, (match ?? 'startswith') as MatchType)
    const { bus } = this.#options
    let isBehind = false
    /** A subscriber that does not read gets a gap; it must fill neither our memory nor keep us from the others. */
    const offer = (item: Delivery): boolean => {
      if (call.offer('gap' in item ? item : item.packed)) {
        call.flush()
        return true
      }
      if (!isBehind && !call.signal.aborted) {
        isBehind = true
        void call.relieved().then(() => {
          isBehind = false
          bus.flush()
        })
      }
      return false
    }
    call.item({ events: [], instance: bus.instance, seq: bus.seq })
    const subscription = bus.subscribe(matcher.matches, offer, resumePoint(since, instance))
    return new Promise((resolve) => {
      call.signal.addEventListener(
        'abort',
        () => {
          subscription.unsubscribe()
          matcher.release()
          resolve(null)
        },
        { once: true },
      )
    })
  }
}

/** `{events: …}`, up to the list. */
const eventsHead = Buffer.concat([Buffer.of(0x81), pack('events')])

function resumePoint(since: unknown, instance: unknown): ResumePoint | undefined {
  if (typeof since !== 'number') return undefined
  return { since, ...(typeof instance === 'string' ? { instance } : {}) }
}
