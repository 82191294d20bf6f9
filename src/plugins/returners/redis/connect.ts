import type { Redis } from 'ioredis'
import { SaltError } from '../../../base/errors.ts'
import type { Secret } from '../../../base/secret.ts'
import { type ConnectionValues, networkReason, tlsOf } from '../../../engine/returners/connection-options.ts'
import { connectionFault } from '../../../engine/returners/held-connection.ts'

export interface DatabaseOptions extends ConnectionValues {
  readonly host: string
  readonly port: number
  readonly unix_socket_path: string | undefined
  readonly db: number
  readonly username: string | undefined
  readonly password: Secret | undefined
  readonly key_prefix: string
  readonly ttl: number | undefined
  readonly events_as: 'stream' | 'list'
  readonly events_key: string
  readonly events_limit: number
  readonly tls: boolean
}

/** `Redis at localhost:6379`, `Redis at /run/redis.sock` */
export function serverName({ host, port, unix_socket_path: path }: DatabaseOptions): string {
  return `Redis at ${path ?? `${host}:${port}`}`
}

/** It never connects anew by itself: what was under way would be sent a second time without anybody knowing. */
export async function connectDatabase(options: DatabaseOptions, lost: () => void, signal: AbortSignal): Promise<Redis> {
  const { Redis } = await import('ioredis')
  const { host, port, unix_socket_path: path, db, username, password, tls, connect_timeout } = options
  const client = new Redis({
    ...(path === undefined ? { host, port } : { path }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(tls ? { tls: tlsOf(options) } : {}),
    protocol: 2,
    lazyConnect: true,
    connectTimeout: connect_timeout * 1000,
    retryStrategy: () => null,
    reconnectOnError: () => false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    connectionName: 'salt',
    disableClientInfo: true,
  })
  let fault: unknown
  client.on('error', (error) => {
    fault = error
  })
  client.once('end', lost)
  signal.addEventListener('abort', () => closeDatabase(client), { once: true })
  try {
    await client.connect()
    // Not by an option: the client would go on in database 0 where there is no such one.
    if (db !== 0) await client.select(db)
    return client
  } catch (error) {
    closeDatabase(client)
    // The promise only tells that the connection ended; why was an event before.
    throw fault ?? error
  }
}

/** At once: it would otherwise still take answers to what nobody waits for any more. */
export function closeDatabase(client: Redis): void {
  if (client.stream?.destroyed) return
  client.disconnect()
  client.stream?.destroy()
}

const refusals = /^(?:NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR AUTH|ERR Client sent AUTH)/
const settings = /^(?:ERR DB index|ERR invalid DB index|READONLY|MOVED|CROSSSLOT|ERR unknown command)/

export function explainFault(server: string, thrown: unknown): SaltError {
  const error = causeOf(thrown)
  const message = firstLine(error)
  if (refusals.test(message)) {
    return new SaltError('denied', `${server} refuses this user: ${message}`, {
      hint: 'Look at redis.username, redis.password and the rights of that user.',
    })
  }
  if (message.startsWith('WRONGTYPE')) {
    return new SaltError('configuration', `${server} has something else under a key of Salt: ${message}`, {
      hint: 'Give Salt keys of its own with redis.key_prefix or redis.db.',
    })
  }
  if (settings.test(message)) return new SaltError('configuration', `${server} is not set up for this: ${message}`)
  return connectionFault(server, networkReason(error) ?? message)
}

/** A transaction is refused because of a command in it. */
function causeOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('previousErrors' in error)) return error
  return (Array.isArray(error.previousErrors) ? error.previousErrors[0] : undefined) ?? error
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0] ?? ''
}
