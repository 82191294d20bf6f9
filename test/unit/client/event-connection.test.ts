import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { BusServer } from '../../../src/bus/bus-server.ts'
import type { BusEvent, BusGap } from '../../../src/bus/event.ts'
import { EventBus, type EventBusOptions } from '../../../src/bus/event-bus.ts'
import { tagOf } from '../../../src/bus/event-types.ts'
import { masterBusName } from '../../../src/client/bus-names.ts'
import { EventConnection, type EventConnectionState } from '../../../src/client/event-connection.ts'
import { connectMasterBus } from '../../../src/client/master-bus.ts'
import { LocalServer, loadOrCreateBusKey } from '../../../src/wire/local.ts'
import { zeromqServer } from '../../../src/wire/zeromq-transport.ts'
import { Changes } from '../../support/waiting.ts'

const root = mkdtempSync(join(tmpdir(), 'salt-events-'))
after(() => rmSync(root, { recursive: true }))
let folders = 0

const newFolder = (): string => join(root, String(folders++))
const reconnect = { minimumMs: 5, maximumMs: 20 }

/** A daemon's bus and nothing else of a daemon. */
async function daemon(sockDir: string, options: Partial<EventBusOptions> = {}) {
  const clock = systemClock
  const bus = new EventBus({ clock, ...options })
  const busServer = new BusServer({ bus, clock, log: silentLog, methods: {}, status: () => ({}) })
  const local = new LocalServer({
    transport: zeromqServer({ path: join(sockDir, masterBusName) }),
    busKey: loadOrCreateBusKey(join(sockDir, 'bus.key')),
    clock,
    log: silentLog,
    onSession: (channel) => busServer.accept(channel),
  })
  await local.listen()
  return { bus, busServer, [Symbol.asyncDispose]: () => local[Symbol.asyncDispose]() }
}

class Listener {
  readonly events: BusEvent[] = []
  readonly gaps: BusGap[] = []
  readonly states: EventConnectionState[] = []
  ended: unknown
  readonly changes = new Changes()

  readonly onEvents = (events: readonly BusEvent[]): void => {
    this.events.push(...events)
    this.changes.happened()
  }
  readonly onGap = (gap: BusGap): void => {
    this.gaps.push(gap)
    this.changes.happened()
  }
  readonly onEnd = (error: unknown): void => {
    this.ended = error
    this.changes.happened()
  }
  readonly onState = (state: EventConnectionState): void => {
    this.states.push(state)
    this.changes.happened()
  }

  until(holds: () => boolean, what: string): Promise<true> {
    return this.changes.until(
      () => holds() || undefined,
      () => `${what}: ${JSON.stringify({ events: this.events.map(({ tag }) => tag), gaps: this.gaps })}`,
      10_000,
    )
  }
}

const everything = { pattern: '', match: 'startswith' } as const

describe('a lasting connection to an event bus', () => {
  it('fires many events in their order, and hears them', async () => {
    const sockDir = newFolder()
    await using server = await daemon(sockDir)
    await using connection = await EventConnection.open({ connect: () => connectMasterBus({ sockDir }) })
    const listener = new Listener()
    const subscription = await connection.subscribe({ pattern: 'a/', match: 'startswith' }, listener)
    assert.deepEqual(subscription.position, { instance: server.bus.instance, seq: 0 })
    const fired = Array.from({ length: 2000 }, (_, number) => connection.fire(`a/${number}`, { number }))
    await Promise.all(fired)
    await listener.until(() => listener.events.length === 2000, 'all events')
    assert.deepEqual(
      listener.events.map(({ data }) => data.number),
      Array.from({ length: 2000 }, (_, number) => number),
    )
    assert.equal(subscription.position.seq, 2000)
    subscription.unsubscribe()
    await connection.fire('a/after')
    assert.equal(listener.events.length, 2000)
    assert.equal(listener.ended, undefined)
  })

  it('tells of each event that was refused, and fires the others', async () => {
    const sockDir = newFolder()
    await using server = await daemon(sockDir)
    await using connection = await EventConnection.open({ connect: () => connectMasterBus({ sockDir }) })
    const results = await Promise.allSettled([
      connection.fire('good', {}),
      connection.fire('', {}),
      connection.fire('no mapping', [] as never),
      connection.fire('no data', { run: () => {} }),
      connection.fire('good too', { x: 1 }),
    ])
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? 'fired' : result.reason.code)),
      ['fired', 'bad-arguments', 'bad-arguments', 'bad-arguments', 'fired'],
    )
    assert.equal(server.bus.seq, 2)
  })

  it('keeps the order around an event that is too large to share a record', async () => {
    const sockDir = newFolder()
    await using _server = await daemon(sockDir)
    await using connection = await EventConnection.open({ connect: () => connectMasterBus({ sockDir }) })
    const listener = new Listener()
    await connection.subscribe(everything, listener)
    await Promise.all([
      connection.fire('1'),
      connection.fire('2', { text: 'x'.repeat(700_000) }),
      connection.fire('3'),
      connection.fire('4'),
    ])
    await listener.until(() => listener.events.length === 4, 'four events')
    assert.deepEqual(
      listener.events.map(({ tag }) => tag),
      ['1', '2', '3', '4'],
    )
  })

  it('goes on after the daemon was started anew, with a gap that says so', async () => {
    const sockDir = newFolder()
    const first = await daemon(sockDir)
    const listener = new Listener()
    await using connection = await EventConnection.open({
      connect: () => connectMasterBus({ sockDir }),
      reconnect,
      onState: listener.onState,
    })
    const subscription = await connection.subscribe(everything, listener)
    for (let count = 0; count < 10; count++) await connection.fire('before', {})
    await listener.until(() => listener.events.length === 10, 'what came before')
    await first[Symbol.asyncDispose]()
    await listener.until(() => !connection.isConnected, 'the loss')
    const waiting = connection.fire('while it was away', {})
    await using second = await daemon(sockDir)
    second.bus.fire('before it is back', {})
    await waiting
    await listener.until(() => listener.events.length === 12, 'what came after')
    assert.deepEqual(listener.gaps, [{ dropped: 0, seq: 0, restarted: true }])
    assert.deepEqual(
      listener.events.slice(10).map(({ tag, seq }) => [tag, seq]),
      [
        ['before it is back', 1],
        ['while it was away', 2],
      ],
    )
    assert.deepEqual(subscription.position, { instance: second.bus.instance, seq: 2 })
    assert.equal(listener.states[0]?.kind, 'connected')
    assert.equal(listener.states.at(-1)?.kind, 'connected')
  })

  it('goes on from a position of another process, or tells what is missing', async () => {
    const sockDir = newFolder()
    await using server = await daemon(sockDir, { keptEvents: 5 })
    for (let count = 1; count <= 4; count++) server.bus.fire(String(count), {})
    await using connection = await EventConnection.open({ connect: () => connectMasterBus({ sockDir }) })
    const { instance } = server.bus
    const listener = new Listener()
    await connection.subscribe({ ...everything, since: 2, instance }, listener)
    await listener.until(() => listener.events.length === 2, 'the rest')
    for (let count = 5; count <= 10; count++) server.bus.fire(String(count), {})
    const late = new Listener()
    await connection.subscribe({ ...everything, since: 2, instance }, late)
    await late.until(() => late.events.length === 5, 'what is kept')
    assert.deepEqual(late.gaps, [{ dropped: 3, seq: 5 }])
    const other = new Listener()
    await connection.subscribe({ ...everything, since: 2, instance: 'another' }, other)
    await other.until(() => other.events.length === 5, 'what is kept')
    assert.deepEqual(other.gaps, [{ dropped: 5, seq: 5, restarted: true }])
  })

  it('waits for a daemon that is not there yet, or does not', async () => {
    const sockDir = newFolder()
    const connect = () => connectMasterBus({ sockDir })
    await assert.rejects(EventConnection.open({ connect }), { code: 'master-unreachable' })
    const nobody = new AbortController()
    const given = EventConnection.open({ connect, waitForDaemon: true, signal: nobody.signal, reconnect })
    nobody.abort()
    await assert.rejects(given, { code: 'cancelled' })
    const listener = new Listener()
    const opening = EventConnection.open({ connect, waitForDaemon: true, reconnect, onState: listener.onState })
    await listener.until(() => listener.states.length >= 2, 'two attempts')
    await using server = await daemon(sockDir)
    await using connection = await opening
    await connection.fire('here', {})
    assert.equal(server.bus.seq, 1)
  })

  it('gives events the parts of their tags, and known ones their types', async () => {
    const sockDir = newFolder()
    await using server = await daemon(sockDir)
    await using connection = await EventConnection.open({ connect: () => connectMasterBus({ sockDir }) })
    const heard: string[] = []
    const listener = new Listener()
    await connection.subscribe(
      { pattern: 'salt/minion/:id/stop', match: 'parts' },
      {
        onEvents: (events) => {
          for (const { parts, data, seq } of events) heard.push(`${seq} ${parts.id} ${data.reason.length}`)
        },
      },
    )
    await connection.subscribe({ pattern: ':any/:rest*', match: 'parts' }, listener)
    server.bus.fire(tagOf('salt/minion/:id/stop', 'web'), { id: 'web', reason: 'closed' })
    await listener.until(() => listener.events.length === 1, 'the event')
    assert.deepEqual(heard, ['1 web 6'])
    assert.deepEqual(listener.events, [{ ...listener.events[0], parts: { any: 'salt', rest: 'minion/web/stop' } }])
    await assert.rejects(connection.subscribe({ pattern: ':x/:x', match: 'parts' }, new Listener()), { code: 'usage' })
  })

  it('says what is wrong with a pattern, and ends a subscription whose handler throws', async () => {
    const sockDir = newFolder()
    await using server = await daemon(sockDir)
    await using connection = await EventConnection.open({ connect: () => connectMasterBus({ sockDir }) })
    await assert.rejects(connection.subscribe({ pattern: '(', match: 'regex' }, new Listener()), { code: 'usage' })
    const listener = new Listener()
    const broken = {
      onEvents: () => {
        throw new Error('broken')
      },
      onEnd: listener.onEnd,
    }
    await connection.subscribe(everything, broken)
    server.bus.fire('a', {})
    await listener.until(() => listener.ended !== undefined, 'the end')
    assert.match(String(listener.ended), /broken/)
    assert.equal(connection.isConnected, true)
  })

  it('rejects what was not fired when it is closed', async () => {
    const sockDir = newFolder()
    const server = await daemon(sockDir)
    const listener = new Listener()
    const connection = await EventConnection.open({
      connect: () => connectMasterBus({ sockDir }),
      reconnect,
      onState: listener.onState,
    })
    await server[Symbol.asyncDispose]()
    await listener.until(() => !connection.isConnected, 'the loss')
    const fired = connection.fire('a', {})
    await Promise.all([connection.close(), assert.rejects(fired, { code: 'session-closed' })])
    await assert.rejects(connection.fire('b', {}), { code: 'session-closed' })
    await assert.rejects(connection.subscribe(everything, listener), { code: 'session-closed' })
    assert.equal(listener.states.at(-1)?.kind, 'closed')
  })
})
