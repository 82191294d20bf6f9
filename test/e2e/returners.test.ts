/** The built binary has all that its returners need: clients are loaded from within it, and reach real servers. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect as connectNats } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import connectPostgres from 'postgres'
import { type BackendServer, startNats, startPostgres, startRedis, withoutProgram } from '../support/backend-server.ts'
import { ConfigFolder } from '../support/config-folder.ts'
import { MailServer } from '../support/mail-server.ts'
import { run } from '../support/program.ts'
import { makeCertificate, withoutOpenssl } from '../support/self-made-certificate.ts'
import { WebServer } from '../support/web-server.ts'

describe('returners of the binary', () => {
  const folder = new ConfigFolder()
  before(() => {
    folder.write('minion', `root_dir: ${folder.path}\nid: web1\n`)
  })
  after(() => folder[Symbol.dispose]())

  /** Runs a function without a master, and gives its return to the returner. */
  async function giveTo(name: string, options: Record<string, unknown>): Promise<void> {
    const returner = ['--return', name, '--return_kwargs', JSON.stringify(options)]
    const words = ['call', '-c', folder.path, '--local', 'test.echo', 'hello', '--out', 'json', ...returner]
    const { exitCode, stdout, stderr } = await run('binary', words, { timeoutMs: 60_000 })
    assert.deepEqual([exitCode, JSON.parse(stdout), stderr], [0, { local: 'hello' }, ''])
  }

  async function withServer(start: () => Promise<BackendServer>, test: (server: BackendServer) => Promise<void>) {
    await using server = await start()
    await test(server)
  }

  it('postgres', { skip: withoutProgram('postgres', 'postgresql') }, () =>
    withServer(
      () => startPostgres({ tls: false }),
      async ({ port }) => {
        await giveTo('postgres', { host: '127.0.0.1', port, password: 'secret' })
        const place = { host: '127.0.0.1', port, user: 'salt', password: 'secret', database: 'salt' }
        const sql = connectPostgres(place)
        assert.deepEqual([...(await sql`SELECT id, return FROM salt_returns`)], [{ id: 'web1', return: 'hello' }])
        await sql.end()
      },
    ),
  )

  it('redis', { skip: withoutProgram('redis-server', 'redis-server') }, () =>
    withServer(startRedis, async ({ port }) => {
      await giveTo('redis', { host: '127.0.0.1', port, password: 'secret' })
      const client = new Redis({ port, password: 'secret' })
      assert.deepEqual(await client.smembers('minions'), ['web1'])
      client.disconnect()
    }),
  )

  it('nats', { skip: withoutProgram('nats-server', 'nats-server') }, () =>
    withServer(
      () => startNats(''),
      async ({ port }) => {
        const client = await connectNats({ port })
        const subscription = client.subscribe('salt.return.web1.test.echo', { max: 1 })
        await client.flush()
        await giveTo('nats', { servers: `127.0.0.1:${port}` })
        for await (const message of subscription) {
          assert.equal(message.json<{ return: unknown }>().return, 'hello')
        }
        await client.close()
      },
    ),
  )

  it('http, webhook and elasticsearch', async () => {
    await using server = await new WebServer(({ path }) => ({
      status: 200,
      body: path === '/_bulk' ? '{"items": [{"index": {"status": 201}}]}' : '',
    })).start()
    await giveTo('http', { url: server.url })
    await giveTo('webhook', { url: server.url, secret: 'shared' })
    await giveTo('elasticsearch', { hosts: server.url })
    assert.deepEqual(
      server.requests.map(({ method, path }) => `${method} ${path}`),
      ['POST /', 'POST /', 'GET /', 'POST /_bulk'],
    )
  })

  it('smtp, over TLS', { skip: withoutOpenssl }, async () => {
    const certificate = makeCertificate(folder.path)
    await using server = await new MailServer({ certificate }).start()
    const place = { host: '127.0.0.1', port: server.port, tls_ca: certificate.cert }
    await giveTo('smtp', { ...place, from: 'salt@example.org', to: 'admin@example.org' })
    assert.deepEqual(
      server.mails.map(({ isSealed, to }) => [isSealed, to]),
      [[true, ['admin@example.org']]],
    )
  })
})
