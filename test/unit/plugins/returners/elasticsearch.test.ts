/** The returner `elasticsearch`, against a server in this process that speaks its bulk interface. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { elasticsearch } from '../../../../src/plugins/returners/elasticsearch/module.ts'
import {
  deliverWhileItDies,
  eventDelivery,
  jobDelivery,
  manyEvents,
  manyReturns,
  openReturner,
  returnDelivery,
  someJid,
} from '../../../support/returner-world.ts'
import { type Answer, type TakenRequest, WebServer } from '../../../support/web-server.ts'

type Content = Record<string, unknown>
type ItemAnswer = Content & { readonly status: number }

/** Keeps documents by index and id, as Elasticsearch does. */
class SearchServer extends WebServer {
  /** `INDEX/ID` → document, in the order in which they came first. */
  readonly documents = new Map<string, Content>()
  /** What becomes of a document; undefined: it is stored. */
  fault: (id: string) => ItemAnswer | undefined = () => undefined

  constructor() {
    super((request) => this.#answer(request))
  }

  #answer({ method, path, headers, body }: TakenRequest): Answer {
    const json = { 'Content-Type': 'application/json' }
    if (method === 'GET') return { status: 200, headers: json, body: '{"tagline": "You Know, for Search"}' }
    if (!path.endsWith('/_bulk') || headers['content-type'] !== 'application/x-ndjson' || !body.endsWith('\n')) {
      return { status: 400, headers: json, body: '{"error": "not as it must be"}' }
    }
    const lines = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Content)
    const items: Content[] = []
    for (let index = 0; index < lines.length; index += 2) {
      const [[operation, place] = ['', {}]] = Object.entries(lines[index] ?? {})
      items.push({
        [operation]: this.#store(operation, place as { _index: string; _id: string }, lines[index + 1] ?? {}),
      })
    }
    return { status: 200, headers: json, body: JSON.stringify({ took: 1, errors: false, items }) }
  }

  #store(operation: string, { _index, _id }: { _index: string; _id: string }, content: Content): ItemAnswer {
    const fault = this.fault(_id)
    if (fault !== undefined) return fault
    const key = `${_index}/${_id}`
    if (operation === 'create' && this.documents.has(key)) {
      return { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'document already exists' } }
    }
    this.documents.set(key, content)
    return { status: 201 }
  }
}

const startServer = (): Promise<SearchServer> => new SearchServer().start()

const options = (server: SearchServer, more: Content = {}): Content => ({
  elasticsearch: { hosts: server.url, ...more },
})

describe('returner elasticsearch', () => {
  it('stores documents without contradictions, once', async () => {
    await using server = await startServer()
    await using returner = await openReturner(elasticsearch, options(server), { id: 'master' })
    const batch = [
      jobDelivery(),
      returnDelivery({ return: { a: 1 } }),
      returnDelivery({ id: 'web2', return: 'text' }),
      eventDelivery({ id: 'web1', jid: '1', fun: ['a'] }),
    ]
    await returner.deliver(batch)
    await returner.deliver(batch)
    const time = '2026-11-21T02:55:04.701Z'
    assert.deepEqual(
      [...server.documents.keys()],
      [
        `salt-job-2026.11.21/job/${someJid}`,
        `salt-return-2026.11.21/return/${someJid}/web1`,
        `salt-return-2026.11.21/return/${someJid}/web2`,
        'salt-event-2026.11.21/event/master/2026-11-21T02:55:04.701000/1',
      ],
    )
    const [, first, second, event] = [...server.documents.values()]
    assert.deepEqual(first, {
      '@timestamp': time,
      ...{ kind: 'return', id: 'web1', jid: someJid, fun: 'test.ping', fun_args: '[]', return: '{"a": 1}' },
      ...{ retcode: 0, success: true, origin: 'master' },
    })
    assert.equal(second?.return, 'text')
    assert.deepEqual(event, {
      ...{ '@timestamp': time, id: 'web1', jid: '1', kind: 'event', seq: 1, tag: 'my/tag', origin: 'master' },
      data: '{"a": 1, "_stamp": "2026-11-21T02:55:04.701000", "id": "web1", "jid": "1", "fun": ["a"]}',
    })
  })

  it('names the index by a template, and stores values as they are', async () => {
    await using server = await startServer()
    const more = {
      index: `salt-\${fun}-\${id}`,
      values_as: 'data',
      operation: 'create',
      hosts: `${server.url}/prefix/`,
    }
    await using returner = await openReturner(elasticsearch, options(server, more))
    const ret = returnDelivery({ id: 'Web 1/ä', fun: ['a.B', 'c'], return: { a: 1 }, jid: 'x'.repeat(600) })
    await returner.deliver([ret])
    await returner.deliver([ret])
    assert.equal(server.requests.at(-1)?.path, '/prefix/_bulk')
    const [[key, content] = ['', {}], ...others] = [...server.documents]
    assert.match(key, /^salt-a\.b_c-web_1_ä\/[0-9a-f]{64}$/)
    assert.deepEqual([content.return, others], [{ a: 1 }, []])
  })

  const faults: readonly (readonly [
    what: string,
    faults: Record<string, ItemAnswer>,
    code: string,
    message: RegExp,
  ])[] = [
    [
      'a document that contradicts the index',
      { web2: { status: 400, error: { type: 'mapper_parsing_exception', reason: 'failed to parse' } } },
      'bad-arguments',
      /does not store return\/\d+\/web2 in salt-return-2026\.11\.21: mapper_parsing_exception failed to parse \(400\)$/,
    ],
    [
      'a queue that is full',
      { web2: { status: 429, error: { type: 'es_rejected' } } },
      'overloaded',
      /es_rejected \(429\)$/,
    ],
    [
      'a document that is wrong beside one that may be taken later',
      { web1: { status: 400, error: { type: 'bad' } }, web2: { status: 503, error: { type: 'unavailable' } } },
      'storage',
      /web2 .*unavailable \(503\), and 1 more$/,
    ],
    [
      'an index that is closed for writing',
      { web1: { status: 403, error: { type: 'cluster_block' } } },
      'storage',
      /403/,
    ],
  ]

  for (const [what, byId, code, message] of faults) {
    it(`tells of ${what}`, async () => {
      await using server = await startServer()
      server.fault = (id) => byId[id.split('/').at(-1) ?? '']
      await using returner = await openReturner(elasticsearch, options(server))
      const batch = [returnDelivery(), returnDelivery({ id: 'web2' }), returnDelivery({ id: 'web3' })]
      await assert.rejects(returner.deliver(batch), { code, message })
      server.fault = () => undefined
      await returner.deliver(batch)
      assert.equal(server.documents.size, 3)
    })
  }

  it('shows who asks, and says that it is refused', async () => {
    await using server = await startServer()
    await using returner = await openReturner(elasticsearch, options(server, { api_key: 'abc' }))
    await returner.deliver([returnDelivery()])
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ['ApiKey abc', 'ApiKey abc'],
    )
    server.answering = () => ({ status: 401 })
    await assert.rejects(openReturner(elasticsearch, options(server, { password: 'never-show', username: 'x' })), {
      code: 'denied',
      message: /refuses this user \(401\)$/,
    })
    server.answering = () => ({ status: 403 })
    await using mayNotLook = await openReturner(elasticsearch, options(server))
    await assert.rejects(mayNotLook.deliver([returnDelivery()]), { code: 'denied' })
  })

  it('tries the next server where one does not answer', async () => {
    await using first = await startServer()
    await using second = await startServer()
    const more = { hosts: ['http://127.0.0.1:1', first.url, second.url] }
    await using returner = await openReturner(elasticsearch, options(first, more))
    await returner.deliver(manyReturns(1))
    assert.deepEqual([first.documents.size, second.documents.size], [1, 0])
    first.answering = () => ({ status: 502 })
    await returner.deliver(manyReturns(2))
    await returner.deliver(manyReturns(3))
    assert.equal(second.documents.size, 3)
    await second.kill()
    await assert.rejects(returner.deliver(manyReturns(1)), { code: 'storage' })
  })

  it('refuses a server that is none', async () => {
    await using server = await startServer()
    await using returner = await openReturner(elasticsearch, options(server))
    for (const body of ['<html>', '{}', '{"items": []}']) {
      server.answering = () => ({ status: 200, body })
      await assert.rejects(returner.deliver([returnDelivery()]), {
        code: 'configuration',
        message: /as Elasticsearch does/,
      })
    }
    const url = 'http://127.0.0.1:1'
    await assert.rejects(openReturner(elasticsearch, { elasticsearch: { hosts: url } }), { code: 'storage' })
  })

  for (const index of ['', 'Upper', 'a b', '_x', '-x', 'a*', `\${id`, 'a/b', '.x']) {
    it(`refuses the index ${JSON.stringify(index)}`, async () => {
      await assert.rejects(openReturner(elasticsearch, { elasticsearch: { index } }), {
        code: 'configuration',
        message: /^elasticsearch\.index /,
      })
    })
  }

  it('stores everything in its order while the server dies and comes back', async () => {
    await using server = await startServer()
    await using returner = await openReturner(elasticsearch, options(server))
    const batches = Array.from({ length: 10 }, (_, index) => manyEvents(20, index * 20 + 1))
    assert.ok((await deliverWhileItDies(returner, server, batches)) > 0)
    assert.deepEqual(
      [...server.documents.values()].map(({ seq }) => seq),
      Array.from({ length: 200 }, (_, index) => index + 1),
    )
  })
})
