import type { Admission, Claim } from './handshake-messages.ts'
import type { Session } from './session.ts'

interface WaitingClient {
  readonly session: Session
  readonly claim: Claim
  readonly answer: Admission['kind']
}

/** Whether a client that had this answer would now have another. */
export type DecisionCheck = (claim: Claim, answer: Admission['kind']) => boolean

/** Whoever may be a stranger must not fill the memory by waiting: the rest comes back by itself. */
const mostWaiting = 1000
/** Of one name: its own client, and those that only claim to be it. */
const mostOfOneName = 16

/** Clients that were not admitted and stay connected until somebody decides about them anew. */
export class WaitingClients {
  readonly #byName = new Map<string, Set<WaitingClient>>()
  #size = 0

  /** False when too many wait already. A client that does not only wait is sent away. */
  add(session: Session, claim: Claim, answer: Admission['kind']): boolean {
    const sameName = this.#byName.get(claim.name) ?? new Set()
    if (this.#size >= mostWaiting || sameName.size >= mostOfOneName) return false
    const client = { session, claim, answer }
    this.#byName.set(claim.name, sameName.add(client))
    this.#size += 1
    void session.closed.then(() => {
      this.#size -= 1
      sameName.delete(client)
      if (sameName.size === 0) this.#byName.delete(claim.name)
    })
    session.onRecord(() => session.close({ code: 'refused', message: 'the client is not admitted' }))
    return true
  }

  get size(): number {
    return this.#size
  }

  /** Asks those to come again, of one name or of all, for whose claim and the answer they had there is a new decision. */
  recall(isDecidedAnew: DecisionCheck, name?: string): void {
    const asked = name === undefined ? [...this.#byName.values()].flatMap((same) => [...same]) : this.#byName.get(name)
    for (const { session, claim, answer } of asked ?? []) {
      if (isDecidedAnew(claim, answer)) session.close({ code: 'recalled', message: 'the master has decided anew' })
    }
  }
}
