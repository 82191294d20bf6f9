import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { unpack } from '../../../src/base/msgpack.ts'
import { type Handler, RpcPeer } from '../../../src/wire/rpc.ts'
import { settle } from '../../support/fake-clock.ts'
import { JoinedSessions } from '../../support/joined-sessions.ts'

class Fixture {
  readonly sessions = new JoinedSessions({ heartbeatMs: 0 })
  readonly notices: unknown[] = []
  readonly client: RpcPeer
  readonly server: RpcPeer

  constructor(serve: Record<string, Handler>, maximumOpenCalls = 8) {
    const { clock } = this.sessions
    this.server = new RpcPeer(this.sessions.server, {
      clock,
      serve,
      maximumOpenCalls,
      onNotice: (record) => this.notices.push(record),
    })
    this.client = new RpcPeer(this.sessions.client, { clock })
  }
}

/** Ends when it is aborted, with the reason. */
const waits: Handler = (_, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

describe('a call', () => {
  it('is answered by the handler of its name, with who called', async () => {
    const { client } = new Fixture({ add: (params, { peer }) => ({ sum: (params as number[])[0], from: peer.name }) })
    assert.deepEqual(await client.call('add', [5]), { sum: 5, from: 'one' })
  })

  it('has null for no parameters and for no result', async () => {
    const { client } = new Fixture({ nothing: (params) => assert.equal(params, null) })
    assert.equal(await client.call('nothing', undefined), null)
  })

  it('fails with the error of the other side, its code, hint and place', async () => {
    const { client } = new Fixture({
      fails: () => {
        throw new SaltError('bad-target', 'no such glob', { hint: 'quote it', where: 'f:1' })
      },
    })
    await assert.rejects(client.call('fails', null), {
      code: 'bad-target',
      message: 'no such glob',
      hint: 'quote it',
      where: 'f:1',
    })
  })

  it('does not show the stack of a foreign error', async () => {
    const { client } = new Fixture({
      fails: () => {
        throw new TypeError('x is not a function')
      },
    })
    await assert.rejects(
      client.call('fails', null),
      (error: SaltError) => error.code === 'internal' && !JSON.stringify(error.toRecord()).includes('rpc.test'),
    )
  })

  it('of an unknown method fails, and so does one of a name that every object has', async () => {
    const { client } = new Fixture({})
    await assert.rejects(client.call('launch', null), { code: 'denied' })
    await assert.rejects(client.call('constructor', null), { code: 'denied' })
  })

  it('streams items before its result', async () => {
    const { client } = new Fixture({
      count: (_, { item }) => {
        for (let number = 0; number < 5; number++) assert.equal(item(number), true)
        return 'done'
      },
    })
    const items: unknown[] = []
    assert.equal(await client.call('count', null, { onItem: (value) => items.push(value) }), 'done')
    assert.deepEqual(items, [0, 1, 2, 3, 4])
  })

  it('gets every item in its order, large ones too, before its result', async () => {
    const large = Buffer.alloc(3 * 1024 * 1024, 7)
    const { client } = new Fixture({
      mixed: (_, { item }) => {
        for (const value of ['a', large, 'b', large, 'c']) item(value)
        return 'done'
      },
    })
    const items: unknown[] = []
    assert.equal(await client.call('mixed', null, { onItem: (value) => items.push(value) }), 'done')
    assert.deepEqual(
      items.map((value) => (value instanceof Uint8Array ? value.byteLength : value)),
      ['a', large.byteLength, 'b', large.byteLength, 'c'],
    )
  })

  it('gets a failure after the large items before it', async () => {
    const { client } = new Fixture({
      half: (_, { item }) => {
        item(Buffer.alloc(600_000))
        throw new SaltError('execution-failed', 'half way')
      },
    })
    const items: unknown[] = []
    await assert.rejects(client.call('half', null, { onItem: (value) => items.push(value) }), {
      code: 'execution-failed',
    })
    assert.equal(items.length, 1)
  })

  it('fails alone when its receiver of items throws', async () => {
    const fixture = new Fixture({
      count: (_, { item }) => item(1),
      ping: () => 'pong',
    })
    const broken = fixture.client.call('count', null, {
      onItem: () => {
        throw new SaltError('bad-arguments', 'not that')
      },
    })
    await assert.rejects(broken, { code: 'bad-arguments' })
    assert.equal(await fixture.client.call('ping', null), 'pong')
  })

  it('fails alone when its parameters or its result are no plain data', async () => {
    const { client } = new Fixture({ bad: () => () => 1, ping: () => 'pong' })
    await assert.rejects(client.call('ping', { run: () => 1 }), { code: 'bad-arguments' })
    await assert.rejects(client.call('bad', null), { code: 'bad-arguments' })
    assert.equal(await client.call('ping', null), 'pong')
  })

  it('ends on both sides when its time is over', async () => {
    const reasons: string[] = []
    const fixture = new Fixture({
      waits: (params, call) =>
        Promise.resolve(waits(params, call)).catch((error: SaltError) => void reasons.push(error.code)),
    })
    const call = fixture.client.call('waits', null, { timeoutMs: 2000 })
    const failed = assert.rejects(call, { code: 'timeout', message: /2 s/ })
    await settle()
    await fixture.sessions.clock.advance(2000)
    await failed
    assert.equal(reasons.length, 1)
    assert.ok(reasons[0] === 'timeout' || reasons[0] === 'cancelled')
    assert.equal(fixture.sessions.clock.pending, 0)
  })

  it('is cancelled on both sides by the signal', async () => {
    const reasons: string[] = []
    const fixture = new Fixture({
      waits: (params, call) =>
        Promise.resolve(waits(params, call)).catch((error: SaltError) => void reasons.push(error.code)),
    })
    const controller = new AbortController()
    const failed = assert.rejects(fixture.client.call('waits', null, { signal: controller.signal }), {
      code: 'cancelled',
    })
    await settle()
    controller.abort()
    await failed
    await settle()
    assert.deepEqual(reasons, ['cancelled'])
  })

  it('is not run when its cancellation overtakes it', async () => {
    let runs = 0
    const fixture = new Fixture({ large: () => ++runs })
    const controller = new AbortController()
    const failed = assert.rejects(
      fixture.client.call('large', Buffer.alloc(4 * 1024 * 1024), { signal: controller.signal }),
      { code: 'cancelled' },
    )
    controller.abort()
    fixture.sessions.client.flush()
    await failed
    await settle(100)
    assert.equal(runs, 0)
    assert.equal(await fixture.client.call('large', null), 1)
  })

  it('is not sent when it is cancelled already', async () => {
    const fixture = new Fixture({ ping: () => 'pong' })
    await assert.rejects(fixture.client.call('ping', null, { signal: AbortSignal.abort() }), { code: 'cancelled' })
  })

  it('fails when the channel ends, and its handler is told', async () => {
    const aborted: string[] = []
    const fixture = new Fixture({
      waits: (params, call) =>
        Promise.resolve(waits(params, call)).catch((error: SaltError) => void aborted.push(error.code)),
    })
    const failed = assert.rejects(fixture.client.call('waits', null), { code: 'session-closed' })
    await settle()
    fixture.sessions.client.close()
    await failed
    await settle()
    assert.deepEqual(aborted, ['session-closed'])
    await assert.rejects(fixture.client.call('waits', null), { code: 'session-closed' })
  })

  it('is refused when too many are open', async () => {
    const fixture = new Fixture({ waits }, 2)
    const open = [fixture.client.call('waits', null), fixture.client.call('waits', null)]
    await assert.rejects(fixture.client.call('waits', null), { code: 'overloaded' })
    fixture.sessions.client.close()
    await Promise.allSettled(open)
  })
})

describe('a method that works on packed parameters', () => {
  function fixture(servePacked: Record<string, (params: Buffer) => unknown>) {
    const sessions = new JoinedSessions({ heartbeatMs: 0 })
    const { clock } = sessions
    const serve: Record<string, Handler> = {
      look: (params) => ['unpacked', params],
      other: () => 'other',
      wait: waits,
    }
    new RpcPeer(sessions.server, { clock, serve, servePacked })
    return { sessions, client: new RpcPeer(sessions.client, { clock }) }
  }

  it('gets their bytes, of small and of large records', async () => {
    const { client } = fixture({ look: (params) => ['packed', unpack(params)] })
    for (const params of [{ a: 1 }, null, { text: 'x'.repeat(600_000) }]) {
      assert.deepEqual(await client.call('look', params), ['packed', params])
    }
    assert.equal(await client.call('other', null), 'other')
  })

  it('may leave them to the one that gets them unpacked', async () => {
    const { client } = fixture({ look: () => undefined })
    assert.deepEqual(await client.call('look', [1]), ['unpacked', [1]])
    assert.deepEqual(await client.call('look', [1], { timeoutMs: 1000 }), ['unpacked', [1]])
  })

  it('is not asked about calls in another form, nor about the number of an open one', async () => {
    const { client, sessions } = fixture({ look: () => 'packed', wait: () => undefined })
    assert.deepEqual(await client.call('look', [1], { timeoutMs: 1000 }), ['unpacked', [1]], 'more keys than usual')
    const open = client.call('wait', null)
    await settle()
    sessions.client.send({ kind: 'call', rid: 2, method: 'look', params: null })
    const refused = assert.rejects(open, { code: 'bad-frame' })
    await settle()
    await refused
  })

  it('ends the session when it has a fault', async () => {
    const { client } = fixture({
      look: () => {
        throw new Error('broken')
      },
    })
    await assert.rejects(client.call('look', null), { code: 'session-closed' })
  })
})

describe('a notice', () => {
  it('arrives, and what is no record does not', async () => {
    const fixture = new Fixture({})
    fixture.client.notify({ kind: 'grains', os: 'Debian' })
    fixture.sessions.client.send('text')
    fixture.sessions.client.send([1])
    await settle()
    assert.deepEqual(fixture.notices, [{ kind: 'grains', os: 'Debian' }])
  })

  it('of results that nobody waits for is ignored', async () => {
    const fixture = new Fixture({ ping: () => 'pong' })
    for (const kind of ['result', 'failure', 'item', 'cancel']) fixture.sessions.server.send({ kind, rid: 99 })
    await settle()
    assert.equal(await fixture.client.call('ping', null), 'pong')
  })
})
