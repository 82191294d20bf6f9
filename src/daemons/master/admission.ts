import type { Clock } from '../../base/clock.ts'
import type { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { quietWarnings } from '../../base/quiet-warnings.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import { type AutosignOptions, decideNewKey } from '../../engine/keys/autosign.ts'
import type { KeyStore } from '../../engine/keys/key-store.ts'
import { assertMinionId } from '../../engine/keys/minion-id.ts'
import type { Grains } from '../../engine/plugin.ts'
import type { Admission, Claim } from '../../wire/server.ts'
import type { MinionSessions } from './minion-sessions.ts'

/** How long a living session gets to answer before a newcomer with the same id and key takes its place. */
const probeMs = 2000
const refusedRetryMs = 30_000
/** They are called when their key is accepted; this is for those of whom too many wait, and for what no key file tells. */
const pendingRetryMs = { shortest: 10_000, longest: 60_000, perPendingKey: 20 }

export interface AdmissionOptions {
  readonly keys: KeyStore
  readonly sessions: MinionSessions
  readonly bus: EventBus
  readonly log: Log
  readonly clock: Clock
  autosign(): AutosignOptions
  /** 0: no limit. */
  readonly maximumMinions: number
  /** Whether `salt/auth` events are fired (Salt's `auth_events`). */
  readonly fireEvents: boolean
  /** Learns of each key that was decided on at first sight, and by which rule. */
  decided(id: string, change: 'accept' | 'reject', rule: string): void
  welcome(claim: Claim): unknown
}

const roles: ReadonlySet<string> = new Set(['minion', 'caller'])

type Act = 'accept' | 'pend' | 'reject' | 'denied' | 'full'

/** Decides who may have a session: the one place where an unknown key meets the key store. */
export class MinionAdmission {
  readonly #options: AdmissionOptions
  /** Every attempt of every minion that waits meets a file that is wrong. */
  readonly #fileLog: Pick<Log, 'warning'>

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#fileLog = quietWarnings(options.log, options.clock)
  }

  async admit(claim: Claim): Promise<Admission> {
    try {
      assertMinionId(claim.name)
    } catch (error) {
      return this.#refuse(claim, 'reject', (error as SaltError).message)
    }
    if (!roles.has(claim.role))
      return this.#refuse(claim, 'reject', 'the role that this client asks for does not exist')
    const { keys } = this.#options
    const state = keys.state(claim.name)
    if (state === 'rejected') return this.#refuse(claim, 'reject', 'the key of this minion was rejected')
    if (state !== undefined && state !== 'denied' && !this.#sameKey(claim, state)) return this.#deny(claim)
    if (state === 'accepted') return this.#welcome(claim)
    return this.#decideUnknown(claim, state === 'pending')
  }

  /** Whether the keys have changed such that a client which was not admitted would be answered otherwise now. */
  isDecidedAnew(claim: Claim, answer: Admission['kind']): boolean {
    const state = this.#options.keys.state(claim.name)
    switch (answer) {
      case 'pending':
        return state !== 'pending'
      case 'rejected':
        return state !== 'rejected'
      case 'denied':
        return (state !== 'accepted' && state !== 'pending') || this.#sameKey(claim, state)
      default:
        return false
    }
  }

  #sameKey(claim: Claim, state: 'accepted' | 'pending'): boolean {
    try {
      return this.#options.keys.read(claim.name, state).fingerprint === claim.fingerprint
    } catch {
      return false
    }
  }

  #deny(claim: Claim): Admission {
    this.#options.keys.storeDenied(claim.name, claim.publicPem)
    this.#options.log.error('a minion shows another key than the one known for its id; denied', {
      id: claim.name,
      fingerprint: claim.fingerprint,
    })
    this.#announce(claim, 'denied', 'another key than the one known for this id')
    return {
      kind: 'denied',
      message: `the master knows another key for the id '${claim.name}'; on the master: salt key -d ${claim.name}`,
      retryAfterMs: refusedRetryMs,
    }
  }

  #decideUnknown(claim: Claim, isPending: boolean): Admission | Promise<Admission> {
    const { keys, autosign } = this.#options
    const decision = decideNewKey({
      id: claim.name,
      grains: claimedGrains(claim),
      options: autosign(),
      log: this.#fileLog,
    })
    switch (decision.kind) {
      case 'accept':
        keys.storeDecided(claim.name, claim.publicPem, 'accepted')
        this.#options.log.info('accepted a new key', { id: claim.name, reason: decision.reason })
        this.#options.decided(claim.name, 'accept', decision.reason)
        return this.#welcome(claim)
      case 'reject':
        keys.storeDecided(claim.name, claim.publicPem, 'rejected')
        this.#options.decided(claim.name, 'reject', decision.reason)
        return this.#refuse(claim, 'reject', decision.reason)
      default:
        return this.#pend(claim, isPending)
    }
  }

  #pend(claim: Claim, isPending: boolean): Admission {
    const { keys } = this.#options
    const pending = keys.count('pending')
    if (!isPending) {
      if (!keys.hasRoomForPending) return this.#refuse(claim, 'full', 'too many keys wait for acceptance')
      keys.storePending(claim.name, claim.publicPem)
      this.#options.log.info('a new key waits for acceptance', { id: claim.name, fingerprint: claim.fingerprint })
    }
    this.#announce(claim, 'pend')
    return {
      kind: 'pending',
      message: `the key of '${claim.name}' waits for acceptance; on the master: salt key -a ${claim.name}`,
      retryAfterMs: Math.min(pendingRetryMs.longest, pendingRetryMs.shortest + pending * pendingRetryMs.perPendingKey),
    }
  }

  async #welcome(claim: Claim): Promise<Admission> {
    const { sessions, maximumMinions } = this.#options
    if (sessions.isFull(claim.name)) return this.#refuse(claim, 'full', 'too many sessions of this minion are open')
    if (claim.role === 'minion') {
      const living = sessions.get(claim.name)
      if (living === undefined && maximumMinions > 0 && sessions.size >= maximumMinions) {
        return this.#refuse(claim, 'full', `the master serves its maximum of ${maximumMinions} minions`)
      }
      if (living !== undefined && living.instance !== claim.instance && (await living.channel.ping(probeMs))) {
        return this.#duplicate(claim)
      }
      // Whoever asked the living session had time to lose the right to be here.
      if (!this.#isAccepted(claim)) return this.#refuse(claim, 'reject', 'the key of this minion is no longer accepted')
    }
    this.#announce(claim, 'accept')
    return { kind: 'welcome', payload: this.#options.welcome(claim) }
  }

  #isAccepted(claim: Claim): boolean {
    return this.#options.keys.state(claim.name) === 'accepted' && this.#sameKey(claim, 'accepted')
  }

  #duplicate(claim: Claim): Admission {
    this.#options.log.warning('two minions use one id and key; the one that was here first stays', { id: claim.name })
    this.#announce(claim, 'denied', 'a minion with this id and key is connected already')
    return {
      kind: 'denied',
      message: `a minion with the id '${claim.name}' and the same key is connected already; give each minion an id and key of its own`,
      retryAfterMs: refusedRetryMs,
    }
  }

  #refuse(claim: Claim, act: Act, message: string): Admission {
    this.#announce(claim, act, message)
    return { kind: act === 'full' ? 'busy' : 'rejected', message, retryAfterMs: refusedRetryMs }
  }

  #announce(claim: Claim, act: Act, reason?: string): void {
    if (!this.#options.fireEvents) return
    this.#options.bus.fire(tagOf('salt/auth'), {
      result: act === 'accept' || act === 'pend',
      act,
      id: claim.name,
      pub: claim.publicPem,
      ...(reason === undefined ? {} : { reason }),
    })
  }
}

function claimedGrains(claim: Claim): Grains {
  const payload = isRecord(claim.payload) ? claim.payload : {}
  return isRecord(payload.autosign_grains) ? payload.autosign_grains : {}
}
