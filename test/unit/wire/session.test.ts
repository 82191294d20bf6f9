import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CloseReason } from '../../../src/wire/channel.ts'
import { decodeFrame, encodeFrame, type Frame, frameTypes } from '../../../src/wire/frame.ts'
import { Session } from '../../../src/wire/session.ts'
import { sessionKeys } from '../../../src/wire/session-keys.ts'
import type { SessionLimits } from '../../../src/wire/session-limits.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { recordsOf } from '../../support/wire.ts'

const peer = { name: '', role: 'local', fingerprint: '' }

/** Two ends whose frames a test carries by hand, or that are joined. */
class Pair {
  readonly clock = new FakeClock()
  readonly sent: { left: Buffer[]; right: Buffer[] } = { left: [], right: [] }
  readonly left: Session
  readonly right: Session
  takes = true

  constructor(limits: Partial<SessionLimits> = {}, rightLimits = limits) {
    const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const
    const hash = Buffer.alloc(32, 3)
    const make = (side: 'left' | 'right'): Session =>
      new Session({
        id: 7n,
        peer,
        clock: this.clock,
        limits: side === 'left' ? limits : rightLimits,
        keys: sessionKeys(keys, hash, side === 'left'),
        transmit: (frame) => {
          if (this.takes) this.sent[side].push(frame)
          return this.takes
        },
      })
    this.left = make('left')
    this.right = make('right')
  }

  /** Carries frames both ways until nothing moves. */
  async join(): Promise<void> {
    for (;;) {
      await settle(3)
      const left = this.sent.left.splice(0)
      const right = this.sent.right.splice(0)
      if (left.length + right.length === 0) return
      for (const bytes of left) this.right.receive(decodeFrame(bytes))
      for (const bytes of right) this.left.receive(decodeFrame(bytes))
    }
  }

  async frameOf(record: unknown): Promise<Frame> {
    this.left.send(record)
    this.left.flush()
    return decodeFrame(this.sent.left.pop() ?? Buffer.alloc(0))
  }
}

describe('a session', () => {
  it('sends the records of one tick in one frame, in order', async () => {
    const pair = new Pair()
    const records = recordsOf(pair.right)
    for (let number = 0; number < 100; number++) pair.left.send({ number })
    await settle(1)
    assert.equal(pair.sent.left.length, 1)
    await pair.join()
    assert.deepEqual(
      records,
      Array.from({ length: 100 }, (_, number) => ({ number })),
    )
  })

  it('keeps records that come before there is a receiver', async () => {
    const pair = new Pair()
    pair.left.send({ early: true })
    await pair.join()
    assert.deepEqual(recordsOf(pair.right), [{ early: true }])
  })

  it('ends at a frame that comes twice', async () => {
    const pair = new Pair()
    const frame = await pair.frameOf({ a: 1 })
    assert.equal(pair.right.receive(frame), 'taken')
    assert.equal(pair.right.receive(frame), 'replay')
    assert.equal((await pair.right.closed).code, 'replay')
  })

  it('ends at a missing frame, so that nothing is lost unnoticed', async () => {
    const pair = new Pair()
    await pair.frameOf({ lost: true })
    assert.equal(pair.right.receive(await pair.frameOf({ a: 2 })), 'gap')
    assert.equal(pair.right.isOpen, false)
  })

  it('does not take a flipped bit anywhere in a frame, and stays open for the true one', async () => {
    const pair = new Pair()
    const records = recordsOf(pair.right)
    pair.left.send({ a: 1 })
    pair.left.flush()
    const bytes = pair.sent.left.pop() ?? Buffer.alloc(0)
    for (let position = 4; position < bytes.length; position++) {
      const flipped = Buffer.from(bytes)
      flipped[position] = (flipped[position] ?? 0) ^ 0x10
      assert.equal(pair.right.receive(decodeFrame(flipped)), 'wrong-key', `byte ${position}`)
    }
    assert.equal(pair.right.receive(decodeFrame(bytes)), 'taken')
    assert.deepEqual(records, [{ a: 1 }])
  })

  it('does not take its own frames back', async () => {
    const pair = new Pair()
    assert.equal(pair.left.receive(await pair.frameOf({ a: 1 })), 'wrong-key')
  })

  it('ends at a sealed record that is no record', async () => {
    const pair = new Pair()
    const bad = encodeFrame(frameTypes.data, 7n, 0n, Buffer.from('nonsense'))
    assert.equal(pair.right.receive(decodeFrame(bad)), 'wrong-key')
    assert.equal(pair.right.isOpen, true)
  })

  it('carries a record of 8 MiB in chunks while small ones overtake it', async () => {
    const pair = new Pair()
    const sizes: number[] = []
    pair.right.onRecord((record) => sizes.push(record instanceof Uint8Array ? record.byteLength : 0))
    pair.left.send(new Uint8Array(8 * 1024 * 1024))
    await settle(3)
    assert.equal(pair.sent.left.length, 4, 'no more chunks than there is credit for')
    pair.left.send('small')
    await pair.join()
    assert.deepEqual(sizes, [0, 8 * 1024 * 1024])
  })

  it('refuses a record over the limit, and ends when too much waits', async () => {
    const pair = new Pair({ maximumRecord: 1024 * 1024 })
    assert.throws(() => pair.left.send(new Uint8Array(2 * 1024 * 1024)), { code: 'overloaded' })
    for (let count = 0; count < 10 && pair.left.isOpen; count++) pair.left.send(new Uint8Array(900 * 1024))
    assert.equal((await pair.left.closed).code, 'overflow')
  })

  it('ends when the transport takes nothing', async () => {
    const pair = new Pair()
    pair.takes = false
    pair.left.send({ a: 1 })
    pair.left.flush()
    assert.equal((await pair.left.closed).code, 'overflow')
    assert.equal(pair.left.send({ a: 2 }), false)
  })

  it('tells its peer when it closes', async () => {
    const pair = new Pair()
    pair.left.close({ code: 'revoked', message: 'no longer accepted' })
    await pair.join()
    assert.deepEqual(await pair.right.closed, { code: 'revoked', message: 'no longer accepted' } satisfies CloseReason)
  })

  it('says that it lives when it is idle, and takes a silent peer for lost', async () => {
    const pair = new Pair({ heartbeatMs: 1000 })
    for (let second = 0; second < 20; second++) {
      await pair.clock.advance(1000)
      await pair.join()
    }
    assert.ok(pair.left.isOpen && pair.right.isOpen)
    await pair.clock.advance(4000)
    assert.equal((await pair.left.closed).code, 'lost')
    assert.equal((await pair.right.closed).code, 'lost')
    assert.equal(pair.clock.pending, 0, 'no timer is left')
  })

  it('asks a peer that only listens and has a longer interval of its own', async () => {
    const pair = new Pair({ heartbeatMs: 1000 }, { heartbeatMs: 30_000 })
    for (let step = 0; step < 40; step++) {
      pair.left.send({ step })
      await pair.join()
      await pair.clock.advance(250)
      await pair.join()
    }
    assert.ok(pair.left.isOpen && pair.right.isOpen)
  })

  it('answers a ping, and knows when nobody does', async () => {
    const pair = new Pair()
    const alive = pair.left.ping(1000)
    await pair.join()
    assert.equal(await alive, true)
    const dead = pair.left.ping(1000)
    await pair.clock.advance(1000)
    assert.equal(await dead, false)
  })

  it('changes its keys in place', async () => {
    const pair = new Pair({ heartbeatMs: 1000, rekeyMs: 5000 })
    const records = recordsOf(pair.right)
    for (let second = 0; second < 20; second++) {
      pair.left.send({ second })
      await pair.clock.advance(1000)
      await pair.join()
    }
    assert.ok(pair.left.isOpen && pair.right.isOpen)
    assert.equal(records.length, 20)
  })

  it('refuses to send what is no plain data', () => {
    const pair = new Pair()
    assert.throws(() => pair.left.send({ run: () => {} }), { code: 'bad-arguments' })
  })
})
