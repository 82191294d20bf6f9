/** The network of the host: a web server with the folder of the web and the repositories, and a name server. */
import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const folders: Readonly<Record<string, string>> = { 'www.example.org': '/srv/www', 'git.example.org': '/srv/git' }

export async function serve(): Promise<void> {
  await new Promise<void>((resolve) => web().listen(80, '127.0.0.1', resolve))
  await new Promise<void>((resolve) => {
    const socket = createSocket('udp4')
    socket.on('message', (query, { port, address }) => {
      socket.send(answer(query) ?? query, port, address)
    })
    socket.bind(53, '0.0.0.0', resolve)
  })
}

function web() {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const folder = folders[request.headers.host ?? '']
    try {
      response.end(await readFile(`${folder}${pathname.endsWith('/') ? `${pathname}index.html` : pathname}`))
    } catch {
      response.writeHead(404).end()
    }
  })
}

const types: Readonly<Record<string, number>> = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28 }
const records: Readonly<Record<string, readonly (readonly [type: string, data: Buffer])[]>> = {
  'www.example.org': [
    ['A', Buffer.from([127, 0, 0, 1])],
    ['AAAA', Buffer.from([...Array<number>(15).fill(0), 1])],
  ],
  'ns1.example.org': [['A', Buffer.from([192, 0, 2, 53])]],
  'mail.example.org': [['CNAME', nameBytes('www.example.org')]],
  'example.org': [
    ['NS', nameBytes('ns1.example.org')],
    ['MX', Buffer.concat([Buffer.from([0, 10]), nameBytes('mail.example.org')])],
    ['TXT', textBytes('v=spf1 mx -all')],
  ],
  '5.2.0.192.in-addr.arpa': [['PTR', nameBytes('www.example.org')]],
}

function nameBytes(name: string): Buffer {
  return Buffer.concat([...name.split('.').map(textBytes), Buffer.from([0])])
}

function textBytes(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
}

/** One question, and the records that fit it (RFC 1035, 4.1); nothing for what is no question. */
function answer(query: Buffer): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  if (query.length < at + 5) return undefined
  const type = query.readUInt16BE(at + 1)
  const known = records[labels.join('.').toLowerCase()]
  const found = (known ?? []).filter(([name]) => types[name] === type)
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(known === undefined ? 0x8583 : 0x8580, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found.length, 6)
  const answers = found.map(([, data]) => {
    const record = Buffer.alloc(12)
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(type, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt32BE(3600, 6)
    record.writeUInt16BE(data.length, 10)
    return Buffer.concat([record, data])
  })
  return Buffer.concat([header, query.subarray(12, at + 5), ...answers])
}
