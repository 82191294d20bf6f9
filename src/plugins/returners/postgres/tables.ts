/** Salt's tables: what of them is there, and making what is missing. */
import type { Sql } from 'postgres'
import { SaltError } from '../../../base/errors.ts'

const statements: Readonly<Record<string, string>> = {
  jids: 'CREATE TABLE IF NOT EXISTS jids (jid varchar(255) PRIMARY KEY, load jsonb NOT NULL)',
  salt_returns: `
    CREATE TABLE IF NOT EXISTS salt_returns (
      fun varchar(255) NOT NULL,
      jid varchar(255) NOT NULL,
      return jsonb NOT NULL,
      id varchar(255) NOT NULL,
      success varchar(10) NOT NULL,
      full_ret jsonb NOT NULL,
      alter_time timestamp with time zone DEFAULT now(),
      PRIMARY KEY (jid, id)
    );
    CREATE INDEX IF NOT EXISTS salt_returns_id ON salt_returns (id);
    CREATE INDEX IF NOT EXISTS salt_returns_fun ON salt_returns (fun);
    CREATE INDEX IF NOT EXISTS salt_returns_alter_time ON salt_returns (alter_time)`,
  salt_events: `
    CREATE TABLE IF NOT EXISTS salt_events (
      id bigserial PRIMARY KEY,
      tag varchar(255) NOT NULL,
      data jsonb NOT NULL,
      alter_time timestamp with time zone DEFAULT now(),
      master_id varchar(255) NOT NULL,
      seq bigint
    );
    CREATE INDEX IF NOT EXISTS salt_events_tag ON salt_events (tag);
    CREATE INDEX IF NOT EXISTS salt_events_alter_time ON salt_events (alter_time);
    CREATE UNIQUE INDEX IF NOT EXISTS salt_events_once ON salt_events (master_id, seq, (data->>'_stamp'))`,
}

/** Any number: all that make these tables wait for one another by it. */
const lock = 0x5a17

/** table → column → type. */
export type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Throws `configuration` where tables are missing and may not be made. */
export async function prepareTables(sql: Sql, server: string, mayCreate: boolean): Promise<Tables> {
  const found = await readTables(sql)
  const missing = missingOf(found)
  if (missing.length === 0) return found
  if (!mayCreate) {
    throw new SaltError('configuration', `${server} lacks the tables ${missing.join(', ')}`, {
      hint: 'Make them, or allow it with postgres.create_tables.',
    })
  }
  // Several statements in one text are one transaction.
  const creation = missing.map((table) => statements[table])
  await sql.unsafe([`SELECT pg_advisory_xact_lock(${lock})`, ...creation].join(';'))
  return readTables(sql)
}

function missingOf(found: Tables): readonly string[] {
  return Object.keys(statements).filter((table) => found[table] === undefined)
}

/** As the search path finds them. */
async function readTables(sql: Sql): Promise<Tables> {
  const rows = await sql.unsafe(`
    SELECT class.relname AS table, attribute.attname AS column, format_type(attribute.atttypid, NULL) AS type
    FROM pg_class class JOIN pg_attribute attribute ON attribute.attrelid = class.oid
    WHERE class.oid IN (to_regclass('jids'), to_regclass('salt_returns'), to_regclass('salt_events'))
      AND attribute.attnum > 0 AND NOT attribute.attisdropped`)
  const columnsOf = (table: string) =>
    rows.filter((row) => row.table === table).map(({ column, type }) => [column, type])
  return Object.fromEntries(rows.map(({ table }) => [table, Object.fromEntries(columnsOf(table))]))
}
