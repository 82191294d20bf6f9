/** The functions of `http`, against servers in this process. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server } from 'node:net'
import { constants } from 'node:os'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { findProgram } from '../../../src/engine/functions/process-identity.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

const folder = new ConfigFolder({ data: 'from a file', headers: 'X-One: 1\nX-Two: a: b\n', extra: 'EXTRA CERTIFICATE' })
after(() => folder[Symbol.dispose]())
const host = new FunctionHost({ config: { cachedir: folder.path } })

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}

const xml = `<?xml version="1.0"?>
<!-- a list --><r:root xmlns:r="urn:x"><item id="1">one &amp; &#49;</item><item/><r:more><a>1</a><a>2</a><b><c>x</c></b></r:more>
<text><![CDATA[<raw>]]></text></r:root>`

let tries = 0

const routes: Readonly<Record<string, RequestListener>> = {
  '/json': (_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end('{"a": [1, 2.5, null]}')
  },
  '/xml': (_request, response) => response.setHeader('Content-Type', 'text/xml').end(xml),
  '/yaml': (_request, response) => response.setHeader('Content-Type', 'application/yaml').end('a: [1, b]\n'),
  '/plain': (_request, response) => response.setHeader('Content-Type', 'text/plain').end('a text'),
  '/latin': (_request, response) =>
    response.setHeader('Content-Type', 'text/plain; charset=iso-8859-1').end(Buffer.from([0xe4])),
  '/bytes': (_request, response) => response.end(Buffer.from([0, 255])),
  '/gzip': (_request, response) => response.setHeader('Content-Encoding', 'gzip').end(gzipSync('unpacked')),
  '/bomb': (_request, response) =>
    response.setHeader('Content-Encoding', 'gzip').end(gzipSync(Buffer.alloc(1024 * 1024))),
  '/missing': (_request, response) => response.writeHead(404).end('not here'),
  '/loop': (_request, response) => response.writeHead(302, { Location: '/loop' }).end(),
  '/moved': (_request, response) => response.writeHead(302, { Location: '/echo?moved=1' }).end(),
  '/kept': (_request, response) => response.writeHead(307, { Location: '/echo' }).end(),
  '/away': (_request, response) => response.writeHead(302, { Location: otherUrl('/echo') }).end(),
  '/silent': () => {},
  '/third': (_request, response) => response.writeHead(++tries < 3 ? 503 : 200).end('at last'),
  '/login': (_request, response) =>
    response
      .writeHead(302, {
        Location: '/echo',
        'Set-Cookie': ['session=abc; Path=/', 'kept=1; Max-Age=3600; Path=/echo', 'other=1; Domain=example.org'],
      })
      .end(),
  '/certificates': (_request, response) => response.end('-----BEGIN CERTIFICATE-----\n'),
}

/** Tells the request. */
const echo: RequestListener = async (request, response) => {
  const { method, url, headers } = request
  const body = await bodyOf(request)
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ method, url, headers, body }))
}

const listener: RequestListener = (request, response) => {
  const path = (request.url ?? '').replace(/\?.*/, '')
  const route = routes[path] ?? echo
  route(request, response)
}

async function listening(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  after(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const server = createServer(listener)
const otherServer = createServer(listener)
after(() => server.closeAllConnections())
const port = await listening(server)
const otherPort = await listening(otherServer)

const url = (path: string): string => `http://127.0.0.1:${port}${path}`
const otherUrl = (path: string): string => `http://127.0.0.1:${otherPort}${path}`

type Result = Record<string, unknown>

async function query(path: string, options: Result = {}, one = host): Promise<Result> {
  const outcome = await one.call('http.query', path.startsWith('/') ? url(path) : path, {
    __kwarg__: true,
    ...options,
  })
  return outcome.return as Result
}

interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

async function echoed(path: string, options: Result = {}, one = host): Promise<Echo> {
  const { dict } = await query(path, { decode: true, ...options }, one)
  return dict as Echo
}

const answers: readonly (readonly [what: string, path: string, options: Result, expected: unknown])[] = [
  ['the body alone', '/plain', {}, { body: 'a text' }],
  ['the text too', '/plain', { text: true, status: true }, { body: 'a text', status: 200, text: 'a text' }],
  ['JSON', '/json', { decode: true }, { body: '{"a": [1, 2.5, null]}', dict: { a: [1, 2.5, null] } }],
  ['YAML', '/yaml', { decode: true }, { body: 'a: [1, b]\n', dict: { a: [1, 'b'] } }],
  [
    'XML',
    '/xml',
    { decode: true },
    {
      body: xml,
      dict: [{ item: 'one & 1' }, { item: null }, { a: ['1', { a: '2' }], b: { c: 'x' } }, { text: '<raw>' }],
    },
  ],
  ['plain text that is decoded', '/plain', { decode: true }, { body: 'a text', text: 'a text' }],
  [
    'a kind that is not known',
    '/plain',
    { decode: true, decode_type: 'toml' },
    { body: 'a text', error: 'Invalid decode_type specified. Valid decode types are: json, xml, yaml, plain' },
  ],
  ['text in another encoding', '/latin', {}, { body: 'ä' }],
  ['bytes', '/bytes', { decode_body: false }, { body: new Uint8Array([0, 255]) }],
  ['what is packed', '/gzip', {}, { body: 'unpacked' }],
  ['an error', '/missing', {}, { status: 404, error: 'HTTP 404: Not Found', body: 'not here' }],
  ['an error as an answer', '/missing', { raise_error: false, status: true }, { status: 404, body: 'not here' }],
  ['a redirect without end', '/loop', {}, { status: 302, error: 'HTTP 302: Found', body: '' }],
  ['a test', '/missing', { test: true }, {}],
  ['a test of another URL', '/missing', { test: true, test_url: url('/plain') }, { test: true, body: 'a text' }],
]

for (const [what, path, options, expected] of answers) {
  test(`query tells ${what}`, async () => {
    assert.deepEqual(await query(path, options), expected)
  })
}

test('query tells the headers as they are usually written', async () => {
  const { headers } = await query('/plain', { headers: true })
  assert.equal((headers as Record<string, string>)['Content-Type'], 'text/plain')
})

const requests: readonly (readonly [what: string, path: string, options: Result, expected: Partial<Echo>])[] = [
  ['a method', '/echo', { method: 'DELETE' }, { method: 'DELETE', body: '' }],
  ['parameters', '/echo?x=1', { params: { a: 'b c', d: [1, 2] } }, { url: '/echo?x=1&a=b+c&d=1&d=2' }],
  ['parameters as text', '/echo', { params: 'a=1' }, { url: '/echo?a=1' }],
  ['a form', '/echo', { method: 'POST', data: { a: 1, b: 'c d' } }, { method: 'POST', body: 'a=1&b=c+d' }],
  ['text', '/echo', { method: 'PUT', data: 'a text' }, { method: 'PUT', body: 'a text' }],
  [
    'JSON where the header says so',
    '/echo',
    { method: 'POST', data: { a: [1] }, header_dict: { 'content-type': 'application/json' } },
    { body: '{"a":[1]}' },
  ],
  ['a file', '/echo', { method: 'POST', data_file: folder.file('data') }, { body: 'from a file' }],
  [
    'a redirect after POST as GET',
    '/moved',
    { method: 'POST', data: 'x' },
    { method: 'GET', url: '/echo?moved=1', body: '' },
  ],
  ['a redirect that keeps its method', '/kept', { method: 'POST', data: 'x' }, { method: 'POST', body: 'x' }],
]

for (const [what, path, options, expected] of requests) {
  test(`query sends ${what}`, async () => {
    const request = await echoed(path, options)
    assert.deepEqual({ ...request, ...expected }, request)
  })
}

test('query sends headers', async () => {
  const { headers } = await echoed('/echo', {
    header_dict: { 'X-Zero': 0 },
    header_list: ['X-Url: http://a'],
    header_file: folder.file('headers'),
    username: 'fred',
    password: 'secret',
  })
  assert.equal(headers['x-zero'], '0')
  assert.equal(headers['x-url'], 'http://a')
  assert.equal(headers['x-one'], '1')
  assert.equal(headers['x-two'], 'a: b')
  assert.equal(headers.authorization, `Basic ${Buffer.from('fred:secret').toString('base64')}`)
  assert.match(headers['user-agent'] ?? '', /^Salt\/\S+ http\.query\(\)$/)
  assert.equal((await echoed('/echo', { agent: 'me' })).headers['user-agent'], 'me')
})

test('another server does not learn who asks', async () => {
  const { headers } = await echoed('/away', { auth: ['fred', 'secret'], header_dict: { Cookie: 'a=1', 'X-A': 'b' } })
  assert.equal(headers.authorization, undefined)
  assert.equal(headers.cookie, undefined)
  assert.equal(headers['x-a'], 'b')
})

test('query sends a file as the field of a form', async () => {
  const options = { method: 'POST', formdata: true, formdata_fieldname: 'upload', formdata_filename: 'a.txt' }
  const { headers, body } = await echoed('/echo', { ...options, data_file: folder.file('data') })
  assert.match(headers['content-type'] ?? '', /^multipart\/form-data; boundary=/)
  assert.match(body, /name="upload"; filename="a\.txt"[\s\S]*from a file/)
})

for (const format of ['lwp', 'mozilla']) {
  test(`cookies are kept in a file (${format})`, async () => {
    const jar = { cookies: true, cookie_format: format, cookie_jar: folder.file(`cookies.${format}`) }
    assert.equal((await echoed('/login', jar)).headers.cookie, 'kept=1; session=abc')
    assert.equal((await echoed('/echo', jar)).headers.cookie, 'kept=1')
    assert.equal((await echoed('/elsewhere', jar)).headers.cookie, undefined)
    assert.equal((await echoed('/echo')).headers.cookie, undefined)
  })
}

test('cookies of a session are kept where that is asked for', async () => {
  await echoed('/login', { persist_session: true })
  assert.equal((await echoed('/echo', { persist_session: true })).headers.cookie, 'kept=1; session=abc')
})

test('answers are written to files', async () => {
  await query('/plain', { text_out: folder.file('text'), headers_out: folder.file('head') })
  await query('/json', { decode: true, decode_out: folder.file('json') })
  assert.equal(readFileSync(folder.file('text'), 'utf8'), 'a text')
  assert.match(readFileSync(folder.file('head'), 'utf8'), /^Content-Type: text\/plain$/m)
  assert.equal(readFileSync(folder.file('json'), 'utf8'), '{"a": [1, 2.5, null]}')
})

test('a server that is not there is told', async () => {
  const gone = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  gone.listen(0, '127.0.0.1', resolve)
  await promise
  const address = gone.address()
  await new Promise((done) => gone.close(done))
  const nowhere = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
  const error = `[Errno ${constants.errno.ECONNREFUSED}] Connection refused`
  assert.deepEqual(await query(nowhere), { error })
  assert.deepEqual(await query(nowhere, { status: true }), { status: 0, error })
  assert.deepEqual(await query(nowhere, { raise_error: false }), { body: null })
})

test('time and size have limits', async () => {
  const slow = await query('/silent', { opts: { http_request_timeout: 0.05 } })
  assert.deepEqual(slow, { status: 599, error: 'HTTP 599: Timeout during request' })
  const long = await query('/plain', { opts: { http_max_body: 3 } })
  assert.deepEqual(long, { status: 599, error: 'HTTP 599: Content-Length too long' })
  const bomb = await query('/bomb', { opts: { http_max_body: 10_000 } })
  assert.deepEqual(bomb, { status: 599, error: 'HTTP 599: Content too long' })
})

const faults: readonly (readonly [what: string, path: string, options: Result, message: RegExp])[] = [
  ['a URL of another kind', 'ftp://a/', {}, /"ftp:\/\/a\/" is no URL of HTTP/],
  ['JSON that is none', '/plain', { decode: true, decode_type: 'json' }, /not valid JSON/],
  ['XML that is none', '/plain', { decode: true, decode_type: 'xml' }, /not valid XML/],
  ['a file that there is not', '/echo', { data_file: folder.file('none') }, /No such file or directory/],
  ['a form without a field', '/echo', { formdata: true, data: 'a' }, /formdata_fieldname is required/],
]

for (const [what, path, options, message] of faults) {
  test(`query refuses ${what}`, async () => {
    assert.match(String(await query(path, options)), message)
  })
}

test('a job that is cancelled ends the query', async () => {
  const controller = new AbortController()
  const one = new FunctionHost({ signal: controller.signal })
  server.once('request', () => controller.abort(new Error('enough')))
  const outcome = await one.call('http.query', url('/silent'))
  assert.match(String(outcome.return), /The job was cancelled/)
})

test('a proxy is asked where one is configured', async () => {
  const asked: (string | undefined)[] = []
  const proxyPort = await listening(
    createServer((request, response) => {
      asked.push(request.url, request.headers['proxy-authorization'])
      response.end('by proxy')
    }),
  )
  const config = { proxy_host: '127.0.0.1', proxy_port: proxyPort, proxy_username: 'u', proxy_password: 'p' }
  assert.deepEqual(await query('http://a.invalid/x', {}, new FunctionHost({ config })), { body: 'by proxy' })
  assert.deepEqual(asked, ['http://a.invalid/x', `Basic ${Buffer.from('u:p').toString('base64')}`])
  const direct = new FunctionHost({ config: { ...config, no_proxy: ['127.0.0.1'] } })
  assert.deepEqual(await query('/plain', {}, direct), { body: 'a text' })
})

test('wait_for_successful_query asks until it is well', async () => {
  tries = 0
  const outcome = await host.type('http.wait_for_successful_query', url('/third'), 'request_interval=0.01')
  assert.deepEqual([outcome.return, tries], [{ body: 'at last' }, 3])
  const failed = await host.type('http.wait_for_successful_query', url('/missing'), 'wait_for=0')
  assert.deepEqual(failed.return, { status: 404, error: 'HTTP 404: Not Found', body: 'not here' })
  const refused = await host.type('http.wait_for_successful_query', 'gopher://a', 'wait_for=0')
  assert.match(String(refused.return), /is no URL of HTTP/)
})

test('update_ca_bundle puts certificates together', async () => {
  const target = folder.file('bundle.pem')
  const words = [`target=${target}`, `source=${url('/certificates')}`, `merge_files=${folder.file('extra')}`]
  assert.equal((await host.type('http.update_ca_bundle', ...words)).return, null)
  const text = '-----BEGIN CERTIFICATE-----\n\nEXTRA CERTIFICATE\n'
  assert.equal(readFileSync(target, 'utf8'), text)
  const wrong = await host.type('http.update_ca_bundle', `target=${target}`, `source=${url('/plain')}`)
  assert.match(String(wrong.return), /has no certificates/)
  const missing = await host.type('http.update_ca_bundle', `target=${target}`, `source=${url('/missing')}`)
  assert.match(String(missing.return), /HTTP 404/)
  assert.equal(readFileSync(target, 'utf8'), text)
})

test('who answers is made sure of, and who asks can be', { skip: findProgram('openssl') === undefined }, async () => {
  const key = folder.file('key.pem')
  const cert = folder.file('cert.pem')
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const both = folder.file('both.pem')
  writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'))
  const files = { key: readFileSync(key), cert: readFileSync(cert), ca: readFileSync(cert) }
  const tlsServer = createTlsServer({ ...files, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    response.end('authorized' in request.socket && request.socket.authorized === true ? 'known' : 'unknown')
  })
  const secure = `https://127.0.0.1:${await listening(tlsServer)}/`
  assert.match(String((await query(secure)).error), /self-signed certificate/)
  assert.deepEqual(await query(secure, { verify_ssl: false }), { body: 'unknown' })
  assert.deepEqual(await query(secure, { ca_bundle: cert }), { body: 'unknown' })
  assert.deepEqual(await query(secure, { ca_bundle: cert, cert: [cert, key] }), { body: 'known' })
  assert.deepEqual(await query(secure, { ca_bundle: cert, cert: both }), { body: 'known' })
})
