import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { RecordChannel } from '../wire/channel.ts'
import { type ClientState, WireClient } from '../wire/client.ts'
import type { Identity } from '../wire/identity.ts'
import type { SessionLimits } from '../wire/session-limits.ts'
import type { ClientTransport } from '../wire/transport.ts'
import { zeromqClient } from '../wire/zeromq-transport.ts'
import type { MasterAddress } from './master-address.ts'
import { MasterPin } from './master-pin.ts'

export interface MasterClientOptions {
  readonly address: MasterAddress
  /** Whether this is one of several masters. */
  readonly several: boolean
  readonly role: 'minion' | 'caller'
  readonly id: string
  /** Random text of this process: a reconnect is told from a twin by it. */
  readonly instance: string
  readonly identity: Identity
  readonly pkiDir: string
  readonly masterFinger: string
  readonly requireMasterFinger: boolean
  readonly clock: Clock
  readonly log: Log
  readonly reconnect: false | { readonly minimumMs: number; readonly maximumMs: number }
  readonly handshakeTimeoutMs?: number
  readonly limits?: Partial<SessionLimits>
  payload(): unknown
  onSession(channel: RecordChannel, welcome: unknown, pin: MasterPin): void
  onState?(state: ClientState): void
  /** Instead of ZeroMQ over TCP. */
  transport?(): ClientTransport | Promise<ClientTransport>
}

/** A client of one master: the wire's handshake and reconnects, with the master's key pinned as Salt does. */
export function createMasterClient(options: MasterClientOptions): WireClient {
  const pin = new MasterPin({
    pkiDir: options.pkiDir,
    address: options.address.text,
    several: options.several,
    masterFinger: options.masterFinger,
    requireMasterFinger: options.requireMasterFinger,
    log: options.log,
  })
  return new WireClient({
    endpoint: options.address.text,
    transport: options.transport ?? (() => zeromqClient(`tcp://${options.address.text}`)),
    identity: options.identity,
    name: options.id,
    role: options.role,
    instance: options.instance,
    clock: options.clock,
    log: options.log,
    checkServer: (server) => pin.check(server),
    payload: options.payload,
    onSession: (channel, welcome) => options.onSession(channel, welcome, pin),
    reconnect: options.reconnect,
    ...(options.onState === undefined ? {} : { onState: options.onState }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.handshakeTimeoutMs === undefined ? {} : { handshakeTimeoutMs: options.handshakeTimeoutMs }),
  })
}
