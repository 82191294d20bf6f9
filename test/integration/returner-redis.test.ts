/** The returner `redis` against a real server. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { redis } from '../../src/plugins/returners/redis/module.ts'
import { type BackendServer, freePort, startRedis, withoutProgram } from '../support/backend-server.ts'
import { ConfigFolder } from '../support/config-folder.ts'
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
  someJid,
  someJob,
  someReturn,
} from '../support/returner-world.ts'
import { makeCertificate, withoutOpenssl } from '../support/self-made-certificate.ts'

const skip = withoutProgram('redis-server', 'redis-server')

describe('returner redis', { skip }, () => {
  const folder = new ConfigFolder()
  let server: BackendServer
  let tlsPort = 0

  before(async () => {
    const tls: string[] = []
    if (withoutOpenssl === false) {
      const { cert, key } = makeCertificate(folder.path)
      tlsPort = await freePort()
      tls.push(
        '--tls-port',
        String(tlsPort),
        '--tls-cert-file',
        cert,
        '--tls-key-file',
        key,
        '--tls-auth-clients',
        'no',
      )
      tls.push('--tls-ca-cert-file', cert)
    }
    server = await startRedis(tls)
  })

  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const options = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    redis: { host: '127.0.0.1', port: server.port, password: 'secret', ...more },
  })

  async function ask<Answer>(work: (client: Redis) => Promise<Answer>, db = 0): Promise<Answer> {
    const client = new Redis({ host: '127.0.0.1', port: server.port, password: 'secret', db, lazyConnect: true })
    try {
      await client.connect()
      return await work(client)
    } finally {
      client.disconnect()
    }
  }

  const streamed = async (key: string): Promise<readonly Record<string, string>[]> => {
    const entries = await ask((client) => client.xrange(key, '-', '+'))
    return entries.map(([, fields]) =>
      Object.fromEntries(Array.from({ length: fields.length / 2 }, (_, i) => [fields[i * 2], fields[i * 2 + 1]])),
    )
  }

  it('writes the keys of Salt, which end by themselves', async () => {
    await using returner = await openReturner(redis, options({ db: 1, ttl: 100 }))
    const ret = someReturn({ id: 'web2', fun: ['test.ping', 'cmd.run'], return: { text: 'ä\u0000' } })
    await returner.deliver([jobDelivery(), returnDelivery(), { kind: 'return', ret }])
    await returner.deliver([jobDelivery(), returnDelivery()])
    await ask(async (client) => {
      assert.deepEqual((await client.keys('*')).filter((key) => !key.startsWith('salt:written:')).sort(), [
        `load:${someJid}`,
        'minions',
        `ret:${someJid}`,
        'web1:test.ping',
        'web2:test.ping,cmd.run',
      ])
      const stored = await client.hgetall(`ret:${someJid}`)
      assert.deepEqual(JSON.parse(stored.web1 ?? ''), someReturn())
      assert.deepEqual(JSON.parse(stored.web2 ?? ''), ret)
      assert.equal(await client.get('web1:test.ping'), someJid)
      assert.deepEqual((await client.smembers('minions')).sort(), ['web1', 'web2'])
      for (const key of [`load:${someJid}`, `ret:${someJid}`, 'web1:test.ping']) {
        const left = await client.ttl(key)
        assert.ok(left > 90 && left <= 100, `${key} ends in ${left} s`)
      }
    }, 1)
  })

  it('gives back what it was given', async () => {
    const path = join(server.folder, 'redis.sock')
    await using returner = await openReturner(redis, options({ unix_socket_path: path, key_prefix: 'my[1]:' }))
    const later = someJob({ jid: jidOf(9), metadata: { ticket: 1 }, tgt: ['web1', 'web2'], tgt_type: 'list' })
    const ret = someReturn({ return: ['a', { b: null }], retcode: 3, success: false, out: 'txt', user: 'root' })
    await returner.deliver([{ kind: 'job', job: later }, jobDelivery({ jid: jidOf(1) }), { kind: 'return', ret }])
    assert.deepEqual(await returner.cache?.load(later.jid), later)
    assert.equal(await returner.cache?.load('nothing'), undefined)
    assert.deepEqual(await returner.cache?.returns(ret.jid), [ret])
    assert.deepEqual(await returner.cache?.returns('nothing'), [])
    assert.deepEqual(await returner.cache?.list(5), [someJob({ jid: jidOf(1) }), later])
    assert.deepEqual(await returner.cache?.list(1), [later])
    assert.deepEqual(await returner.cache?.list(0), [])
  })

  it('writes events into a stream, with a bound', async () => {
    await using returner = await openReturner(redis, options({ events_key: 'one', events_limit: 100 }), {
      id: 'master',
    })
    await returner.deliver([eventDelivery({ deep: { b: [1] } }, 'my/tag', 7)])
    assert.deepEqual(await streamed('one'), [
      {
        ...{ tag: 'my/tag', origin: 'master', seq: '7' },
        data: '{"a": 1, "_stamp": "2026-11-21T02:55:04.701000", "deep": {"b": [1]}}',
      },
    ])
    await returner.deliver(manyEvents(1000))
    const { length } = await streamed('one')
    assert.ok(length >= 100 && length < 500, `${length} are kept`)
  })

  it('writes events into a list, with a bound', async () => {
    const kwargs = { events_as: 'list', events_key: 'two', events_limit: 3 }
    await using returner = await openReturner(redis, options(kwargs), { id: 'master' })
    await returner.deliver(manyEvents(5))
    const items = await ask((client) => client.lrange('two', 0, -1))
    assert.deepEqual(
      items.map((item) => JSON.parse(item).data.number),
      [3, 4, 5],
    )
    assert.deepEqual(Object.keys(JSON.parse(items[0] ?? '')), ['kind', 'seq', 'tag', 'data', 'origin'])
  })

  it('connects with TLS', { skip: withoutOpenssl }, async () => {
    const place = { port: tlsPort, tls: true }
    await assert.rejects(openReturner(redis, options(place)), { code: 'storage', message: /certificate|TLS/ })
    for (const more of [{ tls_ca: folder.file('cert.pem') }, { tls_verify: false }]) {
      await using returner = await openReturner(redis, options({ ...place, ...more }))
      await returner.deliver([returnDelivery()])
    }
  })

  const refused: readonly (readonly [what: string, more: Record<string, unknown>, code: string, message: RegExp])[] = [
    [
      'a wrong password',
      { password: 'never-show' },
      'denied',
      /^Redis at 127\.0\.0\.1:\d+ refuses this user: WRONGPASS/,
    ],
    ['no password', { password: null }, 'denied', /NOAUTH/],
    ['a user that is not there', { username: 'nobody', password: 'never-show' }, 'denied', /WRONGPASS/],
    [
      'a port without a server',
      { port: 1 },
      'storage',
      /^Redis at 127\.0\.0\.1:1 cannot be used: the connection was ref/,
    ],
    ['a socket that is not there', { unix_socket_path: '/nowhere' }, 'storage', /^Redis at \/nowhere .*no such socket/],
    ['a database that is not there', { db: 99 }, 'configuration', /DB index is out of range/],
    ['a file of certificates that is not there', { tls: true, tls_ca: '/nowhere' }, 'execution-failed', /\/nowhere/],
  ]

  for (const [what, more, code, message] of refused) {
    it(`says what is wrong with ${what}`, async () => {
      await assert.rejects(openReturner(redis, options(more)), (error: Error & { code: string }) => {
        assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`)
        assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /never-show/)
        return true
      })
    })
  }

  it('loses nothing where a key is something else, or the memory is full', async () => {
    await using returner = await openReturner(redis, options({ db: 2 }))
    await ask((client) => client.set('minions', 'mine'), 2)
    await assert.rejects(returner.deliver(manyReturns(2)), { code: 'configuration', message: /WRONGTYPE/ })
    await assert.rejects(returner.deliver(manyReturns(2)), { code: 'configuration', message: /WRONGTYPE/ })
    await ask(async (client) => {
      await client.del('minions')
      await client.config('SET', 'maxmemory', '1')
    }, 2)
    await assert.rejects(returner.deliver(manyReturns(2)), { code: 'storage', message: /OOM/ })
    await ask((client) => client.config('SET', 'maxmemory', '0'))
    await returner.deliver(manyReturns(2))
    assert.deepEqual(await ask((client) => client.smembers('minions'), 2), ['web1'])
  })

  it('gives up on a server that does not answer, and what it had done by then is there once', async () => {
    const { signal } = new AbortController()
    const open = () => openReturner(redis, options({ events_key: 'three', timeout: 1 }), { signal })
    const before = await open()
    await deliverUntilTaken(before, manyEvents(3), () => {})
    server.pause()
    await assert.rejects(before.deliver(manyEvents(3, 4)), { code: 'timeout', message: /did not answer within 1 / })
    await before[Symbol.asyncDispose]()
    server.resume()
    await using returner = await open()
    // Whatever it had received is done before it answers.
    await ask((client) => client.ping())
    await deliverUntilTaken(returner, manyEvents(4, 4), () => {})
    assert.deepEqual(
      (await streamed('three')).map(({ seq }) => Number(seq)),
      [1, 2, 3, 4, 5, 6, 7],
    )
  })

  it('ends at once when the outlet closes', async () => {
    const abort = new AbortController()
    const returner = await openReturner(redis, options(), { signal: abort.signal })
    abort.abort()
    await assert.rejects(returner.deliver(manyReturns(1)), { code: 'cancelled' })
    await returner[Symbol.asyncDispose]()
  })

  it('stores everything in its order while the server dies and comes back', async () => {
    await using returner = await openReturner(redis, options({ events_key: 'four', db: 0 }))
    const batches = Array.from({ length: 10 }, (_, index) => [
      ...manyReturns(20, index * 20 + 1),
      ...manyEvents(20, index * 20 + 1),
    ])
    assert.ok((await deliverWhileItDies(returner, server, batches)) > 0)
    const expected = Array.from({ length: 200 }, (_, index) => index + 1)
    assert.deepEqual(
      (await streamed('four')).map(({ seq }) => Number(seq)),
      expected,
    )
    const returns = await Promise.all(expected.map((number) => returner.cache?.returns(jidOf(number))))
    assert.deepEqual(
      returns.map((found) => found?.[0]?.return),
      expected,
    )
  })
})
