import type { Clock } from '../../base/clock.ts'
import type { MasterAddress } from '../../client/master-address.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import type { ClientState } from '../../wire/client.ts'
import type { ClientTransport } from '../../wire/transport.ts'

export interface MinionParts {
  readonly clock?: Clock
  /** Instead of ZeroMQ over TCP. */
  transport?(address: MasterAddress): ClientTransport | Promise<ClientTransport>
  onState?(address: string, state: ClientState): void
}

export interface Minion extends AsyncDisposable {
  readonly id: string
  readonly fingerprint: string
  /** Addresses of the masters with a living session. */
  readonly connected: readonly string[]
  /** Takes up what may change while running. */
  reload(options: MinionOptions): Promise<void>
  /** Lets running jobs end and returns arrive, for at most this time. */
  drain(timeoutMs: number): Promise<void>
}
