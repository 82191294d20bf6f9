import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileCase, PillarFolder } from '../../../support/pillar-cases.ts'
import { type Answering, WebServer } from '../../../support/web-server.ts'

async function ask(answering: Answering, source: (url: string) => object, more: object = {}, grains: object = {}) {
  await using server = await new WebServer(answering).start()
  using folder = new PillarFolder()
  const config = { ext_pillar: [source(server.url)], ext_pillar_timeout: 30, ...more }
  const { pillar } = await compileCase({ config, grains: { ...grains }, id: 'web 1' }, folder)
  return { pillar, paths: server.requests.map(({ path }) => path), requests: server.requests }
}

const body =
  (text: string): Answering =>
  () => ({ status: 200, body: text })

test('JSON of a web server, with the id in its address', async () => {
  const { pillar, paths } = await ask(body('{"x": {"y": 1.5}}'), (url) => ({ http_json: { url: `${url}/hosts/%s` } }))
  assert.deepEqual([JSON.stringify(pillar), paths], ['{"x":{"y":1.5}}', ['/hosts/web%201']])
})

test('YAML of a web server, with grains in its address', async () => {
  const source = (url: string) => ({ http_yaml: { url: `${url}/<os>/<deep:a>`, with_grains: true } })
  const { pillar, paths } = await ask(body('x: [1, 2]\n'), source, {}, { os: 'Debian', deep: { a: 'b/c' } })
  assert.deepEqual([pillar, paths], [{ x: [1, 2] }, ['/Debian/b%2Fc']])
})

test('user and password go with the question, and are not in errors', async () => {
  const source = (url: string) => ({ http_json: { url, username: 'me', password: 'hidden' } })
  const { pillar, requests } = await ask(() => ({ status: 403, body: 'no' }), source)
  assert.equal(requests[0]?.headers.authorization, `Basic ${Buffer.from('me:hidden').toString('base64')}`)
  assert.match(String(pillar._errors), /^Failed to load ext_pillar http_json: http:\S+ cannot be read: HTTP 403/)
  assert.ok(!String(pillar._errors).includes('hidden'))
})

const faults: readonly (readonly [string, Answering, RegExp])[] = [
  ['rubbish', body('{"secret": oops'), /is not valid JSON, line 1$/],
  ['a list', body('[1]'), /is no mapping$/],
  ['an error of the server', () => ({ status: 500 }), /cannot be read: HTTP 500/],
  ['silence', () => 'silence', /HTTP 599|no answer within 1 s/],
  ['a connection that ends', () => 'hang up', /cannot be read/],
]

for (const [name, answering, expected] of faults) {
  test(`${name} is an error, and shows nothing of the answer`, async () => {
    const limit = name === 'silence' ? { ext_pillar_timeout: 1 } : {}
    const { pillar } = await ask(answering, (url) => ({ http_json: { url } }), limit)
    assert.match(String(pillar._errors), expected)
    assert.ok(!String(pillar._errors).includes('secret'))
  })
}
