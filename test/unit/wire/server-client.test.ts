import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { Backoff } from '../../../src/wire/backoff.ts'
import { encodeFrame, frameTypes } from '../../../src/wire/frame.ts'
import { temporaryIdentity } from '../../../src/wire/identity.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { recordsOf, WireFixture } from '../../support/wire.ts'

describe('a client and a server', () => {
  it('prove who they are and talk', async () => {
    const fixture = await new WireFixture().listen()
    const identity = temporaryIdentity()
    const shown: string[] = []
    const client = fixture.client({ identity, checkServer: ({ fingerprint }) => shown.push(fingerprint) })
    const channel = await client.connected()
    assert.deepEqual(shown, [fixture.identity.fingerprint])
    const [session] = fixture.sessions
    assert.deepEqual(session?.peer, { name: 'one', role: 'minion', fingerprint: identity.fingerprint })
    assert.deepEqual(fixture.claims[0]?.payload, { shown: 1 })
    channel.send({ from: 'client' })
    session?.send({ from: 'server' })
    await settle()
    assert.ok(session)
    assert.deepEqual(recordsOf(session), [{ from: 'client' }])
    assert.deepEqual(recordsOf(channel), [{ from: 'server' }])
  })

  it('say nothing of the client to a server that it does not trust', async () => {
    const fixture = await new WireFixture().listen()
    const types: number[] = []
    fixture.network.setFault((frame, direction) => {
      if (direction === 'to-server') types.push(frame[3] ?? 0)
      return [frame]
    })
    const client = fixture.client({
      checkServer: () => {
        throw new SaltError('master-mismatch', 'another key')
      },
    })
    client.wire.start()
    await settle()
    assert.equal(client.waiting?.reason, 'mismatch')
    assert.deepEqual(types, [frameTypes.handshake1])
    assert.equal(fixture.claims.length, 0)
  })

  it('wait while the key is pending, and are let in later', async () => {
    const fixture = await new WireFixture().listen()
    fixture.admit = () => ({ kind: 'pending', message: 'waits for acceptance', retryAfterMs: 1000 })
    const client = fixture.client()
    client.wire.start()
    await settle()
    assert.equal(client.waiting?.reason, 'pending')
    assert.equal(fixture.sessions.length, 0)
    fixture.admit = () => ({ kind: 'welcome', payload: null })
    await fixture.clock.advance(1300)
    assert.equal(client.channels.length, 1)
  })

  it('keep a connection while one waits, and end the waiting when it is decided anew', async () => {
    const fixture = await new WireFixture().listen()
    fixture.admit = () => ({ kind: 'pending', message: 'waits for acceptance', retryAfterMs: 10_000 })
    const client = fixture.client()
    client.wire.start()
    await settle()
    fixture.admit = () => ({ kind: 'welcome', payload: null })
    fixture.server.recall(() => true, 'another')
    fixture.server.recall(({ name }, answer) => name === 'one' && answer !== 'pending')
    await settle()
    assert.equal(client.channels.length, 0)
    assert.equal(fixture.server.counters.waiting, 1)
    fixture.server.recall((_claim, answer) => answer === 'pending', 'one')
    await settle()
    assert.equal(client.channels.length, 1)
    assert.equal(fixture.server.counters.waiting, 0)
  })

  it('send away who waits and does not only wait, and all above a thousand, who come back by themselves', async () => {
    const fixture = await new WireFixture().listen()
    fixture.admit = () => ({ kind: 'rejected', message: 'rejected here', retryAfterMs: 10_000 })
    const clients = await Promise.all(Array.from({ length: 1001 }, (_, index) => fixture.handshake(`one${index}`)))
    await settle()
    assert.equal(fixture.server.counters.waiting, 1000)
    assert.equal(clients.filter(({ session }) => session.isOpen).length, 1000)
    clients[0]?.session.send({ kind: 'hello' })
    await settle()
    assert.equal((await clients[0]?.session.closed)?.message, 'the client is not admitted')
    assert.equal(fixture.server.counters.waiting, 999)
  })

  it('let no single name take the place of all who wait', async () => {
    const fixture = await new WireFixture().listen()
    fixture.admit = () => ({ kind: 'pending', message: 'waits for acceptance', retryAfterMs: 10_000 })
    await Promise.all(Array.from({ length: 17 }, () => fixture.handshake('one')))
    await fixture.handshake('two')
    await settle()
    assert.equal(fixture.server.counters.waiting, 17)
  })

  it('tell one attempt why it was refused', async () => {
    const fixture = await new WireFixture().listen()
    fixture.admit = () => ({ kind: 'rejected', message: 'rejected here', retryAfterMs: 0 })
    const client = fixture.client({ reconnect: false })
    await assert.rejects(client.wire.connectOnce(), { code: 'key-rejected' })
  })

  it('fail at once where nobody listens', async () => {
    const client = new WireFixture().client({ reconnect: false })
    await assert.rejects(client.wire.connectOnce(), { code: 'session-closed' })
  })

  it('come back after the server was started anew, within the bounds of the back-off', async () => {
    const fixture = await new WireFixture().listen()
    const client = fixture.client()
    const first = await client.connected()
    await fixture.restart()
    await settle()
    assert.equal((await first.closed).code, 'lost')
    assert.ok((client.waiting?.retryMs ?? 501) <= 500)
    await fixture.clock.advance(500)
    assert.equal(client.channels.length, 2)
  })

  it('learn from a refusal that the server does not know the session', async () => {
    const fixture = await new WireFixture().listen()
    const channel = await fixture.client().connected()
    const [session] = fixture.sessions
    session?.abandon({ code: 'lost', message: 'forgotten' })
    await settle()
    channel.send({ a: 1 })
    await settle()
    assert.equal((await channel.closed).code, 'lost')
  })

  it('wait ever longer, up to a bound, each time by chance', () => {
    const backoff = new Backoff({ minimumMs: 500, maximumMs: 60_000 })
    const waits = Array.from({ length: 200 }, () => backoff.next())
    for (const [attempt, wait] of waits.entries()) assert.ok(wait <= Math.min(60_000, 500 * 2 ** attempt))
    assert.ok(Math.max(...waits) > 30_000)
    assert.ok(Math.min(...waits.slice(10)) < 30_000)
    backoff.reset()
    assert.ok(backoff.next() <= 500)
  })

  it('stop when they are told to', async () => {
    const fixture = new WireFixture()
    const client = fixture.client()
    client.wire.start()
    await settle()
    assert.equal(client.waiting?.reason, 'unreachable')
    await client.wire[Symbol.asyncDispose]()
    assert.equal(client.states.at(-1)?.kind, 'stopped')
    assert.equal(fixture.clock.pending, 0)
  })

  it('drop what a stranger sends, and go on', async () => {
    const fixture = await new WireFixture().listen()
    const channel = await fixture.client().connected()
    const stranger = fixture.network.client()
    await stranger.connect()
    const [session] = fixture.sessions
    assert.ok(session)
    const garbage = [
      Buffer.alloc(0),
      Buffer.from('GET / HTTP/1.1'),
      Buffer.alloc(2_000_000),
      encodeFrame(frameTypes.handshake1, 0n, 0n, Buffer.from('short')),
      encodeFrame(frameTypes.handshake3, 5n, 0n, Buffer.alloc(64)),
      encodeFrame(frameTypes.data, session.id, 0n, Buffer.alloc(64)),
      encodeFrame(frameTypes.data, 99n, 0n, Buffer.alloc(64)),
      encodeFrame(frameTypes.control, session.id, 10n, Buffer.alloc(16)),
    ]
    const version = encodeFrame(frameTypes.data, 1n, 0n, Buffer.alloc(16))
    version[2] = 9
    for (let round = 0; round < 50; round++) for (const frame of [...garbage, version]) stranger.send(frame)
    await settle()
    channel.send({ still: 'served' })
    await settle()
    assert.deepEqual(recordsOf(session), [{ still: 'served' }])
    const { counters } = fixture.server
    for (const kind of ['bad-frame', 'unknown-version', 'unknown-session', 'wrong-key']) {
      assert.ok((counters[kind] ?? 0) >= 50, `${kind}: ${counters[kind]}`)
    }
    const told = fixture.incidents.filter(({ kind }) => kind === 'wrong-key')
    assert.equal(told.length, 1, 'the same trouble is told once')
  })

  it('turn away a storm of handshakes before they cost anything, and say when to come back', async () => {
    const fixture = await new WireFixture().listen()
    const stranger = fixture.network.client()
    const answers: number[] = []
    await stranger.connect()
    stranger.onFrame((frame) => answers.push(frame[3] ?? 0))
    for (let attempt = 0; attempt < 100; attempt++)
      stranger.send(encodeFrame(frameTypes.handshake1, 0n, 0n, Buffer.alloc(90)))
    await settle()
    assert.equal(answers.filter((type) => type === frameTypes.refusal).length, 90)
    assert.equal(fixture.server.counters.busy, 90)
  })

  it('end the session of a duplicated frame, and none else', async () => {
    const fixture = await new WireFixture().listen()
    const victim = await fixture.client().connected()
    const other = await fixture.client({ name: 'two' }).connected()
    const [first, second] = fixture.sessions
    fixture.network.setFault((frame, direction) =>
      direction === 'to-server' && frame[3] === frameTypes.data ? [frame, frame] : [frame],
    )
    victim.send({ a: 1 })
    await settle()
    fixture.network.setFault(undefined)
    assert.equal(first?.isOpen, false)
    assert.equal(second?.isOpen, true)
    other.send({ b: 2 })
    await settle()
    assert.ok(second)
    assert.deepEqual(recordsOf(second), [{ b: 2 }])
    assert.equal(fixture.server.counters.replay, 1)
  })

  it('refuse a certificate that has run out, and speak of clocks', async () => {
    const fixture = await new WireFixture().listen()
    const clock = new FakeClock(fixture.clock.now() + 40 * 86_400_000)
    const client = fixture.client({ clock, reconnect: false })
    await assert.rejects(client.wire.connectOnce(), (error: SaltError) => /compare the clocks/.test(error.hint ?? ''))
  })
})
