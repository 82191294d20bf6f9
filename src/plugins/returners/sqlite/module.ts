import { isAbsolute, join } from 'node:path'
import { s } from '../../../base/schema.ts'
import { defineReturner } from '../../../engine/returner.ts'

export const sqlite = defineReturner({
  name: 'sqlite',
  doc:
    'Writes to a SQLite file in tables like those of Salt: `jids` (jid, load), `salt_returns` (fun, jid, id, fun_args, date, ' +
    'full_ret, success) and `salt_events` (tag, data, alter_time, master_id, seq). Tables that are missing are made. ' +
    'Other programs may read the file at any time. `full_ret` holds the whole return as JSON.',
  options: {
    database: s.withDefault(s.path('The file; a relative path lies below `cachedir`'), 'returns.sqlite'),
    timeout: s.withDefault(s.seconds('How long to wait for another program that writes'), 5),
  },
  takes: ['return', 'event', 'job'],
  examples: [
    "salt '*' test.ping --return sqlite",
    "salt '*' test.ping --return sqlite --return_kwargs '{database: /var/lib/salt/returns.db}'",
  ],
  async open(context, { database, timeout }) {
    const { SqliteReturns } = await import('./sqlite-returns.ts')
    const path = isAbsolute(database) ? database : join(String(context.config.get('cachedir') ?? '.'), database)
    const returns = new SqliteReturns({ path, timeoutMs: timeout * 1000, origin: context.id, clock: context.clock })
    return {
      deliver: async (batch) => returns.write(batch),
      cache: returns.reader,
      async [Symbol.asyncDispose]() {
        returns[Symbol.dispose]()
      },
    }
  },
})
