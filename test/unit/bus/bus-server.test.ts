import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { BusServer } from '../../../src/bus/bus-server.ts'
import type { BusEvent, SubscribeItem } from '../../../src/bus/event.ts'
import { EventBus } from '../../../src/bus/event-bus.ts'
import { connectLocal, LocalServer, loadOrCreateBusKey } from '../../../src/wire/local.ts'
import { memoryNetwork } from '../../../src/wire/memory-transport.ts'
import { RpcPeer } from '../../../src/wire/rpc.ts'
import { zeromqServer } from '../../../src/wire/zeromq-transport.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'

const busKey = Buffer.alloc(32, 5)

async function busOverMemory() {
  const clock = new FakeClock()
  const network = memoryNetwork({ maximumWaiting: 1_000_000 })
  const bus = new EventBus({ clock })
  const busServer = new BusServer({ bus, clock, log: silentLog, methods: {}, status: () => ({ fine: true }) })
  const local = new LocalServer({
    transport: network.server(),
    busKey,
    clock,
    log: silentLog,
    onSession: (channel) => busServer.accept(channel),
  })
  await local.listen()
  const connect = async (): Promise<RpcPeer> =>
    new RpcPeer(await connectLocal({ transport: network.client(), busKey, clock, timeoutMs: 1000 }), { clock })
  return { bus, busServer, local, network, connect }
}

function collector() {
  const items: SubscribeItem[] = []
  return {
    items,
    onItem: (item: unknown) => void items.push(item as SubscribeItem),
    get events(): readonly BusEvent[] {
      return items.flatMap((item) => ('events' in item ? item.events : []))
    },
    get dropped(): number {
      return items.reduce((sum, item) => sum + ('gap' in item ? item.gap.dropped : 0), 0)
    },
  }
}

describe('the bus as a server', () => {
  it('says at once that a subscription is active, then delivers', async () => {
    const { bus, connect } = await busOverMemory()
    const client = await connect()
    const received = collector()
    const controller = new AbortController()
    const subscribed = client.call(
      'subscribe',
      { pattern: 'a/*', match: 'fnmatch' },
      { onItem: received.onItem, signal: controller.signal },
    )
    await settle()
    assert.deepEqual(received.items, [{ events: [], instance: bus.instance, seq: 0 }])
    bus.fire('a/1', { x: 1 })
    bus.fire('b/1', {})
    await settle()
    assert.deepEqual(
      received.events.map(({ tag }) => tag),
      ['a/1'],
    )
    controller.abort()
    await assert.rejects(subscribed, { code: 'cancelled' })
    await settle()
    bus.fire('a/2', {})
    await settle()
    assert.equal(received.events.length, 1)
  })

  it('fires, tells its state, and refuses what makes no sense', async () => {
    const { bus, connect } = await busOverMemory()
    const client = await connect()
    assert.equal(await client.call('fire', { tag: 'a', data: { x: 1 } }), true)
    assert.equal(bus.seq, 1)
    assert.deepEqual(await client.call('status', null), { fine: true })
    const refused: readonly (readonly [string, unknown])[] = [
      ['fire', { tag: '', data: {} }],
      ['fire', { tag: 'a', data: 5 }],
      ['fire', 'a'],
      ['subscribe', { match: 'startswith' }],
    ]
    for (const [method, params] of refused) {
      await assert.rejects(client.call(method, params), { code: 'bad-arguments' }, JSON.stringify(params))
    }
    await assert.rejects(client.call('subscribe', { pattern: '(', match: 'regex' }), { code: 'usage' })
  })

  it('passes on what nests as deep as it may', async () => {
    const { bus, connect } = await busOverMemory()
    const client = await connect()
    const received = collector()
    void client.call('subscribe', { pattern: '', match: 'startswith' }, { onItem: received.onItem }).catch(() => {})
    let deep: unknown = 1
    for (let level = 0; level < 63; level++) deep = [deep]
    await settle()
    bus.fire('deep', { deep })
    bus.fire('after', {})
    await settle()
    assert.deepEqual(
      received.events.map(({ tag, data }) => [tag, 'deep' in data]),
      [
        ['deep', true],
        ['after', false],
      ],
    )
  })

  it('holds no more than its bound for a subscriber that does not read, and tells it the gap afterwards', async () => {
    const { bus, network, connect, local } = await busOverMemory()
    const slow = await connect()
    const received = collector()
    void slow.call('subscribe', { pattern: '', match: 'startswith' }, { onItem: received.onItem }).catch(() => {})
    await settle()
    const held: Buffer[] = []
    network.setFault((frame, direction) => {
      if (direction === 'to-server') return [frame]
      held.push(frame)
      return []
    })
    const text = 'x'.repeat(10_000)
    for (let count = 0; count < 4000; count++) {
      bus.fire('big', { text })
      if (count % 10 === 0) await settle(1)
    }
    await settle()
    const bytes = held.reduce((sum, frame) => sum + frame.byteLength, 0)
    assert.ok(bytes < 9 * 1024 * 1024, `${bytes} bytes wait for a subscriber that does not read`)
    assert.equal(local.counters.sessions, 1, 'the subscriber is still served')
    // The subscriber reads on: what was held arrives, then the gap.
    network.setFault((frame, direction) => (direction === 'to-server' ? [frame] : [...held.splice(0), frame]))
    await slow.call('status', null)
    await settle()
    bus.fire('end', {})
    await settle()
    assert.equal(received.dropped, bus.dropped)
    assert.equal(received.events.length + received.dropped, bus.seq)
    assert.ok(received.dropped > 2000)
    const seqs = received.events.map(({ seq }) => seq)
    assert.deepEqual(
      seqs,
      [...seqs].sort((a, b) => a - b),
    )
  })
})

describe('the bus over ZeroMQ', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salt-bus-'))
  after(() => rmSync(folder, { recursive: true }))

  it('gives a subscriber whose process is busy a gap, in bounded memory, and does not end its session', async () => {
    const path = join(folder, 'bus.ipc')
    const key = loadOrCreateBusKey(join(folder, 'bus.key'))
    const clock = systemClock
    const bus = new EventBus({ clock })
    const busServer = new BusServer({ bus, clock, log: silentLog, methods: {}, status: () => ({}) })
    await using local = new LocalServer({
      transport: zeromqServer({ path }),
      busKey: key,
      clock,
      log: silentLog,
      onSession: (channel) => busServer.accept(channel),
    })
    await local.listen()
    await using channel = await connectLocal({ path, busKey: key, clock, timeoutMs: 5000 })
    const client = new RpcPeer(channel, { clock })
    const received = collector()
    const active = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const onItem = (item: unknown): void => {
      received.onItem(item)
      active.resolve()
      if (received.events.at(-1)?.tag === 'end') ended.resolve()
    }
    void client.call('subscribe', { pattern: '', match: 'startswith' }, { onItem }).catch(() => {})
    await active.promise
    // The same thread fires: within one tick its subscriber cannot read.
    const text = 'x'.repeat(10_000)
    for (let count = 0; count < 3000; count++) {
      bus.fire('big', { text })
      if (count % 100 === 0) bus.flush()
    }
    await settle()
    while (channel.isOpen && received.events.length + received.dropped < 3000) await settle(1)
    bus.fire('end', {})
    await ended.promise
    assert.equal(received.events.length + received.dropped, bus.seq)
    assert.ok(received.dropped > 1000, `${received.dropped} dropped`)
  })
})
