import type { Clock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { pack } from '../../base/msgpack.ts'
import type { EventData } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import { type EventLoad, eventsOfLoad } from '../../client/event-load.ts'
import type { MasterFiring } from '../../client/minion-bus.ts'
import { refusalOfTag, shownTag } from '../../engine/authorization/minion-event-tags.ts'
import { RefusalLog } from '../refusal-log.ts'
import type { EventOutbox, RefusedEvent } from './event-outbox.ts'

export interface EventForwarderOptions {
  readonly id: string
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  /** Salt's `max_event_size`. Bytes. */
  readonly maximumEventSize: number
  /** One for each master. */
  outboxes(): readonly EventOutbox[]
}

/** As in Salt, a tag that begins with one of these is meant. */
const forwarded = { load: 'fire_master', fault: '_salt_error' }
const tooLarge = 'it is larger than max_event_size, or no plain data'

interface Given {
  readonly firing: MasterFiring
  /** How many events it makes. */
  readonly events: number
  readonly places: readonly { readonly outbox: EventOutbox; readonly seq: number }[]
}

/** Forwards to the masters what is fired for them on the bus of the minion: `{tag, data}` or `{events, pretag}` under `fire_master`. */
export class EventForwarder implements Disposable {
  readonly #options: EventForwarderOptions
  readonly #subscription: { unsubscribe(): void }
  readonly #refusals: RefusalLog

  constructor(options: EventForwarderOptions) {
    this.#options = options
    this.#refusals = new RefusalLog({ ...options, message: 'events are not for the masters' })
    this.#subscription = options.bus.subscribe(
      (tag) => tag.startsWith(forwarded.load) || tag.startsWith(forwarded.fault),
      (item) => {
        if ('events' in item) for (const { tag, data } of item.events) this.#take(tag, data)
        return true
      },
    )
  }

  /** Gives the load to every master, unless no event would come of it. */
  fire(load: EventLoad): MasterFiring {
    return this.#giveInOrder(load).firing
  }

  /** `fire`, and what those masters say that are connected, if they say it within the time. */
  async fireAndWait(load: EventLoad, timeoutMs: number): Promise<MasterFiring> {
    const { firing, events, places } = this.#giveInOrder(load)
    const answers = await Promise.all(places.map(({ outbox, seq }) => outbox.answer(seq, timeoutMs)))
    if (!firing.isTaken) return firing
    const reasons = answers.flatMap((answer) => answer ?? []).map(({ reason }) => reason)
    // Where there is no answer it waits, and may be taken yet.
    return { isTaken: answers.some((answer) => (answer ?? []).length < events), refused: [...new Set(reasons)] }
  }

  /** `master`: the one that refused it. */
  tellRefused({ tag, reason }: RefusedEvent, master?: string): void {
    const { bus, id } = this.#options
    this.#refusals.add(id, reason)
    bus.fire(tagOf('salt/event/refused'), { id, tag, reason, ...(master === undefined ? {} : { master }) })
  }

  [Symbol.dispose](): void {
    this.#subscription.unsubscribe()
    this.#refusals[Symbol.dispose]()
  }

  #take(tag: string, { _stamp, ...data }: EventData): void {
    if (tag.startsWith(forwarded.fault)) this.#give({ tag, data, pretag: null })
    else if (data.oversized === true && data.tag === undefined && data.events === undefined)
      this.tellRefused({ tag, reason: tooLarge })
    else {
      const { events, pretag = null } = data
      const isList = Array.isArray(events) && events.length > 0
      this.#give(isList ? { events, pretag } : { tag: data.tag, data: data.data, pretag })
    }
  }

  /** After what was fired on the bus before it. */
  #giveInOrder(load: EventLoad): Given {
    this.#options.bus.flush()
    return this.#give(load)
  }

  #give(load: EventLoad): Given {
    const judged = this.#judge(load)
    if ('refused' in judged) {
      for (const event of judged.refused) this.tellRefused(event)
      return { firing: { isTaken: false, refused: judged.refused.map(({ reason }) => reason) }, events: 0, places: [] }
    }
    const places = this.#options.outboxes().map((outbox) => ({ outbox, seq: outbox.add(judged.packed) }))
    return { firing: { isTaken: true, refused: [] }, events: judged.events, places }
  }

  /** What this minion knows already. Where some events of a list are refused, the masters are to say so: they may refuse more. */
  #judge(load: EventLoad): { packed: Uint8Array; events: number } | { refused: readonly RefusedEvent[] } {
    const { id, maximumEventSize, outboxes } = this.#options
    const refused: RefusedEvent[] = []
    let events = 0
    let first: unknown = load.tag
    for (const event of eventsOfLoad(id, load)) {
      events += 1
      first ??= event.tag
      const reason = 'problem' in event ? event.problem : refusalOfTag(id, event.tag)
      if (reason !== undefined) refused.push({ tag: shown(event.tag), reason })
    }
    if (refused.length === events) return { refused }
    const whole = (reason: string): { refused: RefusedEvent[] } => ({ refused: [{ tag: shown(first), reason }] })
    if (outboxes().length === 0) return whole('this minion has no master')
    try {
      const packed = pack(load)
      return packed.length > maximumEventSize ? whole(tooLarge) : { packed, events }
    } catch (error) {
      return whole(asSaltError(error).message)
    }
  }
}

function shown(tag: unknown): string {
  return typeof tag === 'string' ? shownTag(tag) : ''
}
