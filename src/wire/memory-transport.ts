/** Frames within one process, for tests: delivered in order and later, like a network's, unless a fault is asked for. */
import { SaltError } from '../base/errors.ts'
import type { ClientTransport, PeerAddress, ServerTransport } from './transport.ts'

/** What becomes of a frame on its way: what is returned arrives instead, in that order. */
export type Fault = (frame: Buffer, direction: 'to-server' | 'to-client') => readonly Buffer[]

export interface MemoryNetwork {
  server(): ServerTransport
  client(): ClientTransport
  /** Applies to every frame from now on; undefined: none. */
  setFault(fault: Fault | undefined): void
  /** Ends every connection, as a crash of the server would. */
  cut(): void
}

/** One server and any number of clients; a server made anew takes the place of the one before. */
export function memoryNetwork(options: { readonly maximumWaiting?: number } = {}): MemoryNetwork {
  return new Network(options.maximumWaiting ?? 10_000)
}

class Network implements MemoryNetwork {
  readonly maximumWaiting: number
  readonly #clients = new Map<PeerAddress, MemoryClient>()
  #server: MemoryServer | undefined
  #fault: Fault | undefined
  #nextAddress = 1

  constructor(maximumWaiting: number) {
    this.maximumWaiting = maximumWaiting
  }

  server(): ServerTransport {
    return new MemoryServer(this)
  }

  client(): ClientTransport {
    return new MemoryClient(this, `peer-${this.#nextAddress++}`)
  }

  setFault(fault: Fault | undefined): void {
    this.#fault = fault
  }

  cut(): void {
    for (const client of [...this.#clients.values()]) client.gone()
    this.#clients.clear()
  }

  attach(server: MemoryServer | undefined): void {
    this.#server = server
    if (server === undefined) this.cut()
  }

  get isListening(): boolean {
    return this.#server !== undefined
  }

  connect(client: MemoryClient): void {
    this.#clients.set(client.address, client)
  }

  disconnect(client: MemoryClient): void {
    this.#clients.delete(client.address)
  }

  toServer(peer: PeerAddress, frame: Buffer): void {
    for (const one of this.#faulty(frame, 'to-server')) this.#server?.deliver(peer, one)
  }

  toClient(peer: PeerAddress, frame: Buffer): void {
    const client = this.#clients.get(peer)
    if (client === undefined) return this.#server?.lost(peer)
    for (const one of this.#faulty(frame, 'to-client')) client.deliver(one)
  }

  #faulty(frame: Buffer, direction: 'to-server' | 'to-client'): readonly Buffer[] {
    return this.#fault === undefined ? [frame] : this.#fault(Buffer.from(frame), direction)
  }
}

/** Runs deliveries one after the other, never within the call that made them. */
class Line {
  readonly #maximum: number
  #waiting = 0

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  add(deliver: () => void): boolean {
    if (this.#waiting >= this.#maximum) return false
    this.#waiting += 1
    queueMicrotask(() => {
      this.#waiting -= 1
      deliver()
    })
    return true
  }
}

class MemoryServer implements ServerTransport {
  readonly #network: Network
  readonly #line: Line
  #onFrame: (peer: PeerAddress, frame: Buffer) => void = () => {}
  #onGone: (peer: PeerAddress) => void = () => {}

  constructor(network: Network) {
    this.#network = network
    this.#line = new Line(network.maximumWaiting)
  }

  listen(): Promise<number> {
    if (this.#network.isListening) return Promise.reject(new SaltError('address-in-use', 'a server is there already'))
    this.#network.attach(this)
    return Promise.resolve(0)
  }

  onFrame(handler: (peer: PeerAddress, frame: Buffer) => void): void {
    this.#onFrame = handler
  }

  onGone(handler: (peer: PeerAddress) => void): void {
    this.#onGone = handler
  }

  onDropped(): void {}

  send(peer: PeerAddress, frame: Buffer): boolean {
    return this.#line.add(() => this.#network.toClient(peer, frame))
  }

  drain(): Promise<void> {
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#network.attach(undefined)
    return Promise.resolve()
  }

  deliver(peer: PeerAddress, frame: Buffer): void {
    this.#onFrame(peer, frame)
  }

  lost(peer: PeerAddress): void {
    this.#onGone(peer)
  }
}

class MemoryClient implements ClientTransport {
  readonly address: PeerAddress
  readonly #network: Network
  readonly #line: Line
  #onFrame: (frame: Buffer) => void = () => {}
  #onGone: () => void = () => {}
  #isGone = false

  constructor(network: Network, address: PeerAddress) {
    this.#network = network
    this.address = address
    this.#line = new Line(network.maximumWaiting)
  }

  connect(): Promise<void> {
    if (this.#network.isListening) this.#network.connect(this)
    else this.gone()
    return Promise.resolve()
  }

  onFrame(handler: (frame: Buffer) => void): void {
    this.#onFrame = handler
  }

  onGone(handler: () => void): void {
    this.#onGone = handler
    if (this.#isGone) handler()
  }

  send(frame: Buffer): boolean {
    return !this.#isGone && this.#line.add(() => this.#network.toServer(this.address, frame))
  }

  drain(): Promise<void> {
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#onGone = () => {}
    this.#network.disconnect(this)
    return Promise.resolve()
  }

  deliver(frame: Buffer): void {
    if (!this.#isGone) this.#onFrame(frame)
  }

  gone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#onGone()
  }
}
