import { s } from '../../../base/schema.ts'
import { defineReturner } from '../../../engine/returner.ts'
import { timeoutOptions, tlsOptions } from '../../../engine/returners/connection-options.ts'

export const postgres = defineReturner({
  name: 'postgres',
  doc: `Stores jobs, returns and events in PostgreSQL, in the tables that Salt has: jids, salt_returns and salt_events.

Whatever is delivered twice is stored once: a return by its jid and minion, an event by its sequence number and time. Tables
that exist are taken as they are, with columns of the type text, json or jsonb. The character NUL, which PostgreSQL does not
have, becomes U+FFFD.`,
  options: {
    host: s.withDefault(s.string('Name or address of the server, or the folder of its socket'), 'localhost'),
    port: s.withDefault(s.integer('Its port', { minimum: 1, maximum: 65_535 }), 5432),
    db: s.withDefault(s.string('The database'), 'salt'),
    user: s.withDefault(s.string('Who connects'), 'salt'),
    password: s.optional(s.secret('The password of that user')),
    passwd: s.optional(s.secret('The same, by the name that Salt has for it')),
    schema: s.optional(s.string('The schema of the tables; by the search path of the user by default')),
    create_tables: s.withDefault(s.boolean('Make the tables where they are missing'), true),
    tls: s.withDefault(s.boolean('Connect with TLS'), false),
    ...tlsOptions,
    ...timeoutOptions,
  },
  takes: ['return', 'event', 'job'],
  examples: [
    "salt '*' test.ping --return postgres",
    `salt '*' test.ping --return postgres --return_kwargs '{"host": "db.example.org", "db": "archive"}'`,
    'master_job_cache: postgres',
  ],
  open: async (context, options) => (await import('./database.ts')).openDatabase(context, options),
})
