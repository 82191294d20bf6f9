import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { DataBanks } from '../../engine/cache/data-banks.ts'
import type { KeyStore } from '../../engine/keys/key-store.ts'
import type { MasterPillar } from './master-pillar.ts'
import type { MinionCache } from './minion-cache.ts'
import type { MinionSessions } from './minion-sessions.ts'
import type { Publisher } from './publisher.ts'

export interface KeyChangesOptions {
  readonly keys: KeyStore
  readonly sessions: MinionSessions
  readonly publisher: Publisher
  readonly cache: MinionCache
  readonly banks: Pick<DataBanks, 'forget'>
  readonly pillar: Pick<MasterPillar, 'forget'>
  readonly bus: EventBus
  readonly log: Log
  /** Calls those minions of this id that wait for a decision. */
  recall(id: string): void
}

/** What follows from a key that is accepted, rejected, deleted or replaced while the master runs. */
export class KeyChanges {
  readonly #options: KeyChangesOptions

  constructor(options: KeyChangesOptions) {
    this.#options = options
  }

  /** Somebody has said what was done. */
  told(id: string, act: 'accept' | 'reject' | 'delete', user: string): void {
    this.#options.bus.fire(tagOf('salt/key'), { result: true, act, id, user })
    this.seen(id)
  }

  /**
   * Ends the sessions and the open jobs of an id that were begun with a key which is no longer the accepted one, and calls those
   * who wait for a decision.
   */
  seen(id: string): void {
    const { keys, sessions, publisher, recall } = this.#options
    recall(id)
    if (keys.state(id) !== 'accepted') {
      const reason = 'the key of this minion is no longer accepted'
      publisher.revoked(id, reason)
      sessions.revoke(id, reason)
      this.keepOnly(id)
      return
    }
    const fingerprint = this.#acceptedFingerprint(id)
    const session = sessions.get(id)
    const reason = 'the key of this minion was replaced'
    if (session !== undefined && session.fingerprint !== fingerprint) publisher.revoked(id, reason)
    sessions.revoke(id, reason, fingerprint)
  }

  /** Drops what is known of an id, unless it comes from this key. */
  keepOnly(id: string, fingerprint?: string): void {
    const { cache, banks, pillar } = this.#options
    if (!cache.keepOnly(id, fingerprint) && fingerprint !== undefined) return
    banks.forget(`minions/${id}`)
    pillar.forget(id)
  }

  /** Undefined when the file holds no key: whoever copies one there may not be done, or has made a mistake. */
  #acceptedFingerprint(id: string): string | undefined {
    try {
      return this.#options.keys.read(id, 'accepted').fingerprint
    } catch (error) {
      this.#options.log.error('an accepted key cannot be read', { id, error: asSaltError(error).message })
      return undefined
    }
  }
}
