/** What arrives is anything at all: decoders may refuse it, each in its own words, and nothing else. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { Float } from '../../../src/base/float.ts'
import { silentLog } from '../../../src/base/log.ts'
import { pack, unpack } from '../../../src/base/msgpack.ts'
import { seal } from '../../../src/wire/crypto.ts'
import { decodeFrame, encodeFrame, encodeHeader, FrameError, frameTypes } from '../../../src/wire/frame.ts'
import { connectLocal, LocalServer } from '../../../src/wire/local.ts'
import { memoryNetwork } from '../../../src/wire/memory-transport.ts'
import { noiseNonce } from '../../../src/wire/noise.ts'
import { RpcPeer } from '../../../src/wire/rpc.ts'
import { Session } from '../../../src/wire/session.ts'
import { sessionKeys } from '../../../src/wire/session-keys.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { RandomSource } from '../../support/random-source.ts'
import { recordsOf, WireFixture } from '../../support/wire.ts'

/** Of each part; there are six. */
const boundMs = 350

/** Runs rounds until the time is over; a failure names the seed that brings it back. */
async function fuzz(context: TestContext, round: (random: RandomSource) => void | Promise<void>): Promise<void> {
  const random = new RandomSource()
  context.diagnostic(`SALT_TEST_SEED=${random.seed}`)
  const end = performance.now() + boundMs
  let rounds = 0
  try {
    for (; performance.now() < end; rounds++) await round(random)
  } catch (error) {
    throw new Error(`in round ${rounds} with SALT_TEST_SEED=${random.seed}`, { cause: error })
  }
  context.diagnostic(`${rounds} rounds`)
  assert.ok(rounds > 0)
}

function refusal(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (error) {
    return error
  }
}

const types = Object.values(frameTypes)

/** Any value that can be sent, large ones seldom. */
function anyValue(random: RandomSource, depth = 0): unknown {
  switch (random.below(depth > 4 ? 8 : 10)) {
    case 0:
      return null
    case 1:
      return random.below(2) === 1
    case 2:
      return random.below(2 ** 32) * (random.below(3) - 1) * 2 ** random.below(21)
    case 3:
      return random.below(1000) / 7
    case 4:
      return new Float(random.below(1000) - 500)
    case 5:
      return random.bytes(random.below(40))
    case 6:
      return random.bytes(random.below(60)).toString(random.below(2) === 1 ? 'latin1' : 'utf8')
    case 7:
      return 2n ** 53n + BigInt(random.below(2 ** 31))
    case 8:
      return Array.from({ length: random.below(20) }, () => anyValue(random, depth + 1))
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(20) }, () => [`k${random.below(1000)}`, anyValue(random, depth + 1)]),
      )
  }
}

describe('anything at all', () => {
  it('as a record: is read or refused, and what was packed comes back', (context) =>
    fuzz(context, (random) => {
      const value = anyValue(random)
      const packed = pack(value)
      assert.deepEqual(unpack(packed), value)
      const error = refusal(() =>
        unpack(random.below(4) === 0 ? random.bytes(random.below(200)) : random.mutate(packed)),
      )
      if (error !== undefined) assert.ok(error instanceof SaltError && error.code === 'bad-frame', String(error))
    }))

  it('as a frame: has a header or a fault', (context) =>
    fuzz(context, (random) => {
      const type = types[random.below(types.length)] ?? frameTypes.data
      const frame = encodeFrame(
        type,
        BigInt(random.below(2 ** 32)),
        BigInt(random.below(5)),
        random.bytes(random.below(80)),
      )
      const error = refusal(() =>
        decodeFrame(random.below(3) === 0 ? random.bytes(random.below(60)) : random.mutate(frame)),
      )
      if (error !== undefined) assert.ok(error instanceof FrameError, String(error))
    }))

  it('from a peer that holds the keys: ends its session at worst', async (context) => {
    const clock = new FakeClock()
    const keys = sessionKeys([Buffer.alloc(32, 1), Buffer.alloc(32, 2)], Buffer.alloc(32, 3), false)
    const faults: unknown[] = []
    await fuzz(context, async (random) => {
      const session = new Session({
        id: 7n,
        peer: { name: 'one', role: 'x', fingerprint: '' },
        keys,
        clock,
        limits: { heartbeatMs: 0, maximumRecord: 1_000_000 },
        transmit: () => true,
        onFault: (error) => faults.push(error),
      })
      new RpcPeer(session, { clock, serve: { echo: (params) => params } })
      for (let count = 0n; count < 6n && session.isOpen; count++) {
        const type = [frameTypes.data, frameTypes.control, frameTypes.bulk][random.below(3)] ?? frameTypes.data
        const header = encodeHeader(type, 7n, count)
        const key = type === frameTypes.bulk ? keys.receive.bulk : keys.receive.control
        session.receive(decodeFrame(Buffer.concat([header, seal(key, noiseNonce(count), header, anyBody(random))])))
      }
      session.abandon({ code: 'closed', message: 'enough' })
      await session.closed
    })
    assert.deepEqual(faults, [])
    assert.equal(clock.pending, 0)
  })

  it('from a stranger: others are served on', async (context) => {
    const fixture = await new WireFixture().listen()
    const channel = await fixture.client().connected()
    const [session] = fixture.sessions
    assert.ok(session)
    const seen: Buffer[] = []
    fixture.network.setFault((frame) => {
      seen.push(frame)
      return [frame]
    })
    await fixture.client({ name: 'other' }).connected()
    channel.send({ some: 'data' })
    await settle()
    fixture.network.setFault(undefined)
    const stranger = fixture.network.client()
    await stranger.connect()
    await fuzz(context, async (random) => {
      for (let count = 0; count < 50; count++) {
        const sample = seen[random.below(seen.length)] ?? Buffer.alloc(0)
        stranger.send(random.below(5) === 0 ? random.bytes(random.below(100)) : random.mutate(sample))
      }
      await new Promise((resolve) => setImmediate(resolve))
    })
    channel.send({ still: 'served' })
    await settle()
    assert.deepEqual(recordsOf(session).at(-1), { still: 'served' })
    assert.equal(fixture.server.counters.fault, undefined)
  })

  it('from a server: a client that is connected stays so, one that is not fails in words', async (context) => {
    const fixture = await new WireFixture().listen()
    await fuzz(context, async (random) => {
      fixture.network.setFault((frame, direction) =>
        direction === 'to-client' ? [random.mutate(frame), frame] : [frame],
      )
      const client = fixture.client({ reconnect: false })
      const failure = await Promise.race([
        client.wire.connectOnce().then(
          () => undefined,
          (error: unknown) => error,
        ),
        fixture.clock.advance(10_000),
      ])
      if (failure !== undefined) assert.ok(failure instanceof SaltError && failure.code !== 'internal', String(failure))
      await client.wire[Symbol.asyncDispose]()
    })
    fixture.network.setFault(undefined)
  })

  it('on the local bus: others are served on', async (context) => {
    const network = memoryNetwork()
    const clock = new FakeClock()
    const busKey = Buffer.alloc(32, 1)
    const heard: unknown[] = []
    const server = new LocalServer({
      transport: network.server(),
      busKey,
      clock,
      log: silentLog,
      onSession: (channel) => channel.onRecord((record) => heard.push(record)),
    })
    await server.listen()
    const seen: Buffer[] = []
    network.setFault((frame) => {
      seen.push(frame)
      return [frame]
    })
    const channel = await connectLocal({ transport: network.client(), busKey, clock, timeoutMs: 1000 })
    channel.send({ some: 'data' })
    await settle()
    network.setFault(undefined)
    const stranger = network.client()
    await stranger.connect()
    await fuzz(context, async (random) => {
      for (let count = 0; count < 50; count++)
        stranger.send(random.mutate(seen[random.below(seen.length)] ?? Buffer.alloc(0)))
      await new Promise((resolve) => setImmediate(resolve))
    })
    channel.send({ still: 'served' })
    await settle()
    assert.deepEqual(heard, [{ some: 'data' }, { still: 'served' }])
    assert.equal(server.counters.fault, undefined)
  })
})

/** The sealed part of a frame: records, control messages and calls that may be true, and noise. */
function anyBody(random: RandomSource): Buffer {
  const kinds = [
    'ping',
    'pong',
    'credit',
    'taken',
    'rekey',
    'close',
    'call',
    'cancel',
    'item',
    'result',
    'failure',
    'x',
  ]
  const message = pack({
    kind: kinds[random.below(kinds.length)],
    rid: anyValue(random, 4),
    number: anyValue(random, 4),
    chunks: anyValue(random, 4),
    bytes: anyValue(random, 4),
    items: anyValue(random, 4),
    method: random.below(2) === 0 ? 'echo' : anyValue(random, 4),
    params: anyValue(random, 3),
    timeoutMs: random.below(2) === 0 ? undefined : random.below(5000),
  })
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  switch (random.below(4)) {
    case 0:
      return message
    case 1:
      return random.bytes(random.below(100))
    case 2:
      return random.mutate(Buffer.concat([length, message]))
    default:
      return Buffer.concat([length, message, length, message])
  }
}
