import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { BusServer } from '../bus/bus-server.ts'
import type { EventBus } from '../bus/event-bus.ts'
import { LocalServer, loadOrCreateBusKey } from '../wire/local.ts'
import type { Handler } from '../wire/rpc.ts'
import { zeromqServer } from '../wire/zeromq-transport.ts'
import { tellIncident } from './drop-event.ts'

export interface LocalBusOptions {
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  /** Folder of the socket and of the key (`sock_dir`). */
  readonly folder: string
  /** File name of the socket. */
  readonly name: string
  /** What may be asked besides events and `status`. */
  readonly methods: Readonly<Record<string, Handler>>
  status(): Readonly<Record<string, unknown>>
}

/** The way into a daemon for the processes of its host that may read the bus key. */
export class LocalBus implements AsyncDisposable {
  readonly #bus: BusServer
  readonly #server: LocalServer

  /** Throws `key-permissions` and `key-invalid`. */
  constructor({ bus, clock, log, folder, name, methods, status }: LocalBusOptions) {
    this.#bus = new BusServer({ bus, clock, log, methods, status })
    this.#server = new LocalServer({
      transport: zeromqServer({ path: join(folder, name), chosenBy: 'sock_dir' }),
      busKey: loadOrCreateBusKey(join(folder, 'bus.key')),
      clock,
      log,
      onSession: (channel) => this.#bus.accept(channel),
      onIncident: (incident) => tellIncident(bus, incident),
    })
  }

  /** Rejects with `address-in-use` and the like. */
  listen(): Promise<void> {
    return this.#server.listen()
  }

  drain(): Promise<void> {
    return this.#bus.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}
