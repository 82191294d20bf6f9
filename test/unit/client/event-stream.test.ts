import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import type { BusEvent, BusGap } from '../../../src/bus/event.ts'
import type { EventHandlers } from '../../../src/client/event-connection.ts'
import { type EventGap, EventStream, type EventStreamOptions } from '../../../src/client/event-stream.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function event(seq: number, text = ''): BusEvent {
  return { seq, tag: `tag/${seq}`, data: { text } }
}

/** A stream whose events come from the test. */
function streamOf(options: Partial<EventStreamOptions> = {}) {
  let handlers: EventHandlers | undefined
  let ended = 0
  const gaps: BusGap[] = []
  const stream = new EventStream<BusEvent | EventGap>(
    (given) => {
      handlers = given
      return Promise.resolve({ position: { instance: 'one', seq: 7 }, unsubscribe: () => ended++ })
    },
    { gaps: false, onGap: (gap) => gaps.push(gap), ...options },
  )
  const send = (...events: BusEvent[]): void => handlers?.onEvents(events)
  const end = (error: SaltError): void => handlers?.onEnd?.(error)
  return { stream, gaps, send, end, gap: (gap: BusGap) => handlers?.onGap?.(gap), unsubscribed: () => ended }
}

const seqs = (items: readonly (BusEvent | EventGap)[]): unknown[] =>
  items.map((item) => ('gap' in item ? item.gap : item.seq))

async function rest(stream: EventStream<BusEvent | EventGap>): Promise<unknown[]> {
  stream.end()
  return seqs(await Array.fromAsync(stream))
}

describe('EventStream', () => {
  it('hands out events in their order, those that wait and those to come', async () => {
    const { stream, send } = streamOf()
    await stream.ready
    send(event(1), event(2))
    const both = [stream.next(), stream.next(), stream.next()]
    send(event(3))
    assert.deepEqual(
      (await Promise.all(both)).map(({ value }) => value !== undefined && 'seq' in value && value.seq),
      [1, 2, 3],
    )
    assert.deepEqual(stream.position, { instance: 'one', seq: 7 })
  })

  it('drops what is one too many, and tells how many where they are missing', async () => {
    const { stream, send, gaps } = streamOf({ gaps: true, maximumWaiting: 2 })
    await stream.ready
    send(event(1), event(2), event(3), event(4))
    await stream.next()
    send(event(5))
    assert.deepEqual(await rest(stream), [2, { dropped: 2, seq: 4 }, 5])
    assert.deepEqual(gaps, [{ dropped: 2, seq: 4 }])
  })

  it('is bounded by bytes, too, and takes one event of any size', async () => {
    const { stream, send, gaps } = streamOf({ maximumBytes: 1000 })
    await stream.ready
    send(event(1, 'x'.repeat(2000)), event(2))
    assert.deepEqual(await rest(stream), [1])
    assert.deepEqual(gaps, [{ dropped: 1, seq: 1 }])
  })

  it('tells gaps of the daemon as items only where they are asked for', async () => {
    for (const asked of [true, false]) {
      const { stream, send, gap, gaps } = streamOf({ gaps: asked })
      await stream.ready
      gap({ dropped: 3, seq: 4 })
      send(event(5))
      assert.deepEqual(await rest(stream), asked ? [{ dropped: 3, seq: 4 }, 5] : [5])
      assert.deepEqual(gaps, [{ dropped: 3, seq: 4 }])
    }
  })

  it('waits as long as it is told', async () => {
    const clock = new FakeClock()
    const { stream, send } = streamOf({ clock })
    await stream.ready
    const none = stream.take(1000)
    clock.advance(1000)
    assert.equal(await none, undefined)
    assert.equal(await stream.take(0), undefined)
    const one = stream.take(1000)
    send(event(1))
    assert.deepEqual(await one, event(1))
  })

  it('ends with its signal, with return, and with a loop that is left', async () => {
    const stop = new AbortController()
    const signalled = streamOf({ signal: stop.signal })
    await signalled.stream.ready
    const waiting = signalled.stream.next()
    stop.abort()
    assert.deepEqual(await waiting, { done: true, value: undefined })
    const left = streamOf()
    await left.stream.ready
    left.send(event(1), event(2))
    for await (const _ of left.stream) break
    assert.deepEqual(await left.stream.next(), { done: true, value: undefined })
    assert.deepEqual([signalled.unsubscribed(), left.unsubscribed()], [1, 1])
    const late = streamOf({ signal: AbortSignal.abort() })
    await late.stream.ready
    assert.deepEqual(await late.stream.next(), { done: true, value: undefined })
  })

  it('rejects when the daemon ends it, after what was received', async () => {
    const { stream, send, end } = streamOf()
    await stream.ready
    send(event(1))
    end(new SaltError('denied', 'no more'))
    assert.deepEqual(await stream.take(), event(1))
    await assert.rejects(stream.next(), { code: 'denied' })
  })

  it('rejects whoever reads when it cannot begin', async () => {
    const stream = new EventStream(() => Promise.reject(new SaltError('usage', 'no such pattern')), {
      gaps: false,
      onGap: () => {},
    })
    const first = stream.next()
    await assert.rejects(stream.ready, { code: 'usage' })
    await assert.rejects(first, { code: 'usage' })
  })

  it('gives up a subscription that begins after its end', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let ended = 0
    const stream = new EventStream(
      async () => {
        await promise
        return { position: { instance: 'one', seq: 0 }, unsubscribe: () => ended++ }
      },
      { gaps: false, onGap: () => {} },
    )
    stream.end()
    resolve()
    await stream.ready
    assert.equal(ended, 1)
  })
})
