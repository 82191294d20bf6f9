import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type EventLoad, eventsOfLoad } from '../../../src/client/event-load.ts'

const events = (load: EventLoad): unknown[] => [...eventsOfLoad('web1', load)]

describe('the events of a load', () => {
  it('are the whole load under its tag, for a single one', () => {
    assert.deepEqual(events({ tag: 'my/tag', data: { a: 1 }, pretag: null }), [
      { tag: 'my/tag', data: { id: 'web1', cmd: '_minion_event', pretag: null, data: { a: 1 }, tag: 'my/tag' } },
    ])
    assert.deepEqual(events({ tag: 'my/tag', data: 'words' }), [
      { tag: 'my/tag', data: { id: 'web1', cmd: '_minion_event', data: 'words', tag: 'my/tag' } },
    ])
    for (const data of [undefined, null]) {
      assert.deepEqual(events({ tag: 'a', data }), [
        { tag: 'a', data: { id: 'web1', cmd: '_minion_event', data: {}, tag: 'a' } },
      ])
    }
  })

  it('show more fields of a single one, but for those that are not its own to say', () => {
    assert.deepEqual(
      events({ tag: 'a', data: { id: 'b' }, id: 'web2', cmd: 'x', tok: 'y', _stamp: 'z', events: [], c: 1 }),
      [{ tag: 'a', data: { c: 1, id: 'web1', cmd: '_minion_event', data: { id: 'b' }, tag: 'a' } }],
    )
  })

  it('are the data of each item of a list, or the item, with the id of the session', () => {
    assert.deepEqual(
      events({
        events: [
          { tag: 'a', data: { x: 1, id: 'web2' } },
          { tag: 'b', y: 2 },
          { tag: 'c', data: null },
        ],
        tag: 'd',
        data: 1,
      }),
      [
        { tag: 'a', data: { x: 1, id: 'web1' } },
        { tag: 'b', data: { tag: 'b', y: 2, id: 'web1' } },
        { tag: 'c', data: { id: 'web1' } },
      ],
    )
  })

  it('come once more under the pretag', () => {
    assert.deepEqual(
      events({
        events: [
          { tag: 'a', data: {} },
          { tag: 'b/c', data: {} },
        ],
        pretag: 'p/q',
      }).map((event) => (event as { tag: string }).tag),
      ['a', 'p/q/a', 'b/c', 'p/q/b/c'],
    )
    assert.deepEqual(
      events({ events: [{ tag: 'a', data: {} }], pretag: '' }).map((event) => (event as { tag: string }).tag),
      ['a', 'a'],
    )
    assert.deepEqual(
      events({ events: [{ tag: 'a', data: {} }], pretag: 7 }).map((event) => (event as { tag?: string }).tag),
      ['a', undefined],
    )
  })

  it('are none where nothing is named, and say why', () => {
    for (const load of [{}, { data: { a: 1 } }, { tag: '' }, { tag: 7 }, { events: [] }, { events: 'a' }]) {
      assert.deepEqual(
        events(load).map((event) => (event as { problem: string }).problem),
        ['there is neither a tag nor a list of events'],
      )
    }
    assert.deepEqual(
      events({ events: ['a', { tag: 'b', data: 'words' }, { tag: 'c', data: {} }] }).map(
        (event) => (event as { problem?: string }).problem,
      ),
      ['an event of a list must be a mapping', 'the data of an event of a list must be a mapping', undefined],
    )
  })
})
