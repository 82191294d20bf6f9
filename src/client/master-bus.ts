import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { SaltError } from '../base/errors.ts'
import type { RecordChannel } from '../wire/channel.ts'
import { connectLocal, readBusKey } from '../wire/local.ts'
import { RpcPeer } from '../wire/rpc.ts'
import type { MasterBusMethods, MethodShape, MinionBusMethods } from './api.ts'
import { masterBusName, minionBusName } from './bus-names.ts'

export interface CallOptions<Item> {
  onItem?(item: Item): void
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** A connection to the local bus of a daemon, with the calls that it answers. */
export interface BusConnection<Methods extends { [M in keyof Methods]: MethodShape }> extends AsyncDisposable {
  call<M extends keyof Methods & string>(
    method: M,
    params: Methods[M]['params'],
    options?: CallOptions<Methods[M]['item']>,
  ): Promise<Methods[M]['result']>
  readonly closed: Promise<unknown>
}

export type MasterBus = BusConnection<MasterBusMethods>
export type MinionBus = BusConnection<MinionBusMethods>

export interface BusTarget {
  readonly sockDir: string
  readonly timeoutMs?: number
}

const connectTimeoutMs = 5000

/** Connects to the master on this host. Rejects with `master-unreachable` at once when none runs, or after the timeout. */
export async function connectMasterBus(target: BusTarget): Promise<MasterBus> {
  try {
    return await connect<MasterBusMethods>(target, masterBusName)
  } catch (cause) {
    throw unreachable(cause, 'master-unreachable', 'no master answers', target.sockDir, 'salt master')
  }
}

/** Connects to the minion of this id on this host. Rejects with `minion-unreachable`. */
export async function connectMinionBus(target: BusTarget & { readonly id: string }): Promise<MinionBus> {
  try {
    return await connect<MinionBusMethods>(target, minionBusName(target.id))
  } catch (cause) {
    throw unreachable(cause, 'minion-unreachable', 'no minion answers', target.sockDir, 'salt minion')
  }
}

async function connect<Methods extends { [M in keyof Methods]: MethodShape }>(
  target: BusTarget,
  name: string,
): Promise<BusConnection<Methods>> {
  const channel = await connectLocal({
    path: join(target.sockDir, name),
    // Root gives its orders to the daemon of any user.
    busKey: readBusKey(join(target.sockDir, 'bus.key'), { rootMay: true }),
    clock: systemClock,
    timeoutMs: target.timeoutMs ?? connectTimeoutMs,
  })
  return overChannel<Methods>(channel)
}

/** The typed calls over a local session that exists already. */
export function overChannel<Methods extends { [M in keyof Methods]: MethodShape }>(
  channel: RecordChannel & Partial<AsyncDisposable>,
): BusConnection<Methods> {
  const rpc = new RpcPeer(channel, { clock: systemClock })
  return {
    closed: channel.closed,
    call: (method, params, options = {}) =>
      rpc.call(method, params, options as CallOptions<unknown>) as Promise<Methods[typeof method]['result']>,
    async [Symbol.asyncDispose]() {
      await channel.drain()
      channel.close()
      await channel[Symbol.asyncDispose]?.()
    },
  }
}

function unreachable(
  cause: unknown,
  code: 'master-unreachable' | 'minion-unreachable',
  message: string,
  sockDir: string,
  command: string,
): SaltError {
  if (cause instanceof SaltError && (cause.code === 'key-permissions' || cause.code === 'key-invalid')) return cause
  return new SaltError(code, `${message} on its bus in ${sockDir}`, {
    cause,
    hint: `Is it running (\`${command}\`), with the same configuration folder (-c), and may this user read ${join(sockDir, 'bus.key')}?`,
  })
}
