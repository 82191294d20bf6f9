/** The functions of `dnsutil` that ask a name server, with one in this process. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { FunctionHost } from '../../support/function-host.ts'

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.concat([...labels.map((label) => sized(Buffer.from(label))), Buffer.from([0])])
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function number16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

const typeNumbers: Readonly<Record<string, number>> = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28 }

const encoders: Readonly<Record<string, (data: string) => Buffer>> = {
  A: (data) => Buffer.from(data.split('.').map(Number)),
  AAAA: (data) => Buffer.from(data, 'hex'),
  NS: encodeName,
  CNAME: encodeName,
  PTR: encodeName,
  MX: (data) => Buffer.concat([number16(Number(data.split(' ')[0])), encodeName(data.split(' ')[1] ?? '')]),
  TXT: (data) => Buffer.concat(data.split('|').map((part) => sized(Buffer.from(part)))),
}

const records: Readonly<Record<string, readonly string[]>> = {
  'A www.example.org': ['192.0.2.10', '192.0.2.11'],
  'AAAA www.example.org': [`20010db8${'0'.repeat(23)}1`],
  'CNAME mail.example.org': ['mx1.example.net'],
  'NS example.org': ['ns1.example.org'],
  'A ns1.example.org': ['192.0.2.53'],
  'MX example.org': ['20 mx2.example.org', '10 ns1.example.org'],
  'PTR 10.2.0.192.in-addr.arpa': ['www.example.org'],
  'TXT example.org': ['google-site=1', 'v=spf1 a ip4:192.0.2.0/24 |include:_spf.example.net ip4:nonsense ~all'],
  'TXT _spf.example.net': ['v=spf1 ip6:2001:db8::/32 include:example.org redirect=last.example.net'],
  'TXT last.example.net': ['v=spf1 +ip4:198.51.100.1 -all'],
}

/** The answer to a question, whose name and type stand behind the 12 bytes of its head. */
function answerTo(query: Buffer): Buffer {
  const end = query.indexOf(0, 12) + 5
  const labels: string[] = []
  for (let at = 12; query[at] !== 0; at += 1 + (query[at] ?? 0)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)))
  }
  const type = Object.keys(typeNumbers).find((name) => typeNumbers[name] === query.readUInt16BE(end - 4)) ?? ''
  const found = records[`${type} ${labels.join('.').toLowerCase()}`] ?? []
  const refused = labels.at(-1) === 'refused' ? 5 : 0
  const answers = found.map((data) => {
    const bytes = encoders[type]?.(data) ?? Buffer.alloc(0)
    const head = [number16(0xc00c), number16(typeNumbers[type] ?? 0), number16(1), Buffer.from([0, 0, 0, 60])]
    return Buffer.concat([...head, number16(bytes.length), bytes])
  })
  const head = [query.subarray(0, 2), number16(0x8180 | refused), number16(1), number16(found.length), Buffer.alloc(4)]
  return Buffer.concat([...head, query.subarray(12, end), ...answers])
}

const server = createSocket('udp4')
server.on('message', (query, { port, address }) => server.send(answerTo(query), port, address))
server.bind(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close())

const nameserver = `nameserver=127.0.0.1:${server.address().port}`
const host = new FunctionHost()

const cases: readonly (readonly [call: readonly [string, ...string[]], expected: unknown])[] = [
  [
    ['dnsutil.A', 'www.example.org'],
    ['192.0.2.10', '192.0.2.11'],
  ],
  [['dnsutil.A', 'none.example.org'], []],
  [['dnsutil.AAAA', 'www.example.org'], ['2001:db8::1']],
  [['dnsutil.CNAME', 'mail.example.org'], 'mx1.example.net.'],
  [['dnsutil.CNAME', 'www.example.org'], ''],
  [['dnsutil.NS', 'example.org'], ['192.0.2.53']],
  [['dnsutil.NS', 'example.org', 'resolve=False'], ['ns1.example.org.']],
  [
    ['dnsutil.MX', 'example.org'],
    [
      ['10', 'ns1.example.org.'],
      ['20', 'mx2.example.org.'],
    ],
  ],
  [
    ['dnsutil.MX', 'example.org', 'resolve=True'],
    [
      ['10', '192.0.2.53'],
      ['20', ''],
    ],
  ],
  [['dnsutil.PTR', '192.0.2.10'], ['www.example.org.']],
  [
    ['dnsutil.SPF', 'example.org'],
    ['192.0.2.0/24', '2001:db8::/32', '198.51.100.1'],
  ],
]

for (const [call, expected] of cases) {
  test(call.join(' '), async () => {
    const [fun, ...words] = call
    const outcome = await host.type(fun, ...words, nameserver)
    assert.deepEqual(outcome.return, expected)
  })
}

test('names are resolved as the system does where no name server is given', async () => {
  assert.deepEqual((await host.type('dnsutil.A', 'localhost')).return, ['127.0.0.1'])
})

test('a name server that refuses is told in the log', async () => {
  const one = new FunctionHost()
  assert.deepEqual((await one.type('dnsutil.NS', 'x.refused', nameserver)).return, [])
  assert.deepEqual(
    one.logged.map(({ level, message }) => [level, message]),
    [['warning', 'No answer from a name server']],
  )
})
