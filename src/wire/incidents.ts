import type { Clock } from '../base/clock.ts'
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

export interface Incident {
  readonly kind: IncidentKind
  readonly detail: string
  readonly peer?: Peer
}

/** The same trouble from the same side is logged once in this time; it is counted always. */
const quietMs = 60_000
const sourcesKept = 1000

/** Counts what is wrong with the input, and tells of it without letting a flood fill the log. */
export class Incidents {
  readonly #counts: Record<string, number> = {}
  readonly #toldAt = new Map<string, number>()
  readonly #options: { readonly clock: Clock; readonly log: Log; onIncident?(incident: Incident): void }

  constructor(options: { readonly clock: Clock; readonly log: Log; onIncident?(incident: Incident): void }) {
    this.#options = options
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts
  }

  add(kind: IncidentKind, source: string, detail: string, peer?: Peer): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1
    const now = this.#options.clock.monotonic()
    const key = `${kind} ${source}`
    const before = this.#toldAt.get(key)
    if (before !== undefined && now - before < quietMs) return
    if (this.#toldAt.size >= sourcesKept) this.#toldAt.clear()
    this.#toldAt.set(key, now)
    this.#options.log.warning('dropped input from the network', {
      kind,
      detail,
      ...(peer === undefined ? {} : { id: peer.name }),
    })
    this.#options.onIncident?.({ kind, detail, ...(peer === undefined ? {} : { peer }) })
  }
}
