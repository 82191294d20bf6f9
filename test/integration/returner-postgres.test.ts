/** The returner `postgres` against a real server. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Sql } from 'postgres'
import { Float } from '../../src/base/float.ts'
import { postgres } from '../../src/plugins/returners/postgres/module.ts'
import { type BackendServer, freeze, startPostgres, withoutProgram } from '../support/backend-server.ts'
import {
  deliverUntilTaken,
  deliverWhileItDies,
  eventDelivery,
  jidOf,
  jobDelivery,
  manyEvents,
  manyReturns,
  openReturner,
  returnDelivery,
  someJob,
  someReturn,
} from '../support/returner-world.ts'
import { withoutOpenssl } from '../support/self-made-certificate.ts'

const skip = withoutProgram('postgres', 'postgresql')

describe('returner postgres', { skip }, () => {
  let server: BackendServer
  let admin: Sql
  let made = 0

  before(async () => {
    server = await startPostgres({ tls: withoutOpenssl === false })
    admin = await client('salt')
  })

  after(async () => {
    await admin?.end({ timeout: 1 })
    await server?.[Symbol.asyncDispose]()
  })

  async function client(database: string): Promise<Sql> {
    const { default: connect } = await import('postgres')
    const place = { host: '127.0.0.1', port: server.port, database, username: 'salt', password: 'secret' }
    return connect({ ...place, max: 1, onnotice: () => {} })
  }

  const options = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    postgres: { host: '127.0.0.1', port: server.port, password: 'secret', ...more },
  })

  /** A database of its own for a test. */
  async function database(): Promise<string> {
    const name = `test${++made}`
    await admin.unsafe(`CREATE DATABASE ${name}`)
    return name
  }

  async function rows(db: string, query: string): Promise<readonly Record<string, unknown>[]> {
    const sql = await client(db)
    try {
      return [...(await sql.unsafe(query))]
    } finally {
      await sql.end({ timeout: 1 })
    }
  }

  it('makes the tables and stores everything once', async () => {
    const db = await database()
    await using returner = await openReturner(postgres, options({ db }), { id: 'master' })
    const batch = [
      jobDelivery(),
      returnDelivery({ return: { load: new Float(1), text: 'ä\u0000\ud800\\u0000', nan: Number.NaN } }),
      returnDelivery({ id: 'web2', fun: ['test.ping', 'cmd.run'], retcode: 2, success: false, return: null }),
      eventDelivery(),
      eventDelivery({ a: 2 }, 'my/tag', 2),
    ]
    await returner.deliver([...batch, ...batch])
    await returner.deliver(batch)
    await returner.deliver(batch.toReversed())
    const stored = await rows(db, 'SELECT fun, jid, id, success, return, full_ret FROM salt_returns ORDER BY id')
    assert.deepEqual(stored, [
      {
        ...{ fun: 'test.ping', jid: someReturn().jid, id: 'web1', success: 'true' },
        return: { load: 1, text: 'ä\ufffd\ufffd\\u0000', nan: 'NaN' },
        full_ret: { ...someReturn(), return: { load: 1, text: 'ä\ufffd\ufffd\\u0000', nan: 'NaN' } },
      },
      {
        ...{ fun: 'test.ping,cmd.run', jid: someReturn().jid, id: 'web2', success: 'false' },
        return: null,
        full_ret: someReturn({
          ...{ id: 'web2', fun: ['test.ping', 'cmd.run'], retcode: 2, success: false },
          return: null,
        }),
      },
    ])
    assert.deepEqual(await rows(db, 'SELECT load FROM jids'), [{ load: someJob() }])
    assert.deepEqual(await rows(db, 'SELECT tag, data, master_id, seq FROM salt_events ORDER BY id'), [
      { tag: 'my/tag', data: eventDelivery().event.data, master_id: 'master', seq: '1' },
      { tag: 'my/tag', data: eventDelivery({ a: 2 }).event.data, master_id: 'master', seq: '2' },
    ])
  })

  it('gives back what it was given', async () => {
    const db = await database()
    const more = { db, host: server.folder, password: null, passwd: 'secret' }
    await using returner = await openReturner(postgres, options(more))
    const later = someJob({ jid: jidOf(9), metadata: { ticket: 1 }, tgt: ['web1', 'web2'], tgt_type: 'list' })
    const ret = someReturn({ return: ['a', { b: null }], retcode: 3, success: false, out: 'txt', user: 'root' })
    await returner.deliver([{ kind: 'job', job: later }, jobDelivery({ jid: jidOf(1) }), { kind: 'return', ret }])
    assert.deepEqual(await returner.cache?.load(later.jid), later)
    assert.equal(await returner.cache?.load('nothing'), undefined)
    assert.deepEqual(await returner.cache?.returns(ret.jid), [ret])
    assert.deepEqual(await returner.cache?.list(5), [someJob({ jid: jidOf(1) }), later])
    assert.deepEqual(await returner.cache?.list(1), [later])
  })

  it('uses tables of Salt as they are, of either kind', async () => {
    for (const type of ['text', 'jsonb']) {
      const db = await database()
      await rows(
        db,
        `CREATE TABLE jids (jid varchar(20) PRIMARY KEY, load ${type} NOT NULL);
         CREATE TABLE salt_returns (fun varchar(50) NOT NULL, jid varchar(255) NOT NULL, return ${type} NOT NULL,
           full_ret ${type}, id varchar(255) NOT NULL, success varchar(10) NOT NULL,
           alter_time TIMESTAMP WITH TIME ZONE DEFAULT now());
         CREATE SEQUENCE seq_salt_events_id;
         CREATE TABLE salt_events (id BIGINT NOT NULL UNIQUE DEFAULT nextval('seq_salt_events_id'),
           tag varchar(255) NOT NULL, data ${type} NOT NULL, alter_time TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
           master_id varchar(255) NOT NULL)`,
      )
      await using returner = await openReturner(postgres, options({ db, create_tables: false }))
      const batch = [jobDelivery(), returnDelivery(), eventDelivery()]
      await returner.deliver([...batch, returnDelivery()])
      await returner.deliver([...batch.slice(0, 2), returnDelivery({ id: 'web2' })])
      assert.deepEqual(await returner.cache?.load(someJob().jid), someJob())
      assert.deepEqual(await returner.cache?.returns(someJob().jid), [someReturn(), someReturn({ id: 'web2' })])
      const events = await rows(db, "SELECT data::jsonb->>'a' AS a, master_id FROM salt_events")
      assert.deepEqual(events, [{ a: '1', master_id: 'web1' }])
    }
  })

  it('tells bad data apart, writes nothing of such a batch, and goes on', async () => {
    const db = await database()
    await using returner = await openReturner(postgres, options({ db }))
    const long = returnDelivery({ id: 'x'.repeat(300) })
    await assert.rejects(returner.deliver([returnDelivery(), long]), {
      code: 'bad-arguments',
      message: /value too long for type character varying\(255\) \(22001\)/,
    })
    assert.deepEqual(await rows(db, 'SELECT 1 FROM salt_returns'), [])
    await returner.deliver([returnDelivery()])
    assert.equal((await rows(db, 'SELECT 1 FROM salt_returns')).length, 1)
  })

  const refused: readonly (readonly [what: string, more: Record<string, unknown>, code: string, message: RegExp])[] = [
    ['a wrong password', { password: 'never-show' }, 'denied', /password authentication failed for user "salt"/],
    ['no password', { password: null }, 'denied', /refuses this user|cannot be used/],
    ['a database that is not there', { db: 'nowhere' }, 'configuration', /database "nowhere" does not exist/],
    [
      'tables that may not be made',
      { db: 'template1', create_tables: false },
      'configuration',
      /lacks the tables jids/,
    ],
    ['a port without a server', { port: 1 }, 'storage', /^PostgreSQL at 127\.0\.0\.1:1 .*refused/],
    ['a folder without a socket', { host: '/nowhere' }, 'storage', /there is no such socket/],
    ['a file of certificates that is not there', { tls: true, tls_ca: '/nowhere' }, 'execution-failed', /\/nowhere/],
    ['a certificate that nobody knows', { tls: true }, 'storage', /certificate is not to be trusted|TLS/],
    ['a schema that is not there', { schema: 'x"y' }, 'configuration', /is not set up for this|no schema/],
  ]

  for (const [what, more, code, message] of refused) {
    it(`says what is wrong with ${what}`, async () => {
      const opening = openReturner(postgres, options({ connect_timeout: 5, ...more }))
      await assert.rejects(opening, (error: Error & { code: string }) => {
        assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`)
        assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /never-show/)
        return true
      })
    })
  }

  it('connects with TLS', { skip: withoutOpenssl }, async () => {
    const db = await database()
    const tls = { db, tls: true, tls_ca: join(server.folder, 'cert.pem') }
    for (const more of [tls, { ...tls, host: 'localhost' }, { db, tls: true, tls_verify: false }]) {
      await using returner = await openReturner(postgres, options(more))
      await returner.deliver([returnDelivery()])
      const [row] = await rows(
        'salt',
        `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '${db}'`,
      )
      assert.deepEqual(row, { ssl: true })
    }
  })

  it('gives up on a server that does not answer, and delivers when it does', async () => {
    const db = await database()
    await using returner = await openReturner(postgres, options({ db, timeout: 1 }))
    // Each connection has a process of its own.
    const sessions = await admin`SELECT pid FROM pg_stat_activity WHERE datname = ${db}`
    assert.equal(sessions.length, 1)
    const pid = Number(sessions[0]?.pid)
    freeze(pid)
    try {
      await assert.rejects(returner.deliver(manyReturns(3)), { code: 'timeout', message: /did not answer within 1 / })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await deliverUntilTaken(returner, manyReturns(3), () => {})
    assert.equal((await rows(db, 'SELECT 1 FROM salt_returns')).length, 3)
  })

  it('ends at once when the outlet closes', async () => {
    const db = await database()
    const abort = new AbortController()
    const returner = await openReturner(postgres, options({ db }), { signal: abort.signal })
    abort.abort()
    await assert.rejects(returner.deliver(manyReturns(1)), { code: 'cancelled' })
    await returner[Symbol.asyncDispose]()
  })

  it('stores everything in its order while the server dies and comes back', async () => {
    const db = await database()
    await using returner = await openReturner(postgres, options({ db, timeout: 5, connect_timeout: 5 }))
    const batches = Array.from({ length: 10 }, (_, index) => [
      ...manyReturns(20, index * 20 + 1),
      ...manyEvents(20, index * 20 + 1),
    ])
    assert.ok((await deliverWhileItDies(returner, server, batches)) > 0)
    const returns = await rows(db, 'SELECT return FROM salt_returns ORDER BY ctid')
    const events = await rows(db, "SELECT data->'number' AS number FROM salt_events ORDER BY id")
    const expected = Array.from({ length: 200 }, (_, index) => index + 1)
    assert.deepEqual(
      returns.map((row) => row.return),
      expected,
    )
    assert.deepEqual(
      events.map(({ number }) => number),
      expected,
    )
  })
})
