import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pack } from '../../../src/base/msgpack.ts'
import { BucketsBySource, TokenBucket } from '../../../src/wire/admission.ts'
import { generatePair } from '../../../src/wire/crypto.ts'
import { encodeFrame, frameTypes } from '../../../src/wire/frame.ts'
import { offer, prologue } from '../../../src/wire/handshake-messages.ts'
import { Handshake } from '../../../src/wire/noise.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { WireFixture } from '../../support/wire.ts'

describe('a token bucket', () => {
  it('lets a burst through, then so many each second', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(clock, { ratePerSecond: 10, burst: 5 })
    const taken = (): number => {
      let count = 0
      while (bucket.take()) count += 1
      return count
    }
    assert.equal(taken(), 5)
    assert.ok(Math.abs(bucket.waitMs - 100) < 1)
    await clock.advance(99)
    assert.equal(taken(), 0)
    await clock.advance(1)
    assert.equal(taken(), 1)
    await clock.advance(60_000)
    assert.equal(bucket.isFull, true)
    assert.equal(bucket.waitMs, 0)
    assert.equal(taken(), 5, 'no more is saved up than the burst')
  })

  it('is one for each source, and the many that are full are forgotten', async () => {
    const clock = new FakeClock()
    const buckets = new BucketsBySource(clock, { ratePerSecond: 1, burst: 2 }, 3)
    assert.deepEqual(
      ['a', 'a', 'a', 'b'].map((source) => buckets.take(source)),
      [true, true, false, true],
    )
    await clock.advance(10_000)
    assert.deepEqual(
      ['c', 'd', 'e', 'a'].map((source) => buckets.take(source)),
      [true, true, true, true],
    )
  })
})

describe('a server', () => {
  const hello = (): Buffer => {
    const handshake = new Handshake({ pattern: 'XX', initiator: true, prologue, static: generatePair() })
    return encodeFrame(frameTypes.handshake1, 0n, 0n, handshake.write(pack(offer)))
  }

  it('forgets handshakes that are not completed', async () => {
    const fixture = await new WireFixture().listen()
    const stranger = fixture.network.client()
    await stranger.connect()
    for (let count = 0; count < 5; count++) stranger.send(hello())
    await settle()
    assert.equal(fixture.server.counters.halfOpen, 5)
    await fixture.clock.advance(10_000)
    assert.equal(fixture.server.counters.halfOpen, 0)
  })

  it('turns everybody away for a while when too many come at once, each with a time to come back', async () => {
    const fixture = await new WireFixture(undefined, { handshakeRate: { ratePerSecond: 2, burst: 3 } }).listen()
    const clients = Array.from({ length: 5 }, (_, number) => fixture.client({ name: `m${number}` }))
    for (const { wire } of clients) wire.start()
    await settle()
    const busy = clients.filter(({ waiting }) => waiting?.reason === 'busy')
    assert.equal(busy.length, 2)
    for (const { waiting } of busy) assert.ok((waiting?.retryMs ?? 0) >= 500)
    await fixture.clock.advance(10_000)
    assert.ok(
      clients.every(({ channels }) => channels.length === 1),
      'all are let in by and by',
    )
    assert.equal(fixture.incidents.filter(({ kind }) => kind === 'busy').length, 1)
    for (const { wire } of clients) await wire[Symbol.asyncDispose]()
  })

  it('answers what it cannot admit because of its own fault, and serves on', async () => {
    const fixture = await new WireFixture().listen()
    fixture.admit = () => {
      throw new Error('the disk is on fire')
    }
    const client = fixture.client()
    client.wire.start()
    await settle()
    assert.equal(client.waiting?.reason, 'busy')
    assert.doesNotMatch(client.waiting?.message ?? '', /fire/)
    fixture.admit = () => ({ kind: 'welcome', payload: null })
    await fixture.client({ name: 'other' }).connected()
    await client.wire[Symbol.asyncDispose]()
  })

  it('does not let a client in that says too much of itself', async () => {
    const fixture = await new WireFixture().listen()
    const client = fixture.client({ reconnect: false, payload: () => 'x'.repeat(5000) })
    await assert.rejects(client.wire.connectOnce(), { code: 'bad-arguments', message: /the limit is 4096/ })
  })
})
