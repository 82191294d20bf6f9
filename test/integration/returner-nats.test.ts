/** The returner `nats` against a real server. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { nats } from '../../src/plugins/returners/nats/module.ts'
import { type BackendServer, startNats, withoutProgram } from '../support/backend-server.ts'
import { ConfigFolder } from '../support/config-folder.ts'
import {
  deliverUntilTaken,
  deliverWhileItDies,
  eventDelivery,
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
import { Changes } from '../support/waiting.ts'

const skip = withoutProgram('nats-server', 'nats-server')

const users = `
authorization {
  users: [
    { user: salt, password: secret }
    { user: limited, password: secret, permissions: { publish: { deny: "salt.return.>" } } }
  ]
}
max_payload: 65536
`

describe('returner nats', { skip }, () => {
  const folder = new ConfigFolder()
  let server: BackendServer

  before(async () => {
    server = await startNats(users)
  })

  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const options = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    nats: { servers: `127.0.0.1:${server.port}`, user: 'salt', password: 'secret', ...more },
  })

  async function ask<Answer>(work: (client: NatsConnection) => Promise<Answer>): Promise<Answer> {
    const client = await connect({ port: server.port, user: 'salt', pass: 'secret', reconnect: false })
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  }

  /** As the tools of NATS do it: requests with JSON. */
  async function manage(subject: string, content: unknown = {}): Promise<Record<string, unknown>> {
    const answer = await ask((client) => client.request(subject, JSON.stringify(content), { timeout: 5000 }))
    const { error, ...rest } = answer.json<Record<string, unknown>>()
    assert.equal(error, undefined, JSON.stringify(error))
    return rest
  }

  const makeStream = (name: string, more: Record<string, unknown> = {}): Promise<unknown> =>
    manage(`$JS.API.STREAM.CREATE.${name}`, {
      ...{ name, subjects: [`${name}.>`], retention: 'limits', storage: 'file', num_replicas: 1 },
      duplicate_window: 120_000_000_000,
      ...more,
    })

  interface StreamState {
    readonly state: { readonly messages: number }
  }

  async function stored(name: string): Promise<readonly Record<string, unknown>[]> {
    const { state } = (await manage(`$JS.API.STREAM.INFO.${name}`)) as unknown as StreamState
    const found: Record<string, unknown>[] = []
    for (let seq = 1; seq <= state.messages; seq++) {
      const { message } = await manage(`$JS.API.STREAM.MSG.GET.${name}`, { seq })
      const { data } = message as { readonly data: string }
      found.push(JSON.parse(Buffer.from(data, 'base64').toString()))
    }
    return found
  }

  const inStream = (name: string): Record<string, unknown> => ({
    jetstream: true,
    return_subject: `${name}.return.\${id}`,
    event_subject: `${name}.event.\${tag}`,
  })

  it('publishes everything under its subject, in order', async () => {
    const client = await connect({ port: server.port, user: 'salt', pass: 'secret' })
    const messages: Msg[] = []
    const changes = new Changes()
    client.subscribe('salt.>', {
      callback: (_error, message) => {
        messages.push(message)
        changes.happened()
      },
    })
    await client.flush()
    await using returner = await openReturner(nats, options(), { id: 'master' })
    await returner.deliver([jobDelivery(), returnDelivery({ id: 'web1.example.org' }), eventDelivery({ b: 'ä' })])
    await changes.until(
      () => (messages.length === 3 ? true : undefined),
      () => `${messages.length} messages came`,
    )
    await client.close()
    assert.deepEqual(
      messages.map((message) => [message.subject, message.headers?.get('Nats-Msg-Id'), message.json()]),
      [
        [`salt.job.${someJid}`, `job/${someJid}`, { kind: 'job', ...someJob(), origin: 'master' }],
        [
          'salt.return.web1_example_org.test.ping',
          `return/${someJid}/web1.example.org`,
          { kind: 'return', ...someReturn({ id: 'web1.example.org' }), origin: 'master' },
        ],
        [
          'salt.event.my.tag',
          'event/master/2026-11-21T02:55:04.701000/1',
          { kind: 'event', ...eventDelivery({ b: 'ä' }).event, origin: 'master' },
        ],
      ],
    )
  })

  it('has a stream acknowledge everything, once', async () => {
    await makeStream('once')
    await using returner = await openReturner(nats, options(inStream('once')))
    await returner.deliver([...manyReturns(3), ...manyEvents(2)])
    await returner.deliver([...manyReturns(4), ...manyEvents(2)])
    const found = await stored('once')
    assert.deepEqual(
      found.map(({ kind, jid, seq }) => [kind, jid ?? seq]),
      [
        ...manyReturns(3).map(({ ret }) => ['return', ret.jid]),
        ...[1, 2].map((seq) => ['event', seq]),
        ['return', manyReturns(1, 4)[0]?.ret.jid],
      ],
    )
  })

  it('says that there is no stream for a subject', async () => {
    await using returner = await openReturner(nats, options({ jetstream: true }))
    await assert.rejects(returner.deliver([returnDelivery()]), {
      code: 'configuration',
      message: /has no stream that takes the subject salt\.return\.web1\.test\.ping/,
    })
  })

  it('tells what is too large apart, and what the server will not take now', async () => {
    await makeStream('small', { max_msg_size: 1000 })
    await makeStream('full', { max_msgs: 2, discard: 'new' })
    const large = returnDelivery({ return: 'x'.repeat(70_000) })
    for (const more of [{}, { jetstream: true }]) {
      await using returner = await openReturner(nats, options(more))
      await assert.rejects(returner.deliver([large]), {
        code: 'bad-arguments',
        message: /takes messages of 65536 bytes/,
      })
    }
    await using small = await openReturner(nats, options(inStream('small')))
    await assert.rejects(small.deliver([returnDelivery({ return: 'x'.repeat(2000) })]), { code: 'bad-arguments' })
    await small.deliver([returnDelivery()])
    await using full = await openReturner(nats, options(inStream('full')))
    await assert.rejects(full.deliver(manyReturns(3)), { code: 'storage', message: /refuses: maximum messages/ })
  })

  it('says that the user may not publish there', async () => {
    await using returner = await openReturner(nats, options({ user: 'limited' }))
    await assert.rejects(returner.deliver([returnDelivery()]), { code: 'denied', message: /does not let this user/ })
    await returner.deliver([eventDelivery()])
  })

  const refused: readonly (readonly [what: string, more: Record<string, unknown>, code: string, message: RegExp])[] = [
    ['a wrong password', { password: 'never-show' }, 'denied', /^NATS at 127\.0\.0\.1:\d+ refuses this user/],
    ['no user', { user: null, password: null }, 'denied', /refuses this user/],
    ['a wrong token', { user: null, password: null, token: 'never-show' }, 'denied', /refuses this user/],
    ['a port without a server', { servers: '127.0.0.1:1' }, 'storage', /^NATS at 127\.0\.0\.1:1 cannot be used/],
    ['an address that is none', { servers: 'http://never-show@x' }, 'configuration', /has an address that is none/],
    ['a password in an address', { servers: 'nats://u:never-show@x' }, 'configuration', /in the address of x$/],
    ['no address', { servers: ' , ' }, 'configuration', /names no server/],
    ['credentials that are not there', { creds_file: '/nowhere' }, 'configuration', /nats\.creds_file cannot be read/],
    ['TLS with a server that has none', { tls: true }, 'configuration', /tls/i],
    ['a file of certificates that is not there', { tls: true, tls_ca: '/nowhere' }, 'execution-failed', /\/nowhere/],
    ['a subject that is none', { event_subject: 'a b' }, 'configuration', /nats\.event_subject is no subject/],
  ]

  for (const [what, more, code, message] of refused) {
    it(`says what is wrong with ${what}`, async () => {
      await assert.rejects(openReturner(nats, options(more)), (error: Error & { code: string }) => {
        assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`)
        assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /never-show/)
        return true
      })
    })
  }

  it('uses the first server that answers', async () => {
    await using returner = await openReturner(nats, options({ servers: ['127.0.0.1:1', `127.0.0.1:${server.port}`] }))
    await returner.deliver([returnDelivery()])
  })

  it('connects with TLS and a token', { skip: withoutOpenssl }, async () => {
    const { cert, key } = makeCertificate(folder.path)
    const tls = `authorization { token: secret }\ntls { cert_file: "${cert}", key_file: "${key}" }\n`
    await using secure = await startNats(tls)
    const place = { servers: `127.0.0.1:${secure.port}`, user: null, password: null, token: 'secret' }
    await assert.rejects(openReturner(nats, options({ ...place, tls: true })), {
      code: 'storage',
      message: /certificate|TLS/,
    })
    await assert.rejects(openReturner(nats, options(place)), /TLS|tls|secure/)
    for (const more of [{ tls: true, tls_ca: cert }, { tls: true, tls_verify: false }, { tls_ca: cert }]) {
      await using returner = await openReturner(nats, options({ ...place, ...more }))
      await returner.deliver([returnDelivery()])
    }
  })

  it('gives up on a server that does not answer, and what it had done by then is there once', async () => {
    await makeStream('slow')
    await using returner = await openReturner(nats, options({ ...inStream('slow'), timeout: 1 }))
    await deliverUntilTaken(returner, manyEvents(3), () => {})
    server.pause()
    await assert.rejects(returner.deliver(manyEvents(3, 4)), { code: 'timeout', message: /did not answer within 1 / })
    server.resume()
    await deliverUntilTaken(returner, manyEvents(4, 4), () => {})
    assert.deepEqual(
      (await stored('slow')).map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7],
    )
  })

  it('ends at once when the outlet closes', async () => {
    const abort = new AbortController()
    const returner = await openReturner(nats, options(), { signal: abort.signal })
    abort.abort()
    await assert.rejects(returner.deliver(manyReturns(1)), { code: 'cancelled' })
    await returner[Symbol.asyncDispose]()
  })

  it('has everything stored in its order while the server dies and comes back', async () => {
    await makeStream('mortal')
    await using returner = await openReturner(nats, options(inStream('mortal')))
    const batches = Array.from({ length: 10 }, (_, index) => manyEvents(20, index * 20 + 1))
    assert.ok((await deliverWhileItDies(returner, server, batches)) > 0)
    assert.deepEqual(
      (await stored('mortal')).map(({ seq }) => seq),
      Array.from({ length: 200 }, (_, index) => index + 1),
    )
  })
})
