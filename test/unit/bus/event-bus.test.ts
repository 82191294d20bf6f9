import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BusEvent, SubscribeItem } from '../../../src/bus/event.ts'
import { type Delivery, EventBus, type EventBusOptions } from '../../../src/bus/event-bus.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'

const all = (): boolean => true

/** A subscriber that can be made to take nothing. */
class Receiver {
  readonly items: SubscribeItem[] = []
  takes = true

  readonly receive = (item: Delivery): boolean => {
    if (this.takes) this.items.push('gap' in item ? item : { events: item.events })
    return this.takes
  }

  get events(): readonly BusEvent[] {
    return this.items.flatMap((item) => ('events' in item ? item.events : []))
  }

  get seqs(): readonly number[] {
    return this.events.map(({ seq }) => seq)
  }

  get gaps(): readonly { dropped: number; seq: number }[] {
    return this.items.flatMap((item) => ('gap' in item ? [item.gap] : []))
  }
}

function busWith(options: Partial<EventBusOptions> = {}): { bus: EventBus; receiver: Receiver } {
  return { bus: new EventBus({ clock: new FakeClock(), ...options }), receiver: new Receiver() }
}

describe('the event bus', () => {
  it('numbers and stamps events, and delivers those of one tick together, in order', async () => {
    const { bus, receiver } = busWith()
    bus.subscribe((tag) => tag.startsWith('a/'), receiver.receive)
    bus.fire('a/1', { x: 1 })
    bus.fire('b/1', { x: 2 })
    bus.fire('a/2', { x: 3 })
    assert.equal(receiver.items.length, 0)
    await settle(1)
    assert.equal(receiver.items.length, 1)
    assert.deepEqual(receiver.events, [
      { seq: 1, tag: 'a/1', data: { x: 1, _stamp: '2026-01-01T00:00:00.000000' } },
      { seq: 3, tag: 'a/2', data: { x: 3, _stamp: '2026-01-01T00:00:00.000000' } },
    ])
  })

  it('delivers nothing after unsubscribing', async () => {
    const { bus, receiver } = busWith()
    const subscription = bus.subscribe(all, receiver.receive)
    bus.fire('a', {})
    subscription.unsubscribe()
    await settle(1)
    assert.deepEqual(receiver.items, [])
  })

  it('counts what a subscriber cannot take, tells it as a gap, and goes on', () => {
    const { bus, receiver } = busWith()
    bus.subscribe(all, receiver.receive)
    bus.fire('a', {})
    bus.flush()
    receiver.takes = false
    for (let count = 0; count < 5; count++) {
      bus.fire('b', {})
      bus.flush()
    }
    bus.fire('c', {})
    receiver.takes = true
    bus.flush()
    assert.deepEqual(receiver.gaps, [{ dropped: 5, seq: 6 }])
    assert.deepEqual(receiver.seqs, [1, 7])
    assert.equal(bus.dropped, 5)
  })

  it('tells a gap also when nothing new is fired', () => {
    const { bus, receiver } = busWith()
    bus.subscribe(all, receiver.receive)
    receiver.takes = false
    bus.fire('a', {})
    bus.flush()
    receiver.takes = true
    bus.flush()
    assert.deepEqual(receiver.items, [{ gap: { dropped: 1, seq: 1 } }])
  })

  it('keeps a stalled subscriber from nobody else, and holds nothing for it', () => {
    const { bus, receiver } = busWith()
    const stalled = new Receiver()
    stalled.takes = false
    bus.subscribe(all, stalled.receive)
    bus.subscribe(all, receiver.receive)
    for (let count = 0; count < 1000; count++) {
      bus.fire('a', { count })
      bus.flush()
    }
    assert.equal(receiver.events.length, 1000)
    stalled.takes = true
    bus.flush()
    assert.deepEqual(stalled.items, [{ gap: { dropped: 1000, seq: 1000 } }])
  })

  it('unsubscribes a receiver that throws, and serves the others', async () => {
    const { bus, receiver } = busWith()
    let calls = 0
    bus.subscribe(all, () => {
      calls += 1
      throw new Error('broken')
    })
    bus.subscribe(all, receiver.receive)
    bus.fire('a', {})
    await settle(1)
    bus.fire('b', {})
    await settle(1)
    assert.equal(calls, 1)
    assert.deepEqual(receiver.seqs, [1, 2])
  })

  it('cuts a large tick into batches', () => {
    const { bus, receiver } = busWith()
    bus.subscribe(all, receiver.receive)
    for (let count = 0; count < 10; count++) bus.fire('a', { text: 'x'.repeat(50_000) })
    bus.flush()
    assert.deepEqual(receiver.seqs, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert.equal(receiver.items.length, 4)
  })

  it('replays kept events to whoever resumes', () => {
    const { bus, receiver } = busWith()
    for (let count = 0; count < 5; count++) bus.fire(count % 2 === 0 ? 'even' : 'odd', {})
    bus.subscribe((tag) => tag === 'even', receiver.receive, 1)
    bus.fire('even', {})
    bus.flush()
    assert.deepEqual(receiver.seqs, [3, 5, 6])
    assert.deepEqual(receiver.gaps, [])
  })

  it('tells how many events are no longer kept, by number and by size', () => {
    const byNumber = busWith({ keptEvents: 3 })
    for (let count = 0; count < 10; count++) byNumber.bus.fire('a', {})
    byNumber.bus.subscribe(all, byNumber.receiver.receive, 4)
    assert.deepEqual(byNumber.receiver.gaps, [{ dropped: 3, seq: 7 }])
    assert.deepEqual(byNumber.receiver.seqs, [8, 9, 10])
    const bySize = busWith({ keptBytes: 3200 })
    for (let count = 0; count < 10; count++) bySize.bus.fire('a', { text: 'x'.repeat(980) })
    bySize.bus.subscribe(all, bySize.receiver.receive, 0)
    assert.deepEqual(bySize.receiver.gaps, [{ dropped: 7, seq: 7 }])
    assert.deepEqual(bySize.receiver.seqs, [8, 9, 10])
  })

  it('takes a number from before a restart for the beginning', () => {
    const { bus, receiver } = busWith()
    bus.fire('a', {})
    bus.subscribe(all, receiver.receive, 5000)
    assert.deepEqual(receiver.seqs, [1])
    assert.deepEqual(receiver.gaps, [{ dropped: 0, seq: 0, restarted: true }])
  })

  it('keeps its memory through many events', () => {
    const { bus, receiver } = busWith({ keptEvents: 10 })
    for (let count = 0; count < 5000; count++) bus.fire('a', {})
    bus.subscribe(all, receiver.receive, 0)
    assert.deepEqual(receiver.seqs, [4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999, 5000])
  })

  it('trims the largest values of its own events, and what cannot be sent', () => {
    const { bus, receiver } = busWith({ maximumEventSize: 1000 })
    bus.subscribe(all, receiver.receive)
    const _stamp = '2026-01-01T00:00:00.000000'
    let deep: unknown = 1
    for (let level = 0; level < 65; level++) deep = [deep]
    const circle: Record<string, unknown> = {}
    circle.self = circle
    for (const value of ['x'.repeat(2000), 'ö'.repeat(600), deep, () => {}, Symbol('s'), 2n ** 64n]) {
      bus.fire('a', { value, small: 5 })
      bus.flush()
      assert.deepEqual(receiver.events.at(-1)?.data, { value: 'VALUE_TRIMMED', small: 5, oversized: true, _stamp })
    }
    bus.fire('a', { kept: 'x'.repeat(400), inner: { id: 'a', list: Array.from({ length: 900 }, () => 1) } })
    bus.fire('a', { circle })
    bus.fire('a', Object.fromEntries(Array.from({ length: 300 }, (_, number) => [`key${number}`, number])))
    bus.fire('a', { value: 2n ** 64n - 1n, _stamp: 'mine' })
    bus.flush()
    assert.deepEqual(
      receiver.events.slice(-4).map(({ data }) => data),
      [
        { kept: 'x'.repeat(400), inner: { id: 'a', list: 'VALUE_TRIMMED' }, oversized: true, _stamp },
        { circle: 'VALUE_TRIMMED', oversized: true, _stamp },
        { oversized: true, message: 'VALUE_TRIMMED', _stamp },
        { value: 2n ** 64n - 1n, _stamp },
      ],
    )
  })

  it('refuses an empty tag and an endless one', () => {
    const { bus } = busWith()
    assert.throws(() => bus.fire('', {}), { code: 'bad-arguments' })
    assert.throws(() => bus.fire('x'.repeat(1025), {}), { code: 'bad-arguments' })
  })
})
