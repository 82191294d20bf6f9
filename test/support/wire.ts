import { silentLog } from '../../src/base/log.ts'
import type { RecordChannel } from '../../src/wire/channel.ts'
import { type ClientState, WireClient, type WireClientOptions } from '../../src/wire/client.ts'
import { type Attempt, shakeHands } from '../../src/wire/client-handshake.ts'
import { temporaryIdentity } from '../../src/wire/identity.ts'
import { type MemoryNetwork, memoryNetwork } from '../../src/wire/memory-transport.ts'
import {
  type Admission,
  type Claim,
  type Incident,
  type ServerSession,
  WireServer,
  type WireServerOptions,
} from '../../src/wire/server.ts'
import { FakeClock, settle } from './fake-clock.ts'

/** A wire server with clients over memory, on a clock that a test moves. */
export class WireFixture {
  readonly clock = new FakeClock()
  readonly network: MemoryNetwork
  readonly identity = temporaryIdentity()
  readonly sessions: ServerSession[] = []
  readonly claims: Claim[] = []
  readonly incidents: Incident[] = []
  server: WireServer
  admit: (claim: Claim) => Admission = () => ({ kind: 'welcome', payload: { hello: true } })

  readonly #serverOptions: Partial<WireServerOptions>

  constructor(network = memoryNetwork(), serverOptions: Partial<WireServerOptions> = {}) {
    this.network = network
    this.#serverOptions = serverOptions
    this.server = this.#makeServer()
  }

  async listen(): Promise<this> {
    await this.server.listen()
    return this
  }

  /** As after a crash: nothing is left of the server but its identity. */
  async restart(): Promise<void> {
    this.network.cut()
    await this.server[Symbol.asyncDispose]()
    this.server = this.#makeServer()
    await this.server.listen()
  }

  client(options: Partial<WireClientOptions> = {}): TestClient {
    return new TestClient(this, options)
  }

  /** One handshake, up to the server's decision. */
  async handshake(name = 'one'): Promise<Attempt> {
    const transport = this.network.client()
    await transport.connect()
    return await shakeHands({
      transport,
      identity: temporaryIdentity(),
      name,
      role: 'minion',
      instance: 'instance-1',
      clock: this.clock,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
      checkServer: () => {},
      payload: () => ({}),
      onFault: (error) => {
        throw error
      },
    })
  }

  #makeServer(): WireServer {
    return new WireServer({
      transport: this.network.server(),
      identity: this.identity,
      clock: this.clock,
      log: silentLog,
      admit: (claim) => {
        this.claims.push(claim)
        return this.admit(claim)
      },
      onSession: (session) => this.sessions.push(session),
      onIncident: (incident) => this.incidents.push(incident),
      ...this.#serverOptions,
    })
  }
}

export class TestClient {
  readonly wire: WireClient
  readonly channels: RecordChannel[] = []
  readonly states: ClientState[] = []

  constructor(fixture: WireFixture, options: Partial<WireClientOptions>) {
    this.wire = new WireClient({
      endpoint: 'memory',
      transport: () => fixture.network.client(),
      identity: temporaryIdentity(),
      name: 'one',
      role: 'minion',
      instance: 'instance-1',
      clock: fixture.clock,
      log: silentLog,
      reconnect: { minimumMs: 500, maximumMs: 60_000 },
      checkServer: () => {},
      payload: () => ({ shown: 1 }),
      onSession: (channel) => this.channels.push(channel),
      onState: (state) => this.states.push(state),
      ...options,
    })
  }

  async connected(): Promise<RecordChannel> {
    this.wire.start()
    await settle()
    const channel = this.channels.at(-1)
    if (channel === undefined) throw new Error(`not connected: ${JSON.stringify(this.states)}`)
    return channel
  }

  /** The last state that is no attempt. */
  get waiting(): Extract<ClientState, { kind: 'waiting' }> | undefined {
    return this.states.findLast((state) => state.kind === 'waiting')
  }
}

/** Collects the records of a channel. */
export function recordsOf(channel: RecordChannel): unknown[] {
  const records: unknown[] = []
  channel.onRecord((record) => records.push(record))
  return records
}
