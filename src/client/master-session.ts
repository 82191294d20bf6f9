import { randomUUID } from 'node:crypto'
import { systemClock } from '../base/clock.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { RecordChannel } from '../wire/channel.ts'
import type { WireClient } from '../wire/client.ts'
import { loadOrCreateIdentity } from '../wire/identity.ts'
import { RpcPeer } from '../wire/rpc.ts'
import { type MasterAddress, masterAddresses } from './master-address.ts'
import { createMasterClient } from './master-client.ts'
import type { MasterCalls, MasterLinkMethods } from './master-link.ts'

export interface CallerOptions {
  readonly id: string
  readonly master: string | readonly string[]
  readonly masterPort: number
  readonly pkiDir: string
  readonly masterFinger: string
  readonly requireMasterFinger: boolean
  readonly timeoutMs: number
  readonly log: Log
}

/** Sessions of `salt call` with every master that answers. */
export interface CallerSessions extends AsyncDisposable {
  readonly masters: readonly MasterCalls[]
}

/**
 * Connects under the minion's own key, beside a minion that may be running. Rejects when no master admits it within the
 * time: `key-pending`, `key-rejected`, `master-mismatch`, `master-unreachable`.
 */
export async function connectMasters(options: CallerOptions): Promise<CallerSessions> {
  const addresses = masterAddresses(options.master, options.masterPort)
  const identity = loadOrCreateIdentity(options.pkiDir, 'minion')
  const clients = addresses.map((address) =>
    createMasterClient({
      ...options,
      address,
      several: addresses.length > 1,
      role: 'caller',
      instance: randomUUID(),
      identity,
      clock: systemClock,
      reconnect: false,
      handshakeTimeoutMs: options.timeoutMs,
      payload: () => ({}),
      onSession: () => {},
    }),
  )
  const results = await Promise.allSettled(
    clients.map((client, index) => connectOne(client, addresses[index], options.timeoutMs)),
  )
  const masters = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const close = async (): Promise<void> => {
    for (const master of masters) await master.channel.drain()
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
  }
  if (masters.length === 0) {
    await close()
    throw asSaltError((results[0] as PromiseRejectedResult).reason)
  }
  return { masters, [Symbol.asyncDispose]: close }
}

async function connectOne(
  client: WireClient,
  address: MasterAddress | undefined,
  timeoutMs: number,
): Promise<MasterCalls & { channel: RecordChannel }> {
  const text = address?.text ?? ''
  try {
    const { channel } = await client.connectOnce(AbortSignal.timeout(timeoutMs))
    return { ...masterCalls(text, new RpcPeer(channel, { clock: systemClock })), channel }
  } catch (error) {
    if (error instanceof SaltError && !['timeout', 'cancelled', 'session-closed'].includes(error.code)) throw error
    throw new SaltError('master-unreachable', `the master at ${text} does not answer`, {
      cause: error,
      hint: 'Is it running, and is the address in `master:` right? `--local` does without a master.',
    })
  }
}

/** The typed calls of a session with a master. */
export function masterCalls(address: string, rpc: Pick<RpcPeer, 'call'>): MasterCalls {
  return {
    address,
    call: (method, params, options = {}) =>
      rpc.call(method, params, options) as Promise<MasterLinkMethods[typeof method]['result']>,
  }
}
