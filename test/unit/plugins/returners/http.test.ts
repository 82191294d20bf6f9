/** The returners `http` and `webhook`, against servers in this process. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { http } from '../../../../src/plugins/returners/http.ts'
import { webhook } from '../../../../src/plugins/returners/webhook/module.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import {
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
} from '../../../support/returner-world.ts'
import { makeCertificate, withoutOpenssl } from '../../../support/self-made-certificate.ts'
import { type Answer, WebServer } from '../../../support/web-server.ts'

const folder = new ConfigFolder()
after(() => folder[Symbol.dispose]())

const contentsOf = (server: WebServer): unknown[] => server.requests.map(({ body }) => JSON.parse(body))

describe('returner http', () => {
  it('sends a batch as a list', async () => {
    await using server = await new WebServer().start()
    const options = { url: `${server.url}/salt?a=b`, headers: { 'X-Place': 'here' }, method: 'PUT' }
    await using returner = await openReturner(http, { http: options }, { id: 'master' })
    await returner.deliver([jobDelivery(), returnDelivery({ return: Number.NaN }), eventDelivery()])
    await returner.deliver([returnDelivery()])
    assert.deepEqual(contentsOf(server), [
      [
        { kind: 'job', ...someJob(), origin: 'master' },
        { kind: 'return', ...someReturn({ return: 'NaN' }), origin: 'master' },
        { kind: 'event', ...eventDelivery().event, origin: 'master' },
      ],
      [{ kind: 'return', ...someReturn(), origin: 'master' }],
    ])
    const [first] = server.requests
    assert.ok(first !== undefined)
    const { method, path, headers } = first
    assert.deepEqual([method, path, headers['content-type']], ['PUT', '/salt?a=b', 'application/json'])
    assert.match(String(headers['user-agent']), /^salt\//)
    assert.equal(headers['x-place'], 'here')
    assert.equal(server.connections, 1)
  })

  it('sends one by one, and after a fault only the rest', async () => {
    await using server = await new WebServer().start()
    await using returner = await openReturner(http, { http: { url: server.url, batch: false } })
    server.answering = ({ body }) => ({ status: JSON.parse(body).return === 3 ? 503 : 204 })
    await assert.rejects(returner.deliver(manyReturns(4)), { code: 'storage', message: /answers 503/ })
    server.answering = () => ({ status: 201 })
    await returner.deliver(manyReturns(4))
    assert.deepEqual(
      contentsOf(server).map((content) => (content as { return: number }).return),
      [1, 2, 3, 3, 4],
    )
    const keys = server.requests.map(({ headers }) => headers['x-salt-delivery'])
    assert.equal(keys[0], `return/${manyReturns(1)[0]?.ret.jid}/web1`)
    assert.equal(keys[2], keys[3])
  })

  it('knows after it was opened anew what was delivered, and how long to wait', async () => {
    await using server = await new WebServer().start()
    const [clock, { signal }] = [new FakeClock(), new AbortController()]
    const open = () => openReturner(http, { http: { url: server.url, batch: false } }, { clock, signal })
    const first = await open()
    const busy = { status: 503, headers: { 'Retry-After': '5' } }
    server.answering = ({ body }) => (JSON.parse(body).return === 3 ? busy : { status: 204 })
    await assert.rejects(first.deliver(manyReturns(4)), { code: 'storage' })
    await first[Symbol.asyncDispose]()
    server.answering = () => ({ status: 204 })
    await using second = await open()
    await assert.rejects(second.deliver(manyReturns(4)), { code: 'overloaded' })
    await clock.advance(5000)
    await second.deliver(manyReturns(4))
    assert.deepEqual(
      contentsOf(server).map((content) => (content as { return: number }).return),
      [1, 2, 3, 3, 4],
    )
  })

  const answers: readonly (readonly [answer: Answer, code: string, message: RegExp])[] = [
    [
      { status: 400, headers: { 'Content-Type': 'text/plain' }, body: 'no id\nmore' },
      'bad-arguments',
      /answers 400: no id$/,
    ],
    [{ status: 413 }, 'bad-arguments', /answers 413$/],
    [{ status: 422 }, 'bad-arguments', /answers 422$/],
    [{ status: 401 }, 'denied', /answers 401$/],
    [{ status: 403 }, 'denied', /answers 403$/],
    [{ status: 404 }, 'configuration', /answers 404$/],
    [{ status: 302, headers: { Location: 'http://never-show.example.org/' } }, 'configuration', /answers 302$/],
    [{ status: 408 }, 'storage', /answers 408$/],
    [{ status: 429 }, 'overloaded', /answers 429$/],
    [{ status: 500, headers: { 'Content-Type': 'text/html' }, body: '<html>' }, 'storage', /answers 500$/],
    [
      { status: 503, headers: { 'Content-Type': 'application/json' }, body: '{"is": "never-show, /never-show-path"}' },
      'storage',
      /answers 503: \{"is": "•••, •••"\}$/,
    ],
  ]

  for (const [answer, code, message] of answers) {
    it(`tells what an answer of ${answer.status} means`, async () => {
      await using server = await new WebServer(() => answer).start()
      const options = { url: `${server.url}/never-show-path`, token: 'never-show' }
      await using returner = await openReturner(http, { http: options })
      await assert.rejects(returner.deliver(manyReturns(2)), (error: Error & { code: string }) => {
        assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`)
        assert.match(error.message, /^the server of the returner http at http:\/\/127\.0\.0\.1:\d+ answers/)
        assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /never-show/)
        return true
      })
    })
  }

  for (const retryAfter of ['30', new Date(Date.UTC(2026, 0, 1, 0, 0, 30)).toUTCString()]) {
    it(`asks nothing before Retry-After: ${retryAfter}`, async () => {
      await using server = await new WebServer(() => ({ status: 429, headers: { 'Retry-After': retryAfter } })).start()
      const clock = new FakeClock()
      await using returner = await openReturner(http, { http: { url: server.url } }, { clock })
      await assert.rejects(returner.deliver(manyReturns(1)), { code: 'overloaded', message: /answers 429/ })
      server.answering = () => ({ status: 200 })
      await assert.rejects(returner.deliver(manyReturns(1)), { code: 'overloaded', message: /come back in 30 seconds/ })
      await clock.advance(29_000)
      await assert.rejects(returner.deliver(manyReturns(1)), { code: 'overloaded', message: /come back in 1 seconds/ })
      assert.equal(server.requests.length, 1)
      await clock.advance(1000)
      await returner.deliver(manyReturns(1))
    })
  }

  it('shows who asks, however it is told', async () => {
    await using server = await new WebServer().start()
    const inUrl = server.url.replace('//', '//us%40er:pass%3Aword@')
    const ways: readonly Record<string, unknown>[] = [
      { username: 'us@er', password: 'pass:word' },
      { url: inUrl },
      { url: inUrl, token: 'abc' },
      { headers: { Authorization: 'Custom xyz' } },
    ]
    for (const way of ways) {
      await using returner = await openReturner(http, { http: { url: server.url, ...way } })
      await returner.deliver(manyReturns(1))
    }
    const basic = `Basic ${Buffer.from('us@er:pass:word').toString('base64')}`
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      [basic, basic, 'Bearer abc', 'Custom xyz'],
    )
  })

  it('makes sure who the server is', { skip: withoutOpenssl }, async () => {
    const certificate = makeCertificate(folder.path)
    await using server = await new WebServer(undefined, certificate).start()
    await using strict = await openReturner(http, { http: { url: server.url } })
    await assert.rejects(strict.deliver(manyReturns(1)), {
      code: 'storage',
      message: /certificate is not to be trusted/,
    })
    for (const more of [{ tls_ca: certificate.cert }, { tls_verify: false }]) {
      await using returner = await openReturner(http, { http: { url: server.url, ...more } })
      await returner.deliver(manyReturns(1))
    }
    assert.equal(server.requests.length, 2)
    await using missing = await openReturner(http, { http: { url: server.url, tls_ca: '/nowhere' } })
    await assert.rejects(missing.deliver(manyReturns(1)), /Cannot read \/nowhere/)
  })

  it('goes through a proxy', async () => {
    await using proxy = await new WebServer().start()
    await using returner = await openReturner(http, { http: { url: 'http://nowhere.invalid/x', proxy: proxy.url } })
    await returner.deliver(manyReturns(1))
    assert.equal(proxy.requests[0]?.path, 'http://nowhere.invalid/x')
  })

  const wrong: readonly (readonly [what: string, options: Record<string, unknown>, message: RegExp])[] = [
    ['no URL', {}, /'url' of the returner http/],
    ['a URL that is none', { url: 'never show' }, /^the URL of the returner http is none/],
    ['a URL of another kind', { url: 'file:///never-show' }, /^the URL of the returner http is none/],
    ['a header that is none', { url: 'http://x', headers: { 'a b': 'c' } }, /no header can have: "a b"/],
    ['a method that is none', { url: 'http://x', method: 'STEAL' }, /http\.method must be one of/],
  ]

  for (const [what, options, message] of wrong) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(openReturner(http, { http: options }), (error: Error) => {
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /never.show/)
        return true
      })
    })
  }

  it('gives up on a server that does not answer, or cannot be reached', async () => {
    await using server = await new WebServer(() => 'silence').start()
    await using returner = await openReturner(http, { http: { url: server.url, timeout: 0.2 } })
    await assert.rejects(returner.deliver(manyReturns(1)), {
      code: 'timeout',
      message: /fails: Timeout during request/,
    })
    await using patient = await openReturner(http, { http: { url: server.url } })
    server.answering = () => 'hang up'
    await assert.rejects(patient.deliver(manyReturns(1)), { code: 'storage', message: /it broke the connection/ })
    await server.kill()
    await assert.rejects(patient.deliver(manyReturns(1)), { code: 'storage', message: /connection was refused/ })
  })

  it('ends at once when the outlet closes', async () => {
    await using server = await new WebServer(() => 'silence').start()
    const abort = new AbortController()
    await using returner = await openReturner(http, { http: { url: server.url } }, { signal: abort.signal })
    const delivering = assert.rejects(returner.deliver(manyReturns(1)), { code: 'cancelled' })
    await server.untilRequests(1)
    abort.abort()
    await delivering
  })

  it('goes on with a new connection where the kept one has ended', async () => {
    await using server = await new WebServer().start()
    await using returner = await openReturner(http, { http: { url: server.url } })
    await returner.deliver(manyReturns(1))
    await server.kill()
    await server.start()
    await returner.deliver(manyReturns(1))
    assert.equal(server.requests.length, 2)
  })

  it('delivers everything in its order while the server dies and comes back', async () => {
    await using server = await new WebServer().start()
    await using returner = await openReturner(http, { http: { url: server.url } })
    const batches = Array.from({ length: 10 }, (_, index) => manyEvents(20, index * 20 + 1))
    assert.ok((await deliverWhileItDies(returner, server, batches)) > 0)
    const numbers = contentsOf(server).flatMap((list) => (list as { seq: number }[]).map(({ seq }) => seq))
    const first = numbers.filter((number, index) => numbers.indexOf(number) === index)
    assert.deepEqual(
      first,
      Array.from({ length: 200 }, (_, index) => index + 1),
    )
  })
})

describe('returner webhook', () => {
  it('tells of each delivery, signed', async () => {
    await using server = await new WebServer().start()
    const options = { url: `${server.url}/hook`, secret: 'shared' }
    await using returner = await openReturner(webhook, { webhook: options }, { id: 'master' })
    await returner.deliver([returnDelivery({ return: 'ä' }), eventDelivery()])
    assert.deepEqual(contentsOf(server), [
      { kind: 'return', ...someReturn({ return: 'ä' }), origin: 'master' },
      { kind: 'event', ...eventDelivery().event, origin: 'master' },
    ])
    for (const { body, headers } of server.requests) {
      const expected = createHmac('sha256', 'shared').update(body).digest('hex')
      assert.equal(headers['x-salt-signature-256'], `sha256=${expected}`)
    }
    assert.deepEqual(
      server.requests.map(({ path, headers }) => [path, headers['x-salt-kind'], headers['x-salt-delivery']]),
      [
        ['/hook', 'return', `return/${someJid}/web1`],
        ['/hook', 'event', 'event/master/2026-11-21T02:55:04.701000/1'],
      ],
    )
  })

  it('fills in fields', async () => {
    await using server = await new WebServer().start()
    const fields = {
      text: `\${fun} on \${id}: \${success}`,
      value: `\${return}`,
      deep: { list: [`\${retcode}`, 'plain', 1, null], none: `\${missing}` },
    }
    await using returner = await openReturner(webhook, { webhook: { url: server.url, fields } })
    await returner.deliver([returnDelivery({ return: { a: [1] }, retcode: 2, success: false })])
    assert.deepEqual(contentsOf(server), [
      {
        text: 'test.ping on web1: false',
        value: { a: [1] },
        deep: { list: [2, 'plain', 1, null] },
      },
    ])
    assert.equal(server.requests[0]?.headers['x-salt-signature-256'], undefined)
  })

  it('tells again only what was not taken', async () => {
    await using server = await new WebServer().start()
    await using returner = await openReturner(webhook, { webhook: { url: server.url } })
    server.answering = ({ body }) => ({ status: JSON.parse(body).return === 2 ? 422 : 200 })
    await assert.rejects(returner.deliver(manyReturns(3)), { code: 'bad-arguments' })
    const [first, second, third] = manyReturns(3)
    assert.ok(first && second && third)
    await returner.deliver([first])
    await assert.rejects(returner.deliver([second]), { code: 'bad-arguments' })
    await returner.deliver([third])
    assert.deepEqual(
      contentsOf(server).map((content) => (content as { return: number }).return),
      [1, 2, 2, 3],
    )
  })

  it('never shows its URL', async () => {
    await using server = await new WebServer(() => ({ status: 500 })).start()
    const hidden = (error: Error): boolean => {
      assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /never-show/)
      return true
    }
    const options = { url: `${server.url}/never-show?x=never-show` }
    await using returner = await openReturner(webhook, { webhook: options })
    await assert.rejects(returner.deliver(manyReturns(1)), hidden)
    await server.kill()
    await assert.rejects(returner.deliver(manyReturns(1)), hidden)
    await assert.rejects(openReturner(webhook, { webhook: { url: 'never-show' } }), hidden)
  })

  it('refuses fields and headers that are none', async () => {
    const open = (more: Record<string, unknown>) => openReturner(webhook, { webhook: { url: 'http://x', ...more } })
    await assert.rejects(open({ fields: { a: [`\${b`] } }), { code: 'configuration', message: /webhook\.fields/ })
    await assert.rejects(open({ signature_header: 'a: b' }), { code: 'configuration', message: /signature_header/ })
  })
})
