/** A connection to PostgreSQL whose socket is at hand, so that it can be given up at once. */
import { once } from 'node:events'
import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Sql } from 'postgres'
import { SaltError } from '../../../base/errors.ts'
import type { Secret } from '../../../base/secret.ts'
import { type ConnectionValues, tlsOf } from '../../../engine/returners/connection-options.ts'

export interface DatabaseOptions extends ConnectionValues {
  readonly host: string
  readonly port: number
  readonly db: string
  readonly user: string
  readonly password: Secret | undefined
  readonly passwd: Secret | undefined
  readonly schema: string | undefined
  readonly create_tables: boolean
  readonly tls: boolean
}

export interface DatabaseConnection {
  readonly sql: Sql
  readonly socket: Socket
}

/** `PostgreSQL at db:5432 (database salt)` */
export function serverName({ host, port, db }: DatabaseOptions): string {
  return `PostgreSQL at ${host}:${port} (database ${db})`
}

export async function connectDatabase(
  options: DatabaseOptions,
  lost: () => void,
  signal: AbortSignal,
): Promise<DatabaseConnection> {
  const { default: postgres } = await import('postgres')
  const { host, port, db, user, schema } = options
  const password = options.password ?? options.passwd
  const socket = await connected(options, signal)
  socket.once('close', lost)
  let isUsed = false
  const more = {
    // Not among the types of the package: a connected socket instead of an address. There is one only: no connecting anew.
    socket: () => {
      if (isUsed) throw new Error('the connection has ended')
      isUsed = true
      return socket
    },
    ssl: false,
  }
  const sql = postgres({
    host,
    port,
    database: db,
    username: user,
    ...(password === undefined ? {} : { password: password.reveal() }),
    max: 1,
    // The connection is there already, and is watched here.
    connect_timeout: 0,
    idle_timeout: 0,
    max_lifetime: 0,
    fetch_types: false,
    // Poolers between here and the server may give each transaction another connection.
    prepare: false,
    onnotice: () => {},
    connection: {
      application_name: 'salt',
      client_min_messages: 'warning',
      ...(schema === undefined ? {} : { search_path: quotedName(schema) }),
    },
    ...more,
  })
  try {
    await sql`SELECT 1`
    return { sql, socket }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Ends whatever is under way. */
export async function closeDatabase({ sql, socket }: DatabaseConnection): Promise<void> {
  socket.destroy()
  await sql.end({ timeout: 0 })
}

async function connected(options: DatabaseOptions, signal: AbortSignal): Promise<Socket> {
  const { host, port, tls } = options
  const socket = host.startsWith('/') ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket(port, host)
  try {
    await once(socket, 'connect', { signal })
    socket.setKeepAlive(true, 60_000)
    const ready = tls ? await secured(socket, options, signal) : socket
    // Each loss is seen by what is under way; without a listener it would end the process.
    ready.on('error', () => {})
    return ready
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** PostgreSQL's SSLRequest: its length, and a number that is no version of the protocol. */
const tlsRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

async function secured(socket: Socket, options: DatabaseOptions, signal: AbortSignal): Promise<Socket> {
  const { host } = options
  socket.write(tlsRequest)
  const [answer]: unknown[] = await once(socket, 'data', { signal })
  // Anything behind the letter would be taken for what came sealed.
  if (!(answer instanceof Uint8Array) || answer.length !== 1 || answer[0] !== 'S'.charCodeAt(0)) {
    throw new SaltError('configuration', `${serverName(options)} does not speak TLS`, {
      hint: 'Switch ssl on there, or postgres.tls off.',
    })
  }
  const name = isIP(host) === 0 && !host.startsWith('/') ? { servername: host } : {}
  const sealed = connectTls({ socket, host, ...name, ...tlsOf(options) })
  await once(sealed, 'secureConnect', { signal })
  return sealed
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
