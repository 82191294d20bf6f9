/** Moments at which the wire was once wrong: clocks that are set, an end while a handshake ends, sessions that move. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryNetwork } from '../../../src/wire/memory-transport.ts'
import type { PeerAddress, ServerTransport } from '../../../src/wire/transport.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { recordsOf, WireFixture } from '../../support/wire.ts'

/** A clock whose wall time can be set, as by NTP. */
class SettableClock extends FakeClock {
  stepMs = 0

  override now(): number {
    return super.now() + this.stepMs
  }
}

const dayMs = 86_400_000

describe('a server whose wall clock is set', () => {
  for (const days of [-400, 400]) {
    it(`by ${days} days shows a certificate that holds now`, async () => {
      const clock = new SettableClock()
      const fixture = await new WireFixture(memoryNetwork(), { clock }).listen()
      clock.stepMs = days * dayMs
      const client = fixture.client({ clock })
      await client.connected()
      assert.equal(fixture.sessions.length, 1)
    })
  }
})

describe('a client that is stopped', () => {
  it('in the moment in which the server admits it ends', async () => {
    const fixture = await new WireFixture().listen()
    const stopped = Promise.withResolvers<void>()
    const client = fixture.client({
      transport: () => {
        const transport = fixture.network.client()
        const onFrame = transport.onFrame.bind(transport)
        let frames = 0
        transport.onFrame = (handler) =>
          onFrame((frame) => {
            handler(frame)
            frames += 1
            // The second frame is the admission.
            if (frames === 2) client.wire[Symbol.asyncDispose]().then(stopped.resolve, stopped.reject)
          })
        return transport
      },
    })
    client.wire.start()
    await settle()
    await stopped.promise
    assert.equal(client.channels.length, 0)
    assert.equal(client.states.at(-1)?.kind, 'stopped')
  })
})

describe('a session that moves from connection to connection', () => {
  it('leaves nothing behind on the server', async () => {
    const network = memoryNetwork()
    const inner = network.server()
    let current: PeerAddress | undefined
    let first: PeerAddress | undefined
    /** What comes from the client seems to come from `current`. */
    const moving: ServerTransport = {
      listen: () => inner.listen(),
      onFrame: (handler) =>
        inner.onFrame((peer, frame) => {
          first = peer
          handler(current ?? peer, frame)
        }),
      send: (_peer, frame) => inner.send(first ?? '', frame),
      onGone: (handler) => inner.onGone(handler),
      onDropped: (handler) => inner.onDropped(handler),
      drain: () => inner.drain(),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    }
    const fixture = await new WireFixture(network, { transport: moving }).listen()
    const channel = await fixture.client().connected()
    const [session] = fixture.sessions
    assert.ok(session)
    const records = recordsOf(session)
    for (let number = 0; number < 20; number++) {
      current = `elsewhere-${number}`
      channel.send({ number })
      await settle(3)
    }
    assert.equal(records.length, 20)
    assert.equal(fixture.server.counters.connections, 1)
    channel.flush()
    session.close()
    await settle()
    assert.equal(fixture.server.counters.connections, 0)
  })
})
