/** Packets and connections that try another host. */
import { randomUUID } from 'node:crypto'
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { SaltError } from '../../../base/errors.ts'

export interface Probe {
  readonly host: string
  readonly port: number
  readonly proto: 'tcp' | 'udp'
  /** Seconds. */
  readonly timeout: number
  /** `ipv4` or `ipv6`; any other text: both. */
  readonly family?: string | undefined
  readonly signal: AbortSignal
}

export interface ProbeResult {
  /** Undefined where the name is not known. */
  readonly address?: string
  /** Undefined where it went well. */
  readonly error?: unknown
}

/** Never throws, unless `signal` aborts. */
export async function tryConnection(probe: Probe): Promise<ProbeResult> {
  const limit = AbortSignal.any([probe.signal, AbortSignal.timeout(probe.timeout * 1000)])
  let address: string | undefined
  try {
    const family = probe.family === 'ipv4' ? 4 : probe.family === 'ipv6' ? 6 : 0
    const found = await lookup(probe.host, { family })
    address = found.address
    await (probe.proto === 'tcp' ? tryTcp : tryUdp)(address, probe.port, limit)
    return { address }
  } catch (error) {
    probe.signal.throwIfAborted()
    return { ...(address === undefined ? {} : { address }), error }
  }
}

async function tryTcp(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connectTcp({ host, port })
  try {
    await once(socket, 'connect', { signal })
  } finally {
    socket.destroy()
  }
}

/** A port that nobody listens at may say so; only an answer proves that somebody does. */
async function tryUdp(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    const answer = once(socket, 'message', { signal })
    // Whichever of the two fails first is the reason.
    answer.catch(() => {})
    socket.connect(port, host)
    await once(socket, 'connect', { signal })
    socket.send(randomUUID())
    await answer
  } finally {
    socket.close()
  }
}

/** Throws `bad-arguments` for what is no hardware address, `execution-failed` where the packet cannot be sent. */
export async function sendWakeUp(mac: string, address: string, port: number): Promise<void> {
  const digits = mac.replace(/[:.-]/g, '')
  if (!/^[0-9a-fA-F]{12}$/.test(digits)) throw new SaltError('bad-arguments', `Invalid MAC address: ${mac}`)
  const card = Buffer.from(digits, 'hex')
  const packet = Buffer.concat([Buffer.alloc(6, 0xff), ...Array<Buffer>(16).fill(card)])
  const socket = createSocket('udp4')
  try {
    socket.bind(0)
    await once(socket, 'listening')
    socket.setBroadcast(true)
    await send(socket, packet, port, address)
  } catch (cause) {
    throw new SaltError('execution-failed', `The packet cannot be sent to ${address}: ${String(cause)}`, { cause })
  } finally {
    socket.close()
  }
}

function send(socket: DatagramSocket, packet: Buffer, port: number, address: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.send(packet, port, address, (error) => (error === null ? resolve() : reject(error)))
  return promise
}
