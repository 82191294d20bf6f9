/** What `network` sends to other hosts, tried with sockets of this process. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { FunctionHost } from '../../support/function-host.ts'

const host = new FunctionHost()

async function connect(...words: readonly string[]): Promise<unknown> {
  return (await host.type('network.connect', '127.0.0.1', ...words)).return
}

async function udpSocket() {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

test('a port of TCP that somebody listens at can be connected to, and no other', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = String(typeof address === 'object' ? address?.port : address)
  assert.deepEqual(await connect(port), {
    result: true,
    comment: `Successfully connected to 127.0.0.1 (127.0.0.1) on tcp port ${port}`,
  })
  server.close()
  await once(server, 'close')
  assert.deepEqual(await connect(port, 'family=ipv4'), {
    result: false,
    comment: `Unable to connect to 127.0.0.1 (127.0.0.1) on tcp port ${port}`,
  })
})

test('an address is not of the other family', async () => {
  const outcome = await host.type('network.connect', 'host.invalid', '80', 'family=ipv6')
  assert.deepEqual(outcome.return, {
    result: false,
    comment: 'Unable to connect to host.invalid (unknown) on tcp port 80',
  })
})

test('a port of UDP counts when it answers in time', async () => {
  const socket = await udpSocket()
  const { port } = socket.address()
  socket.on('message', (_message, { port: from }) => socket.send('yes', from, '127.0.0.1'))
  assert.deepEqual(await connect(String(port), 'proto=udp'), {
    result: true,
    comment: `Successfully connected to 127.0.0.1 (127.0.0.1) on udp port ${port}`,
  })
  socket.removeAllListeners('message')
  const { result } = (await connect(String(port), 'proto=udp', 'timeout=0.05')) as { result: boolean }
  assert.equal(result, false)
  socket.close()
})

test('a magic packet has the hardware address sixteen times', async () => {
  const socket = await udpSocket()
  const received = once(socket, 'message')
  const outcome = await host.type('network.wol', '08-00-27-13-69-77', '127.0.0.1', String(socket.address().port))
  assert.equal(outcome.return, true)
  const [packet] = await received
  assert.ok(packet instanceof Buffer)
  assert.equal(packet.toString('hex'), 'ff'.repeat(6) + '080027136977'.repeat(16))
  socket.close()
})
