/** Frames over ZeroMQ: a ROUTER that serves many, a DEALER for each client. The library is loaded with the first socket. */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { dirname } from 'node:path'
import type { Dealer, Router } from 'zeromq'
import { SaltError, systemCode } from '../base/errors.ts'
import { ensurePrivateFolder } from '../base/files.ts'
import { largestFrame } from './frame.ts'
import { uninterrupted, wasInterrupted } from './interruption.ts'
import type { ClientTransport, PeerAddress, ServerTransport } from './transport.ts'
import { Writer } from './writer.ts'

export type ServerEndpoint = (
  | { readonly host: string; readonly port: number }
  | {
      readonly path: string
      /** The folder of the socket is there, and others may pass it; else it is made private. */
      readonly isInSharedFolder?: true
    }
) & {
  /** The options that choose it, for the advice to whoever cannot have it. */
  readonly chosenBy?: string
}

const common = {
  linger: 300,
  maxMessageSize: largestFrame,
  sendHighWaterMark: 10_000,
  // Of each connection, and of anybody's: frames that wait here have passed no check at all.
  receiveHighWaterMark: 128,
} as const
const maximumWaiting = 100_000
const backlog = 1000
const keepAlive = { tcpKeepalive: 1, tcpKeepaliveIdle: 60 } as const
/** Longest path of a socket: 108 bytes with the zero at its end. */
const longestPath = 107

/** The parts of the next message; undefined once the socket is closed. */
async function nextMessage(socket: Router | Dealer): Promise<readonly Buffer[] | undefined> {
  if (socket.closed) return undefined
  try {
    return await socket.receive()
  } catch (error) {
    // EAGAIN: it was closed while it waited.
    if (socket.closed || systemCode(error) === 'EAGAIN') return undefined
    if (wasInterrupted(error)) return nextMessage(socket)
    throw error
  }
}

export function zeromqServer(endpoint: ServerEndpoint): ServerTransport {
  return new ZeromqServer(endpoint)
}

interface AddressedFrame {
  readonly peer: PeerAddress
  readonly frame: Buffer
}

class ZeromqServer implements ServerTransport {
  readonly #endpoint: ServerEndpoint
  #socket: Router | undefined
  #writer: Writer<AddressedFrame> | undefined
  /** Set once the file of the socket is this server's own. */
  #boundPath: string | undefined
  #onFrame: (peer: PeerAddress, frame: Buffer) => void = () => {}
  #onGone: (peer: PeerAddress) => void = () => {}
  #onDropped: (kind: 'multipart', peer: PeerAddress) => void = () => {}

  constructor(endpoint: ServerEndpoint) {
    this.#endpoint = endpoint
  }

  async listen(): Promise<number> {
    const { Router: RouterSocket } = await import('zeromq')
    const socket = new RouterSocket({ ...common, ...keepAlive, mandatory: true, sendTimeout: 0, backlog })
    this.#socket = socket
    this.#writer = new Writer({
      send: ({ peer, frame }) => socket.send([Buffer.from(peer, 'latin1'), frame]),
      // A peer that is gone and one that takes nothing any more are the same to us.
      onFailure: ({ peer }) => this.#onGone(peer),
      maximumWaiting,
    })
    const { chosenBy = 'the configuration' } = this.#endpoint
    if ('path' in this.#endpoint) {
      if (this.#endpoint.isInSharedFolder !== true) ensurePrivateFolder(dirname(this.#endpoint.path))
      await bindPath(socket, this.#endpoint.path, chosenBy)
      this.#boundPath = this.#endpoint.path
    } else await bindPort(socket, this.#endpoint, chosenBy)
    void this.#receive(socket)
    return Number(/:(\d+)$/.exec(socket.lastEndpoint ?? '')?.[1] ?? 0)
  }

  onFrame(handler: (peer: PeerAddress, frame: Buffer) => void): void {
    this.#onFrame = handler
  }

  onGone(handler: (peer: PeerAddress) => void): void {
    this.#onGone = handler
  }

  onDropped(handler: (kind: 'multipart', peer: PeerAddress) => void): void {
    this.#onDropped = handler
  }

  send(peer: PeerAddress, frame: Buffer): boolean {
    return this.#writer?.add({ peer, frame }) === true
  }

  drain(): Promise<void> {
    return this.#writer?.idle() ?? Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer?.idle()
    this.#writer?.close()
    this.#socket?.close()
    this.#socket = undefined
    if (this.#boundPath !== undefined) rmSync(this.#boundPath, { force: true })
  }

  async #receive(socket: Router): Promise<void> {
    for (;;) {
      const [address, frame, ...more] = (await nextMessage(socket)) ?? []
      if (address === undefined) return
      const peer = address.toString('latin1')
      if (frame === undefined || more.length > 0) this.#onDropped('multipart', peer)
      else this.#onFrame(peer, frame)
    }
  }
}

async function bindPort(
  socket: Router,
  { host, port }: { readonly host: string; readonly port: number },
  chosenBy: string,
): Promise<void> {
  const address = host.includes(':') ? `[${host}]` : host
  if (host.includes(':')) socket.ipv6 = true
  try {
    await socket.bind(`tcp://${address}:${port === 0 ? '*' : port}`)
  } catch (cause) {
    throw new SaltError(
      'address-in-use',
      `cannot listen on ${address}:${port}: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
        hint: `Is it running already? Another address or port is chosen by ${chosenBy}.`,
      },
    )
  }
}

/** A bind on a path that is in use would silently take it away from whoever listens there. */
async function bindPath(socket: Router, path: string, chosenBy: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new SaltError('configuration', `the path of a socket is longer than ${longestPath} bytes: ${path}`, {
      hint: `Choose a folder with a shorter path for sockets, by ${chosenBy}.`,
    })
  }
  if (existsSync(path)) {
    if (await answers(path)) {
      throw new SaltError('address-in-use', `another daemon answers on ${path}`, {
        hint: `It may be running already; or give this one a folder for sockets of its own, by ${chosenBy}.`,
      })
    }
    removeStale(path)
  }
  await socket.bind(`ipc://${path}`)
  chmodSync(path, 0o600)
}

function removeStale(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (cause) {
    throw new SaltError('storage', 'what lies in the place of a socket cannot be removed', {
      where: path,
      cause,
      hint: 'Is it a folder? Move it away.',
    })
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path)
    const settle = (result: boolean): void => {
      probe.destroy()
      resolve(result)
    }
    probe.once('connect', () => settle(true))
    // A full backlog is an answer too: only a refusal says that nobody listens.
    probe.once('error', (error) => settle(!['ECONNREFUSED', 'ENOTSOCK'].includes(systemCode(error) ?? '')))
  })
}

/** `tcp://host:port`, or `ipc://path`. */
export async function zeromqClient(endpoint: string): Promise<ClientTransport> {
  const path = endpoint.startsWith('ipc://') ? endpoint.slice('ipc://'.length) : undefined
  if (path !== undefined && !existsSync(path)) throw new SaltError('session-closed', `there is no socket ${path}`)
  const { Dealer: DealerSocket } = await import('zeromq')
  const options = { ...common, sendTimeout: 0, reconnectInterval: -1, ...(path === undefined ? keepAlive : {}) }
  const socket = new DealerSocket({ ...options, ipv6: endpoint.startsWith('tcp://[') })
  return new ZeromqClient(socket, endpoint)
}

class ZeromqClient implements ClientTransport {
  readonly #socket: Dealer
  readonly #endpoint: string
  readonly #writer: Writer<Buffer>
  #onFrame: (frame: Buffer) => void = () => {}
  #onGone: () => void = () => {}
  #isGone = false

  constructor(socket: Dealer, endpoint: string) {
    this.#socket = socket
    this.#endpoint = endpoint
    this.#writer = new Writer({ send: (frame) => socket.send(frame), onFailure: () => this.#gone(), maximumWaiting })
    socket.events.on('disconnect', () => this.#gone())
    socket.events.on('close', () => this.#gone())
  }

  connect(): Promise<void> {
    try {
      uninterrupted(() => this.#socket.connect(this.#endpoint))
    } catch (cause) {
      return Promise.reject(new SaltError('session-closed', `cannot connect to ${this.#endpoint}`, { cause }))
    }
    void this.#receive()
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
    return !this.#isGone && this.#writer.add(frame)
  }

  drain(): Promise<void> {
    return this.#writer.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#onGone = () => {}
    if (!this.#isGone) await this.#writer.idle()
    this.#writer.close()
    this.#socket.close()
  }

  #gone(): void {
    if (this.#isGone || this.#socket.closed) return
    this.#isGone = true
    this.#onGone()
  }

  async #receive(): Promise<void> {
    for (;;) {
      const [frame, ...more] = (await nextMessage(this.#socket)) ?? []
      if (frame === undefined) return
      if (more.length === 0) this.#onFrame(frame)
    }
  }
}
