import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Float } from '../../../src/base/float.ts'
import { pack, unpack } from '../../../src/base/msgpack.ts'
import type { BusEvent } from '../../../src/bus/event.ts'
import { EventBus } from '../../../src/bus/event-bus.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RandomSource } from '../../support/random-source.ts'

const _stamp = '2026-01-01T00:00:00.000000'

function listening(maximumEventSize = 100_000) {
  const bus = new EventBus({ clock: new FakeClock(), maximumEventSize })
  const events: BusEvent[] = []
  bus.subscribe(
    () => true,
    (item) => {
      if ('events' in item) events.push(...item.events)
      return true
    },
  )
  return { bus, events }
}

/** What a list of events becomes when it is passed on as it is; undefined when the bus wants to look at it. */
function passedOn(list: Buffer, maximumEventSize?: number): readonly BusEvent[] | undefined {
  const { bus, events } = listening(maximumEventSize)
  const count = bus.acceptPacked(list)
  bus.flush()
  assert.equal(events.length, count ?? 0, 'all of them or none')
  return count === undefined ? undefined : events
}

const manyKeys = Object.fromEntries(Array.from({ length: 70_000 }, (_, number) => [`k${number}`, 0]))

describe('events that come packed', () => {
  const plain: readonly Readonly<Record<string, unknown>>[] = [
    {},
    { a: null, b: true, c: false, d: 'text', e: 'ö €', f: Buffer.from([1, 2]) },
    { numbers: [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32, 2 ** 53 - 1, 2n ** 64n - 1n] },
    { negative: [-1, -32, -33, -128, -129, -32_769, -(2 ** 31), -(2 ** 31) - 1, -(2n ** 63n)] },
    { floats: [0.5, new Float(5)], long: 'x'.repeat(300), longer: 'y'.repeat(70_000) },
    { list: Array.from({ length: 20 }, (_, n) => n), inner: { a: { b: [{ c: 1 }] } } },
    Object.fromEntries(Array.from({ length: 15 }, (_, number) => [`k${number}`, number])),
    Object.fromEntries(Array.from({ length: 16 }, (_, number) => [`k${number}`, number])),
    { ['k'.repeat(40)]: 1, _stamps: 2, _stam: 3 },
  ]

  it('are passed on as they are, with number and stamp', () => {
    const events = passedOn(pack(plain.map((data, number) => ({ tag: `t/${number}`, data }))))
    assert.deepEqual(
      events,
      plain.map((data, index) => ({
        seq: index + 1,
        tag: `t/${index}`,
        data: { ...(unpack(pack(data)) as object), _stamp },
      })),
    )
  })

  it('may have very many keys', () => {
    const [event] = passedOn(pack([{ tag: 'many', data: manyKeys }]), 2_000_000) ?? []
    assert.equal(Object.keys(event?.data ?? {}).length, 70_001)
  })

  it('are looked at where anything is unusual or wrong', () => {
    let deep: unknown = 1
    for (let level = 0; level < 64; level++) deep = [deep]
    const event = (tag: unknown, data: unknown): Buffer => pack([{ tag, data }], 96)
    const text = pack([{ tag: 'abcd', data: { key: 'abcd' } }])
    const malformed = Buffer.from(text)
    malformed[text.lastIndexOf('abcd')] = 0xff
    const malformedTag = Buffer.from(text)
    malformedTag[text.indexOf('abcd')] = 0xff
    const extension = Buffer.concat([text.subarray(0, -5), Buffer.from([0xd4, 1, 0])])
    const odd: Readonly<Record<string, Buffer>> = {
      'no list': pack({ tag: 'a', data: {} }),
      'no event': pack([1]),
      'keys in another order': pack([{ data: {}, tag: 'a' }]),
      'another key': pack([{ tag: 'a', data: {}, more: 1 }]),
      'an empty tag': event('', {}),
      'a tag of two lines': event('a\nb', {}),
      'a long tag': event('x'.repeat(1025), {}),
      'a tag that is no text': event(5, {}),
      'data that is no mapping': event('a', []),
      'a stamp': event('a', { _stamp: 'mine' }),
      'too much data': event('a', { text: 'x'.repeat(100_000) }),
      'too much depth': event('a', { deep }),
      'a key that exchanges prototypes': event('a', Object.fromEntries([['__proto__', 1]])),
      'malformed text': malformed,
      'a malformed tag': malformedTag,
      'an extension': extension,
      'a number for a key': Buffer.concat([text.subarray(0, -10), Buffer.from([0x81, 1, 1])]),
      'more behind it': Buffer.concat([text, Buffer.of(0xc0)]),
      nothing: Buffer.alloc(0),
    }
    for (const [name, list] of Object.entries(odd)) assert.equal(passedOn(list), undefined, name)
  })

  it('are never passed on where they are cut short or damaged, unless they are events still', (context) => {
    const random = new RandomSource()
    const list = pack([
      { tag: 'salt/some/tag', data: plain[1] },
      { tag: 'other', data: plain[3] },
    ])
    for (let end = 0; end < list.byteLength; end++) assert.equal(passedOn(list.subarray(0, end)), undefined)
    context.diagnostic(`SALT_TEST_SEED=${random.seed}`)
    for (let round = 0; round < 3000; round++) {
      const damaged = random.mutate(list)
      const events = passedOn(damaged)
      if (events === undefined) continue
      const expected = unpack(damaged) as readonly { tag: string; data: object }[]
      assert.deepEqual(
        events.map(({ tag, data }) => ({ tag, data })),
        expected.map(({ tag, data }) => ({ tag, data: { ...data, _stamp } })),
      )
    }
  })
})

describe('events of others', () => {
  it('are refused with the reason', () => {
    const { bus } = listening(1000)
    let deep: unknown = 1
    for (let level = 0; level < 65; level++) deep = [deep]
    const refused: readonly (readonly [unknown, unknown, RegExp])[] = [
      ['', {}, /needs a tag/],
      [undefined, {}, /needs a tag/],
      ['x'.repeat(64 * 1024), {}, /longer than 1024/],
      ['a\nb', {}, /more than one line/],
      ['a', [], /must be a mapping/],
      ['a', 'text', /must be a mapping/],
      ['a', null, /must be a mapping/],
      ['a', { text: 'x'.repeat(1000) }, /1\d\d\d bytes, more than the 1000 of max_event_size/],
      ['a', { deep }, /nested deeper/],
      ['a', { run: () => {} }, /not plain data/],
    ]
    for (const [tag, data, message] of refused) {
      assert.throws(() => bus.accept(tag, data), { code: 'bad-arguments', message }, String(message))
    }
    assert.equal(bus.seq, 0)
    assert.equal(bus.accept('a', { text: 'x'.repeat(900), _stamp: 'mine' }), 1)
  })
})
