import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { pack } from '../../../src/base/msgpack.ts'
import { BulkReceiver, BulkSender, chunkSize } from '../../../src/wire/bulk.ts'
import { seal } from '../../../src/wire/crypto.ts'
import { ReceiveWindow, SendWindow } from '../../../src/wire/flow.ts'
import { decodeFrame, encodeHeader, type Frame, type FrameType, frameTypes } from '../../../src/wire/frame.ts'
import { noiseNonce } from '../../../src/wire/noise.ts'
import { Session } from '../../../src/wire/session.ts'
import { sessionKeys } from '../../../src/wire/session-keys.ts'
import type { SessionLimits } from '../../../src/wire/session-limits.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { JoinedSessions } from '../../support/joined-sessions.ts'
import { recordsOf } from '../../support/wire.ts'

const kibibyte = 1024
const isBadFrame = (error: unknown): boolean => error instanceof SaltError && error.code === 'bad-frame'

describe('a peer that does not take what is sent', () => {
  it('congests the session, until it has caught up', async () => {
    const { client, server, ...rest } = joined({ congestedAt: 100 * kibibyte })
    const records = recordsOf(server)
    rest.sessions.isStuck = true
    for (let count = 0; count < 20; count++) client.send(Buffer.alloc(10 * kibibyte))
    client.flush()
    assert.equal(client.isCongested, true)
    assert.equal(client.isOpen, true)
    let isRelieved = false
    const relieved = client.relieved().then(() => {
      isRelieved = true
    })
    await settle()
    assert.equal(isRelieved, false)
    await rest.sessions.release()
    await relieved
    assert.equal(client.isCongested, false)
    assert.equal(records.length, 20)
  })

  it('ends the session when too much waits for it, and says why', async () => {
    const { client, sessions } = joined({ maximumOnTheWay: 100 * kibibyte })
    sessions.isStuck = true
    let sent = 0
    while (client.send(Buffer.alloc(10 * kibibyte)) && sent < 100) sent += 1
    assert.ok(sent > 5 && sent < 11, `${sent} were taken`)
    assert.equal((await client.closed).code, 'overflow')
    await sessions.release()
    assert.equal((await sessions.server.closed).code, 'overflow')
  })

  it('has many small frames counted too', async () => {
    const { client, sessions } = joined({ maximumOnTheWay: 100 * kibibyte })
    sessions.isStuck = true
    let sent = 0
    for (; sent < 1000 && client.send(1); sent++) client.flush()
    assert.ok(sent < 110, `${sent} frames were taken`)
  })

  it('does not end a session in which all is taken, however much that is', async () => {
    const { client, server } = joined({ maximumOnTheWay: 256 * kibibyte })
    const records = recordsOf(server)
    for (let round = 0; round < 100; round++) {
      for (let count = 0; count < 10; count++) client.send(Buffer.alloc(10 * kibibyte))
      await settle(2)
    }
    assert.equal(client.isOpen, true)
    assert.equal(records.length, 1000)
  })

  it('holds up who waits for large records to be sent, until the session ends', async () => {
    const { client, sessions } = joined({})
    sessions.isStuck = true
    client.send(Buffer.alloc(8 * 1024 * kibibyte))
    let isDrained = false
    const drained = client.drain().then(() => {
      isDrained = true
    })
    await settle()
    assert.equal(isDrained, false)
    await sessions.release()
    await drained
    const second = joined({})
    second.sessions.isStuck = true
    second.client.send(Buffer.alloc(8 * 1024 * kibibyte))
    const ended = second.client.drain()
    second.client.abandon({ code: 'lost', message: 'gone' })
    await ended
  })
})

describe('a receiver of records', () => {
  it('that is not there yet has a bounded number of them kept', async () => {
    for (const [limits, record] of [
      [{ maximumWaiting: 10 }, 1],
      [{ maximumWaitingBytes: 10 * kibibyte }, Buffer.alloc(2 * kibibyte)],
      [{ maximumWaitingBytes: 100 * kibibyte }, Buffer.alloc(600 * kibibyte)],
    ] as const) {
      const { client, server } = joined(limits)
      for (let count = 0; count < 20 && client.isOpen; count++) client.send(record)
      await settle()
      assert.equal(server.isOpen, false)
      assert.equal((await client.closed).code, 'bad-frame')
    }
  })

  it('that has a fault ends its session, not the transport', async () => {
    const faults: unknown[] = []
    const { client, server } = joined({}, (error) => faults.push(error))
    server.onRecord(() => {
      throw new TypeError('a fault')
    })
    client.send(1)
    await settle()
    assert.equal(server.isOpen, false)
    assert.equal((await client.closed).code, 'peer-closed')
    assert.match(String(faults), /a fault/)
  })
})

describe('a sealed frame', () => {
  it('that is no record, no control message or no chunk ends the session and tells the peer', () => {
    const chunk = Buffer.alloc(40)
    chunk.writeUInt32BE(1, 0)
    chunk.writeUInt32BE(100 * 1024 * kibibyte, 4)
    const cases: readonly (readonly [FrameType, Buffer])[] = [
      [frameTypes.data, Buffer.from('xx')],
      [frameTypes.data, Buffer.from([0, 0, 0, 9, 1])],
      [frameTypes.data, Buffer.from([0, 0, 0, 1, 0xc1])],
      [frameTypes.data, Buffer.concat([Buffer.from([0, 0, 0, 100]), Buffer.alloc(100, 0x91)])],
      [frameTypes.control, Buffer.from('xx')],
      [frameTypes.control, pack([1])],
      [frameTypes.control, pack({ kind: 'surprise' })],
      [frameTypes.control, pack({ kind: 'credit', chunks: -1 })],
      [frameTypes.control, pack({ kind: 'credit', chunks: 'many' })],
      [frameTypes.control, pack({ kind: 'taken', bytes: 5 })],
      [frameTypes.bulk, Buffer.alloc(3)],
      [frameTypes.bulk, chunk],
    ]
    for (const [type, body] of cases) {
      const { session, sent } = single()
      session.onRecord(() => {})
      assert.equal(session.receive(sealedFrame(type, 0n, body)), 'bad-record', `${type} ${body.toString('hex', 0, 20)}`)
      assert.equal(session.isOpen, false)
      assert.equal(sent.at(-1)?.[3], frameTypes.control)
    }
  })

  it('that comes after the end is nobody\u2019s', () => {
    const { session } = single()
    const records = recordsOf(session)
    session.abandon({ code: 'closed', message: 'over' })
    assert.equal(session.receive(sealedFrame(frameTypes.data, 0n, Buffer.from([0, 0, 0, 1, 5]))), 'taken')
    assert.deepEqual(records, [])
  })

  it('that somebody else sends again from elsewhere does not end the session', () => {
    const { session } = single()
    const frame = sealedFrame(frameTypes.data, 0n, Buffer.from([0, 0, 0, 1, 5]))
    assert.equal(session.receive(frame), 'taken')
    assert.equal(session.receive(frame, true), 'replay')
    assert.equal(session.isOpen, true)
    assert.equal(session.receive(frame), 'replay')
    assert.equal(session.isOpen, false)
  })

  it('cannot be passed off as another purpose', () => {
    const { session } = single()
    const { receive } = keysOf(false)
    for (const [type, key] of [
      [frameTypes.bulk, receive.control],
      [frameTypes.data, receive.bulk],
    ] as const) {
      const header = encodeHeader(type, 7n, 0n)
      const sealed = seal(key, noiseNonce(0n), header, Buffer.from([0, 0, 0, 1, 5]))
      assert.equal(session.receive(decodeFrame(Buffer.concat([header, sealed]))), 'wrong-key')
    }
  })
})

describe('chunks', () => {
  const chunksOf = (bytes: Buffer): Buffer[] => {
    const chunks: Buffer[] = []
    const sender = new BulkSender((chunk) => chunks.push(chunk), 1e9)
    sender.add(bytes)
    while (sender.queued > 0) sender.credit(1)
    return chunks
  }

  it('come together again, whatever the size', () => {
    for (const size of [chunkSize + 1, chunkSize * 2, chunkSize * 5 + 3]) {
      const bytes = Buffer.alloc(size, 3)
      const receiver = new BulkReceiver()
      const results = chunksOf(bytes).map((chunk) => receiver.add(chunk, 1e9))
      assert.ok(results.at(-1)?.equals(bytes))
      assert.ok(results.slice(0, -1).every((result) => result === undefined))
    }
  })

  it('that are missing, doubled, changed or too long are refused', () => {
    const [first, second, third] = chunksOf(Buffer.alloc(chunkSize * 2 + 5, 3)) as [Buffer, Buffer, Buffer]
    const changed = (chunk: Buffer, at: number): Buffer => {
      const copy = Buffer.from(chunk)
      copy.writeUInt32BE(77, at)
      return copy
    }
    for (const sequence of [
      [second],
      [first, third],
      [first, first],
      [first, changed(second, 0)],
      [first, changed(second, 4)],
      [first, changed(second, 8)],
      [first, second, Buffer.concat([third, Buffer.alloc(10)])],
    ]) {
      const receiver = new BulkReceiver()
      assert.throws(() => sequence.map((chunk) => receiver.add(chunk, 1e9)), isBadFrame)
    }
    assert.throws(() => new BulkReceiver().add(first, chunkSize), isBadFrame, 'over the limit')
  })
})

describe('the windows', () => {
  it('agree on what is on the way', () => {
    const [send, receive] = [new SendWindow(), new ReceiveWindow()]
    for (let count = 0; count < 100; count++) {
      send.add(5000)
      const total = receive.add(5000)
      if (total !== undefined) send.taken(total)
    }
    assert.ok(send.onTheWay < 70_000)
  })

  it('do not believe what cannot be', () => {
    const send = new SendWindow()
    send.add(5000)
    send.taken(3000)
    for (const bad of [2000, 1e9, -1, Number.NaN, '3000', null]) assert.throws(() => send.taken(bad), isBadFrame)
  })
})

function joined(
  limits: Partial<SessionLimits>,
  onFault?: (error: unknown) => void,
): { sessions: JoinedSessions; client: Session; server: Session } {
  const sessions = new JoinedSessions({ heartbeatMs: 0, ...limits }, onFault)
  return { sessions, client: sessions.client, server: sessions.server }
}

function keysOf(initiator: boolean): ReturnType<typeof sessionKeys> {
  return sessionKeys([Buffer.alloc(32, 1), Buffer.alloc(32, 2)], Buffer.alloc(32, 3), initiator)
}

/** One end, whose peer is the test. */
function single(): { session: Session; sent: Buffer[] } {
  const sent: Buffer[] = []
  const session = new Session({
    id: 7n,
    peer: { name: 'one', role: 'x', fingerprint: '' },
    keys: keysOf(false),
    clock: new FakeClock(),
    limits: { heartbeatMs: 0 },
    transmit: (frame) => sent.push(frame) > 0,
  })
  return { session, sent }
}

function sealedFrame(type: FrameType, counter: bigint, body: Buffer): Frame {
  const { send } = keysOf(true)
  const header = encodeHeader(type, 7n, counter)
  const key = type === frameTypes.bulk ? send.bulk : send.control
  return decodeFrame(Buffer.concat([header, seal(key, noiseNonce(counter), header, body)]))
}
