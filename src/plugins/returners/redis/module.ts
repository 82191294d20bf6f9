import { s } from '../../../base/schema.ts'
import { defineReturner } from '../../../engine/returner.ts'
import { timeoutOptions, tlsOptions } from '../../../engine/returners/connection-options.ts'

export const redis = defineReturner({
  name: 'redis',
  doc: `Stores jobs, returns and events in Redis, under the keys that Salt has.

The returns of a job are a hash, \`ret:JID\`, from minions to JSON; the job itself is \`load:JID\`; \`MINION:FUNCTION\` is the newest jid
of that function; \`minions\` is the set of all minions. Events go into a stream, or a list of JSON. All of a batch is written in
one transaction; what is delivered again after a broken connection is there once.`,
  options: {
    host: s.withDefault(s.string('Name or address of the server'), 'localhost'),
    port: s.withDefault(s.integer('Its port', { minimum: 1, maximum: 65_535 }), 6379),
    unix_socket_path: s.optional(s.path('Its socket, instead of host and port')),
    db: s.withDefault(s.integer('Number of the database', { minimum: 0 }), 0),
    username: s.optional(s.string('Who connects, where the server has users')),
    password: s.optional(s.secret('The password')),
    key_prefix: s.withDefault(s.string('What stands before each key'), ''),
    ttl: s.optional(
      s.integer('Seconds that jobs and returns are kept; keep_jobs_seconds of the configuration by default', {
        minimum: 1,
      }),
    ),
    events_as: s.withDefault(s.literal(['stream', 'list'], 'What events are written into'), 'stream'),
    events_key: s.withDefault(s.string('The key of that stream or list'), 'salt:events'),
    events_limit: s.withDefault(
      s.integer('About so many events are kept, the newest ones; 0 for all', { minimum: 0 }),
      100_000,
    ),
    tls: s.withDefault(s.boolean('Connect with TLS'), false),
    ...tlsOptions,
    ...timeoutOptions,
  },
  takes: ['return', 'event', 'job'],
  examples: [
    "salt '*' test.ping --return redis",
    `salt '*' test.ping --return redis --return_kwargs '{"host": "cache.example.org", "db": 2}'`,
    'ext_job_cache: redis',
  ],
  open: async (context, options) => (await import('./database.ts')).openDatabase(context, options),
})
