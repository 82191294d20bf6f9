import type { Clock } from '../../base/clock.ts'
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { unpack } from '../../base/msgpack.ts'
import { asList, asRecord, isRecord } from '../../base/narrow.ts'
import type { EventData } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import { type EventLoad, eventsOfLoad } from '../../client/event-load.ts'
import type { MasterLinkMethods } from '../../client/master-link.ts'
import { type MinionEventTags, shownTag, type TagJudge } from '../../engine/authorization/minion-event-tags.ts'
import { RefusalLog } from '../refusal-log.ts'
import { MinionTurns, type Steps } from './minion-turns.ts'
import { type BufferState, SeenRecords } from './seen-records.ts'

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

interface NumberedRequest extends BufferState {
  readonly after: number
  readonly records: readonly (readonly [seq: number, load: Uint8Array])[]
}

type Fired = MasterLinkMethods['fire']['result']
type Taken = MasterLinkMethods['fire.numbered']['result']

/** After so many events it is the turn of others. */
const eventsPerTurn = 200

/** Brings the events of minions to the bus: in order, each once, under no tag that is not theirs, and without keeping others waiting. */
export class MinionEvents implements Disposable {
  readonly #options: MinionEventsOptions
  readonly #seen = new SeenRecords()
  readonly #turns = new MinionTurns()
  readonly #refusals: RefusalLog
  #fired = 0

  constructor(options: MinionEventsOptions) {
    this.#options = options
    this.#refusals = new RefusalLog({ ...options, message: 'refused events of a minion' })
  }

  /** Loads that are sent once. Throws or rejects with `bad-arguments`, and with `overloaded` where too much of a minion waits. */
  fire(id: string, params: Readonly<Record<string, unknown>>): Promise<Fired> | Fired {
    const loads = asList(params.events, 'events').map((load) => asRecord(load, 'an event'))
    return this.#turns.run(id, params, () => this.#fireAll(id, loads))
  }

  /** Records of a minion's buffer, which come again when their answer was lost. Throws and rejects as `fire`. */
  take(id: string, params: Readonly<Record<string, unknown>>): Promise<Taken> | Taken {
    const request = {
      epoch: asCount(params.epoch),
      acknowledged: asCount(params.acknowledged),
      after: asCount(params.after),
      records: asList(params.events, 'events').map(asNumbered),
    }
    return this.#turns.run(id, params, () => this.#take(id, request))
  }

  [Symbol.dispose](): void {
    this.#refusals[Symbol.dispose]()
  }

  *#fireAll(id: string, loads: readonly EventLoad[]): Steps<Fired> {
    const refusalOf = this.#options.tags().of(id)
    const refused: string[] = []
    let fired = 0
    for (const load of loads) {
      const answer = yield* this.#fire(id, load, refusalOf)
      fired += answer.fired
      refused.push(...answer.refused.map(({ reason }) => reason))
    }
    return { fired, refused }
  }

  *#take(id: string, { after, records, ...state }: NumberedRequest): Steps<Taken> {
    if (this.#seen.last(id, state) < after) throw new SaltError('overloaded', 'events before these have not come')
    const refusalOf = this.#options.tags().of(id)
    const refused: (Refused & { seq: number })[] = []
    let taken = after
    for (const [seq, bytes] of records) {
      taken = seq
      const lost = this.#seen.add(id, { ...state, seq })
      if (lost === 'seen') continue
      if (lost > 0) this.#tellLost(id, lost)
      const load = readable(bytes)
      const answer = load === undefined ? unreadable : yield* this.#fire(id, load, refusalOf)
      for (const one of answer.refused) refused.push({ seq, ...one })
    }
    return { taken, refused }
  }

  *#fire(id: string, load: EventLoad, refusalOf: TagJudge): Steps<Answer> {
    const refused: Refused[] = []
    let fired = 0
    for (const event of eventsOfLoad(id, load)) {
      const reason = 'problem' in event ? event.problem : (refusalOf(event.tag) ?? this.#put(event))
      if (reason === undefined) fired += 1
      else {
        this.#refusals.add(id, reason)
        refused.push({ tag: shownTag(String(event.tag ?? '')), reason })
      }
      this.#fired += 1
      if (this.#fired % eventsPerTurn === 0) yield
    }
    return { fired, refused }
  }

  #put({ tag, data }: { readonly tag: unknown; readonly data: EventData }): string | undefined {
    try {
      this.#options.bus.accept(tag, data)
      return undefined
    } catch (error) {
      return asSaltError(error).message
    }
  }

  #tellLost(id: string, count: number): void {
    const reason = 'more events than the buffer of the minion holds'
    this.#options.log.warning('events of a minion were lost', { id, count, reason })
    this.#options.bus.fire(tagOf('salt/event/dropped'), { id, count, reason })
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
