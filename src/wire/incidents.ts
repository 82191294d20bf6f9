import type { Clock } from '../base/clock.ts'
import { asSaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Peer } from './channel.ts'

export type IncidentKind =
  | 'bad-frame'
  | 'unknown-version'
  | 'oversized'
  | 'multipart'
  | 'wrong-key'
  | 'replay'
  | 'bad-record'
  | 'unknown-session'
  | 'bad-handshake'
  | 'busy'
  /** Ours: taking a frame has thrown. */
  | 'fault'

export interface Incident {
  readonly kind: IncidentKind
  readonly detail: string
  /** How often since it was told last. */
  readonly count: number
  readonly peer?: Peer
}

/** The same trouble from the same side is told once in this time; it is counted always. */
const quietMs = 60_000
/** Trouble of one kind from ever new sides is told so often in this time, then no more. */
const toldPerKind = 20
const sourcesKept = 1000

interface Told {
  at: number
  /** Since then. */
  untold: number
}

interface IncidentOptions {
  readonly clock: Clock
  readonly log: Log
  onIncident?(incident: Incident): void
}

/** Counts what is wrong with the input, and tells of it without letting a flood fill the log. */
export class Incidents {
  readonly #counts: Record<string, number> = {}
  readonly #bySource = new Map<string, Told>()
  readonly #byKind = new Map<IncidentKind, { since: number; told: number; untold: number }>()
  readonly #options: IncidentOptions

  constructor(options: IncidentOptions) {
    this.#options = options
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts
  }

  add(kind: IncidentKind, source: string, detail: string, peer?: Peer): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1
    const now = this.#options.clock.monotonic()
    const told = this.#told(`${kind} ${source}`)
    if (now - told.at < quietMs || !this.#mayTell(kind, now)) {
      told.untold += 1
      return
    }
    const count = told.untold + 1
    told.at = now
    told.untold = 0
    const who = peer === undefined ? {} : { id: peer.name }
    this.#options.log.warning('dropped input from the network', { kind, detail, count, ...who })
    this.#options.onIncident?.({ kind, detail, count, ...(peer === undefined ? {} : { peer }) })
  }

  /** Does the work on a frame. Never throws: a transport has nobody to tell, and others wait for their frames. */
  guard(source: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#options.log.error('a frame met a fault of this program', { error })
      this.add('fault', source, asSaltError(error).message)
    }
  }

  #told(key: string): Told {
    const known = this.#bySource.get(key)
    if (known !== undefined) return known
    if (this.#bySource.size >= sourcesKept) this.#bySource.clear()
    const told = { at: Number.NEGATIVE_INFINITY, untold: 0 }
    this.#bySource.set(key, told)
    return told
  }

  #mayTell(kind: IncidentKind, now: number): boolean {
    const known = this.#byKind.get(kind)
    const period = known !== undefined && now - known.since < quietMs ? known : { since: now, told: 0, untold: 0 }
    if (known !== undefined && known !== period && known.untold > 0) {
      this.#options.log.warning('dropped more input of the same kind', { kind, count: known.untold })
    }
    this.#byKind.set(kind, period)
    if (period.told >= toldPerKind) {
      period.untold += 1
      return false
    }
    period.told += 1
    return true
  }
}
