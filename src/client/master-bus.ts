import { statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { type ErrorCode, SaltError, systemCode } from '../base/errors.ts'
import type { RecordChannel } from '../wire/channel.ts'
import { connectLocal, readBusKey } from '../wire/local.ts'
import { RpcPeer } from '../wire/rpc.ts'
import type { MasterBusMethods, MethodShape } from './api.ts'
import { masterBusName, minionBusName, minionBusNames } from './bus-names.ts'
import type { MinionBusMethods } from './minion-bus.ts'
import { userBusPaths } from './user-bus.ts'

export interface CallOptions<Item> {
  onItem?(item: Item): void
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Send it now instead of at the end of the tick. */
  readonly flush?: boolean
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
/** What no other daemon would answer differently. */
const lasting: ReadonlySet<ErrorCode> = new Set(['key-permissions', 'key-invalid', 'usage'])

/**
 * Connects to the master on this host: as its owner, or, for a user who may not read the bus key, by a bus of his own on which
 * only what `publisher_acl` permits is answered. Rejects with `master-unreachable` at once when none runs, or after the timeout;
 * with `denied` when the master does not know this user.
 */
export async function connectMasterBus(target: BusTarget): Promise<MasterBus> {
  const uid = process.geteuid?.()
  if (uid !== undefined && !isOwner(target.sockDir, uid)) return await connectUserBus({ ...target, uid })
  try {
    return await connect<MasterBusMethods>(target, masterBusName)
  } catch (cause) {
    throw unreachable(cause, 'master-unreachable', 'no master answers', target.sockDir, 'salt master')
  }
}

/** Connects as a user of the host, with the key that the master has given him. Rejects as `connectMasterBus`. */
export async function connectUserBus(target: BusTarget & { readonly uid: number }): Promise<MasterBus> {
  const { socket, key } = userBusPaths(target.sockDir, target.uid)
  try {
    return await connectPaths<MasterBusMethods>(socket, key, target.timeoutMs)
  } catch (cause) {
    const code = systemCode(cause instanceof SaltError ? cause.cause : cause)
    if (code !== 'EACCES' && code !== 'ENOENT')
      throw unreachable(cause, 'master-unreachable', 'no master answers', target.sockDir, 'salt master')
    throw new SaltError('denied', 'this user may not give orders to the master, or no master runs', {
      where: target.sockDir,
      cause,
      hint: 'Run it as root or as the user of the master; or let publisher_acl in its configuration name this user.',
    })
  }
}

/**
 * Connects to the minion of this id on this host; without an id to the only one of the folder. Rejects with `minion-unreachable`, and with
 * `usage` when there are several.
 */
export async function connectMinionBus(target: BusTarget & { readonly id?: string }): Promise<MinionBus> {
  const { id, sockDir } = target
  try {
    return await connect<MinionBusMethods>(target, id === undefined ? onlyMinionBus(sockDir) : minionBusName(id))
  } catch (cause) {
    throw unreachable(cause, 'minion-unreachable', 'no minion answers', target.sockDir, 'salt minion')
  }
}

/** Whether this minion runs on this host, and this user may use its bus. */
export async function minionAnswers(target: BusTarget & { readonly id: string }): Promise<boolean> {
  try {
    await using _bus = await connectMinionBus(target)
    return true
  } catch {
    return false
  }
}

function onlyMinionBus(sockDir: string): string {
  const [name, ...others] = minionBusNames(sockDir)
  if (name === undefined) throw new SaltError('minion-unreachable', 'no minion has a bus there', { where: sockDir })
  if (others.length === 0) return name
  throw new SaltError('usage', `${others.length + 1} minions have their bus in this folder`, {
    where: sockDir,
    hint: 'Say the id of one.',
  })
}

function connect<Methods extends { [M in keyof Methods]: MethodShape }>(
  { sockDir, timeoutMs }: BusTarget,
  name: string,
): Promise<BusConnection<Methods>> {
  return connectPaths<Methods>(join(sockDir, name), join(sockDir, 'bus.key'), timeoutMs)
}

async function connectPaths<Methods extends { [M in keyof Methods]: MethodShape }>(
  path: string,
  key: string,
  timeoutMs = connectTimeoutMs,
): Promise<BusConnection<Methods>> {
  // Root gives its orders to the daemon of any user.
  const busKey = readBusKey(key, { rootMay: true })
  return overChannel<Methods>(await connectLocal({ path, busKey, clock: systemClock, timeoutMs }))
}

/** Whether the bus key, where there is one, is this user's to read. */
function isOwner(sockDir: string, uid: number): boolean {
  if (uid === 0) return true
  try {
    const key = statSync(join(sockDir, 'bus.key'), { throwIfNoEntry: false })
    return key === undefined || key.uid === uid
  } catch (error) {
    return systemCode(error) !== 'EACCES'
  }
}

/** The typed calls over a local session that exists already. */
function overChannel<Methods extends { [M in keyof Methods]: MethodShape }>(
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
  if (cause instanceof SaltError && lasting.has(cause.code)) return cause
  return new SaltError(code, `${message} on its bus in ${sockDir}`, {
    cause,
    hint: `Is it running (\`${command}\`), with the same configuration folder (-c), and may this user read ${join(sockDir, 'bus.key')}?`,
  })
}
