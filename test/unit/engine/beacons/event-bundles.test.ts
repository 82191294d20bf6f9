import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundled } from '../../../../src/engine/beacons/event-bundles.ts'

const event = (tag: string, data: unknown = '') => ({ tag, data: { data } })
const tags = (events: ReturnType<typeof event>[], limit: number) =>
  bundled(events, limit)
    .map((bundle) => bundle.map(({ tag }) => tag).join(''))
    .join(' ')

test('events go together as far as they fit', () => {
  const large = 'x'.repeat(400)
  assert.equal(tags([], 1000), '')
  assert.equal(tags([event('a'), event('b'), event('c')], 1000), 'abc')
  assert.equal(tags([event('a', large), event('b', large), event('c', large), event('d')], 1000), 'ab cd')
})

test('one that is too large, or no plain data, goes alone', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  assert.equal(tags([event('a'), event('b', 'x'.repeat(2000)), event('c')], 1000), 'a b c')
  assert.equal(tags([event('a'), event('b', circular), event('c')], 1000), 'a b c')
})
