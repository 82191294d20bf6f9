import type { Clock } from '../../base/clock.ts'
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { unpack } from '../../base/msgpack.ts'
import { asList, asRecord, isRecord } from '../../base/narrow.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { MasterLinkMethods } from '../../client/api.ts'
import { type EventLoad, eventsOfLoad } from '../../client/event-load.ts'
import { type MinionEventTags, shownTag, type TagJudge } from '../../engine/authorization/minion-event-tags.ts'
import { RefusalLog } from '../refusal-log.ts'
import { SeenRecords } from './seen-records.ts'

export interface MinionEventsOptions {
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  /** As it is now. */
  tags(): MinionEventTags
}

interface Refused {
  readonly tag: string
  readonly reason: string
}

interface Answer {
  readonly fired: number
  readonly refused: readonly Refused[]
}

type Fired = MasterLinkMethods['fire']['result']
type Taken = MasterLinkMethods['fire.numbered']['result']

/** After so many events of one minion it is the turn of the others. */
const eventsPerTurn = 200
/** Requests of one minion that may wait for its turn; a minion of ours sends fewer. */
const mostWaiting = 16

/** A minion's requests, one after the other. */
interface Lane {
  waiting: number
  last: Promise<unknown>
}

/** Brings the events of minions to the bus: in order, each once, under no tag that is not theirs, and without keeping others waiting. */
export class MinionEvents implements Disposable {
  readonly #options: MinionEventsOptions
  readonly #seen = new SeenRecords()
  readonly #lanes = new Map<string, Lane>()
  readonly #refusals: RefusalLog

  constructor(options: MinionEventsOptions) {
    this.#options = options
    this.#refusals = new RefusalLog({ ...options, message: 'refused events of a minion' })
  }

  /** Loads that are sent once. */
  fire(id: string, params: Readonly<Record<string, unknown>>): Promise<Fired> {
    const loads = asList(params.events, 'events')
    return this.#inTurn(id, async (turn) => {
      const refused: string[] = []
      let fired = 0
      for (const load of loads) {
        const answer = await turn.fire(asRecord(load, 'an event'))
        fired += answer.fired
        refused.push(...answer.refused.map(({ reason }) => reason))
      }
      return { fired, refused }
    })
  }

  /** Records of a minion's buffer, which come again when their answer was lost. */
  take(id: string, params: Readonly<Record<string, unknown>>): Promise<Taken> {
    const place = { epoch: asCount(params.epoch), acknowledged: asCount(params.acknowledged) }
    const after = asCount(params.after)
    const records = asList(params.events, 'events').map(asNumbered)
    return this.#inTurn(id, async (turn) => {
      if (this.#seen.last(id, place) < after) throw new SaltError('overloaded', 'events before these have not come')
      const refused: (Refused & { seq: number })[] = []
      let taken = after
      for (const [seq, bytes] of records) {
        taken = seq
        const lost = this.#seen.add(id, { ...place, seq })
        if (lost === 'seen') continue
        if (lost > 0) this.#tellLost(id, lost)
        const load = readable(bytes)
        const answer = load === undefined ? unreadable : await turn.fire(load)
        refused.push(...answer.refused.map((one) => ({ seq, ...one })))
      }
      return { taken, refused }
    })
  }

  [Symbol.dispose](): void {
    this.#refusals[Symbol.dispose]()
  }

  /** What the minion's request does in its turn. Rejects with `overloaded` where too many of its requests wait. */
  async #inTurn<Result>(id: string, work: (turn: Turn) => Promise<Result>): Promise<Result> {
    const lane = this.#lanes.get(id) ?? { waiting: 0, last: Promise.resolve() }
    if (lane.waiting >= mostWaiting) throw new SaltError('overloaded', 'too many events of this minion wait already')
    this.#lanes.set(id, lane)
    lane.waiting += 1
    const { bus, tags } = this.#options
    const result = lane.last.then(() =>
      work(new Turn(id, bus, tags().of(id), (reason) => this.#refusals.add(id, reason))),
    )
    lane.last = result.catch(() => {})
    try {
      return await result
    } finally {
      lane.waiting -= 1
      if (lane.waiting === 0) this.#lanes.delete(id)
    }
  }

  #tellLost(id: string, count: number): void {
    this.#options.log.warning('events of a minion were lost: more came than its buffer holds', { id, count })
    this.#options.bus.fire(tagOf('salt/event/dropped'), {
      id,
      count,
      reason: 'more events than the buffer of the minion holds',
    })
  }
}

/** One request at work. */
class Turn {
  readonly #id: string
  readonly #bus: EventBus
  readonly #refusalOf: TagJudge
  readonly #onRefusal: (reason: string) => void
  #fired = 0

  constructor(id: string, bus: EventBus, refusalOf: TagJudge, onRefusal: (reason: string) => void) {
    this.#id = id
    this.#bus = bus
    this.#refusalOf = refusalOf
    this.#onRefusal = onRefusal
  }

  async fire(load: EventLoad): Promise<Answer> {
    const refused: Refused[] = []
    let fired = 0
    for (const event of eventsOfLoad(this.#id, load)) {
      const reason = 'problem' in event ? event.problem : (this.#refusalOf(event.tag) ?? this.#put(event))
      if (reason === undefined) fired += 1
      else {
        this.#onRefusal(reason)
        refused.push({ tag: shownTag(String(event.tag ?? '')), reason })
      }
      this.#fired += 1
      if (this.#fired % eventsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return { fired, refused }
  }

  #put({ tag, data }: { readonly tag: unknown; readonly data: Readonly<Record<string, unknown>> }): string | undefined {
    try {
      this.#bus.fire(String(tag), data)
      return undefined
    } catch (error) {
      return asSaltError(error).message
    }
  }
}

const unreadable: Answer = { fired: 0, refused: [{ tag: '', reason: 'the record cannot be read' }] }

function readable(bytes: Uint8Array): EventLoad | undefined {
  try {
    const load = unpack(bytes)
    return isRecord(load) ? load : undefined
  } catch {
    return undefined
  }
}

function asCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new SaltError('bad-arguments', 'numbers of events are whole and not below 0')
}

function asNumbered(item: unknown): readonly [number, Uint8Array] {
  const [seq, bytes] = asList(item, 'an event')
  if (!(bytes instanceof Uint8Array)) throw new SaltError('bad-arguments', 'an event of a buffer is bytes')
  return [asCount(seq), bytes]
}
