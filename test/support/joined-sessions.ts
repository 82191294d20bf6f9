import { decodeFrame } from '../../src/wire/frame.ts'
import { Session } from '../../src/wire/session.ts'
import { sessionKeys } from '../../src/wire/session-keys.ts'
import type { SessionLimits } from '../../src/wire/session-limits.ts'
import { FakeClock, settle } from './fake-clock.ts'

/** Two ends of one session, joined; what is sent arrives in a later turn of the event loop. */
export class JoinedSessions {
  readonly clock = new FakeClock()
  readonly client: Session
  readonly server: Session
  /** While set, the client's peer is stuck: what the client sends waits. */
  isStuck = false
  readonly #stuck: Buffer[] = []
  readonly #onFault: (error: unknown) => void

  constructor(limits: Partial<SessionLimits> = {}, onFault: (error: unknown) => void = () => {}) {
    this.#onFault = onFault
    this.client = this.#make(true, limits, (frame) => {
      if (this.isStuck) this.#stuck.push(frame)
      else queueMicrotask(() => this.server.receive(decodeFrame(frame)))
    })
    this.server = this.#make(false, limits, (frame) => queueMicrotask(() => this.client.receive(decodeFrame(frame))))
  }

  /** The peer goes on. */
  async release(): Promise<void> {
    this.isStuck = false
    for (const frame of this.#stuck.splice(0)) this.server.receive(decodeFrame(frame))
    await settle()
  }

  #make(isClient: boolean, limits: Partial<SessionLimits>, transmit: (frame: Buffer) => void): Session {
    const keys = sessionKeys([Buffer.alloc(32, 1), Buffer.alloc(32, 2)], Buffer.alloc(32, 3), isClient)
    return new Session({
      id: 7n,
      peer: { name: isClient ? '' : 'one', role: isClient ? 'server' : 'client', fingerprint: '' },
      clock: this.clock,
      limits,
      keys,
      onFault: (error) => this.#onFault(error),
      transmit: (frame) => {
        transmit(frame)
        return true
      },
    })
  }
}
