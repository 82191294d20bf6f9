import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Dealer } from 'zeromq'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { RecordChannel } from '../../../src/wire/channel.ts'
import { WireClient } from '../../../src/wire/client.ts'
import { temporaryIdentity } from '../../../src/wire/identity.ts'
import { type ServerSession, WireServer } from '../../../src/wire/server.ts'
import { zeromqClient, zeromqServer } from '../../../src/wire/zeromq-transport.ts'

async function wire() {
  const sessions: ServerSession[] = []
  const arrived = Promise.withResolvers<ServerSession>()
  const server = new WireServer({
    transport: zeromqServer({ host: '127.0.0.1', port: 0 }),
    identity: temporaryIdentity(),
    clock: systemClock,
    log: silentLog,
    admit: () => ({ kind: 'welcome', payload: null }),
    onSession: (session) => {
      sessions.push(session)
      arrived.resolve(session)
    },
  })
  const port = await server.listen()
  const connect = async (name: string): Promise<{ client: WireClient; channel: RecordChannel }> => {
    const client = new WireClient({
      endpoint: `127.0.0.1:${port}`,
      transport: () => zeromqClient(`tcp://127.0.0.1:${port}`),
      identity: temporaryIdentity(),
      name,
      role: 'minion',
      instance: name,
      clock: systemClock,
      log: silentLog,
      reconnect: false,
      checkServer: () => {},
      payload: () => null,
      onSession: () => {},
    })
    const { channel } = await client.connectOnce(AbortSignal.timeout(10_000))
    return { client, channel }
  }
  return { server, port, sessions, first: arrived.promise, connect }
}

const nextRecord = (channel: RecordChannel): Promise<unknown> => new Promise((resolve) => channel.onRecord(resolve))

describe('frames over ZeroMQ', () => {
  it('survive a flood of messages of many parts, and of oversized ones', async () => {
    const { server, port, first, connect } = await wire()
    const { client, channel } = await connect('honest')
    const session = await first
    const flood = new Dealer({ linger: 0 })
    flood.connect(`tcp://127.0.0.1:${port}`)
    for (let round = 0; round < 200; round++) await flood.send(Array.from({ length: 50 }, () => 'part'))
    const big = new Dealer({ linger: 0 })
    big.connect(`tcp://127.0.0.1:${port}`)
    await big.send(Buffer.alloc(8 * 1024 * 1024))
    channel.send({ still: 'served' })
    assert.deepEqual(await nextRecord(session), { still: 'served' })
    flood.close()
    big.close()
    // What the flood sent came before what the honest client sent after it, but on another connection.
    assert.ok((server.counters.multipart ?? 0) > 0)
    await client[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  it('refuse a port that is in use', async () => {
    const { server, port } = await wire()
    await assert.rejects(zeromqServer({ host: '127.0.0.1', port }).listen(), { code: 'address-in-use' })
    await server[Symbol.asyncDispose]()
  })

  it('notice at once that nobody listens, and that the server has ended', async () => {
    const { server, first, connect } = await wire()
    const { client, channel } = await connect('one')
    await first
    await server[Symbol.asyncDispose]()
    assert.ok(['peer-closed', 'lost'].includes((await channel.closed).code))
    await client[Symbol.asyncDispose]()
    await assert.rejects(connect('two'), { code: 'session-closed' })
  })
})
