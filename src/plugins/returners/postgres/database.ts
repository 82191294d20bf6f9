/** The open returner. */

import type { JobCacheReader, OpenReturner, ReturnerContext } from '../../../engine/returner.ts'
import { HeldConnection } from '../../../engine/returners/held-connection.ts'
import { fromJson, jobLoadOf, jobReturnOf } from '../../../engine/returners/stored-records.ts'
import { closeDatabase, connectDatabase, type DatabaseConnection, type DatabaseOptions, serverName } from './connect.ts'
import { explainFault } from './faults.ts'
import { prepareTables, type Tables } from './tables.ts'
import { statementOf } from './write.ts'

interface Ready extends DatabaseConnection {
  readonly tables: Tables
}

export async function openDatabase(context: ReturnerContext, options: DatabaseOptions): Promise<OpenReturner> {
  const server = serverName(options)
  const held = new HeldConnection<Ready>(
    {
      server,
      connect: (lost, signal) => prepared(options, server, lost, signal),
      close: closeDatabase,
      connectTimeoutMs: options.connect_timeout * 1000,
      timeoutMs: options.timeout * 1000,
      explain: (error) => explainFault(server, error),
    },
    context,
  )
  await held.open()
  return {
    deliver: (batch) =>
      held.use(async ({ sql, tables }) => {
        const statement = statementOf(tables, batch, context.id)
        if (statement !== undefined) await sql.unsafe(statement.text, [...statement.values])
      }),
    cache: cacheOf(held),
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  }
}

async function prepared(
  options: DatabaseOptions,
  server: string,
  lost: () => void,
  signal: AbortSignal,
): Promise<Ready> {
  const connection = await connectDatabase(options, lost, signal)
  try {
    return { ...connection, tables: await prepareTables(connection.sql, server, options.create_tables) }
  } catch (error) {
    await closeDatabase(connection)
    throw error
  }
}

function cacheOf(held: HeldConnection<Ready>): JobCacheReader {
  const read = (query: string, values: readonly (string | number)[]) =>
    held.use(async ({ sql }) => [...(await sql.unsafe(query, [...values]))])
  return {
    async load(jid) {
      const [row] = await read('SELECT load::text AS value FROM jids WHERE jid = $1::text', [jid])
      return jobLoadOf(fromJson(row?.value))
    },
    async returns(jid) {
      const rows = await read('SELECT id, full_ret::text AS value FROM salt_returns WHERE jid = $1::text', [jid])
      return rows.flatMap(({ id, value }) => jobReturnOf(fromJson(value), { id: String(id), jid }) ?? [])
    },
    async list(limit) {
      const rows = await read('SELECT load::text AS value FROM jids ORDER BY jid DESC LIMIT $1::int', [limit])
      return rows.flatMap(({ value }) => jobLoadOf(fromJson(value)) ?? []).reverse()
    },
  }
}
