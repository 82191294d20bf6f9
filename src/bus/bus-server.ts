import type { Clock } from '../base/clock.ts'
import { asSaltError, type ErrorRecord, SaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { asList, asRecord } from '../base/narrow.ts'
import type { RecordChannel } from '../wire/channel.ts'
import { type Handler, RpcPeer } from '../wire/rpc.ts'
import type { EventData, FireResult, MatchType, SubscribeItem } from './event.ts'
import type { EventBus, ResumePoint } from './event-bus.ts'
import { compileTagMatcher } from './tag-match.ts'

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
    new RpcPeer(channel, { clock: this.#options.clock, serve: this.#methods })
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
    if (typeof tag !== 'string' || tag === '') throw new SaltError('bad-arguments', 'an event needs a tag')
    this.#options.bus.fire(tag, asRecord(data) as EventData)
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

  #subscribe(params: unknown, call: Parameters<Handler>[1]): Promise<null> {
    const { pattern, match, since, instance } = asRecord(params)
    if (typeof pattern !== 'string') throw new SaltError('bad-arguments', 'a subscription needs a pattern')
    const matches = compileTagMatcher(pattern, (match ?? 'startswith') as MatchType)
    const { bus } = this.#options
    let isBehind = false
    /** A subscriber that does not read gets a gap; it must fill neither our memory nor keep us from the others. */
    const offer = (item: SubscribeItem): boolean => {
      if (call.offer(item)) return true
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
    const subscription = bus.subscribe(matches, offer, resumePoint(since, instance))
    return new Promise((resolve) => {
      call.signal.addEventListener(
        'abort',
        () => {
          subscription.unsubscribe()
          resolve(null)
        },
        { once: true },
      )
    })
  }
}

function resumePoint(since: unknown, instance: unknown): ResumePoint | undefined {
  if (typeof since !== 'number') return undefined
  return { since, ...(typeof instance === 'string' ? { instance } : {}) }
}
