import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedQueue, type OverflowPolicy } from '../../../src/base/queue.ts'

function filled(overflow: OverflowPolicy): { queue: BoundedQueue<number>; lost: [number, number][] } {
  const lost: [number, number][] = []
  const queue = new BoundedQueue<number>({
    name: 'feed',
    limit: 2,
    overflow,
    onDrop: (item, all) => lost.push([item, all]),
  })
  queue.push(1)
  queue.push(2)
  return { queue, lost }
}

async function drain<T>(queue: BoundedQueue<T>): Promise<T[]> {
  queue.close()
  const items: T[] = []
  for await (const item of queue) items.push(item)
  return items
}

test('reject throws and keeps what waits', async () => {
  const { queue, lost } = filled('reject')
  assert.throws(() => queue.push(3), { code: 'overloaded', message: /feed.*2 items/ })
  assert.equal(queue.dropped, 1)
  assert.deepEqual(lost, [[3, 1]])
  assert.deepEqual(await drain(queue), [1, 2])
})

test('drop-oldest makes room', async () => {
  const { queue, lost } = filled('drop-oldest')
  assert.equal(queue.push(3), true)
  assert.equal(queue.push(4), true)
  assert.deepEqual(lost, [
    [1, 1],
    [2, 2],
  ])
  assert.deepEqual(await drain(queue), [3, 4])
})

test('drop-newest drops the item itself', async () => {
  const { queue, lost } = filled('drop-newest')
  assert.equal(queue.push(3), false)
  assert.deepEqual(lost, [[3, 1]])
  assert.deepEqual(await drain(queue), [1, 2])
})

test('a waiting consumer gets the item at once, beyond any limit', async () => {
  const queue = new BoundedQueue<string>({ name: 'q', limit: 1, overflow: 'reject' })
  const first = queue.take()
  const second = queue.take()
  queue.push('a')
  queue.push('b')
  queue.push('c')
  assert.equal(queue.size, 1)
  assert.deepEqual([(await first).value, (await second).value], ['a', 'b'])
})

test('closing ends waiting consumers and refuses new items', async () => {
  const queue = new BoundedQueue<number>({ name: 'q', limit: 1, overflow: 'reject' })
  const waiting = queue.take()
  queue.close()
  assert.equal((await waiting).done, true)
  assert.equal(queue.push(1), false)
  assert.equal((await queue.take()).done, true)
})

test('order and count hold over many turns, undefined items included', async () => {
  const queue = new BoundedQueue<number | undefined>({ name: 'q', limit: 10_000, overflow: 'reject' })
  let next = 0
  for (let round = 0; round < 300; round++) {
    for (let index = 0; index < 5; index++) queue.push(round * 5 + index)
    for (let index = 0; index < 4; index++) assert.equal((await queue.take()).value, next++)
  }
  assert.equal(queue.size, 300)
  queue.push(undefined)
  const rest = await drain(queue)
  assert.equal(rest[0], next)
  assert.equal(rest.length, 301)
  assert.equal(rest.at(-1), undefined)
})

test('a queue without a bound is refused', () => {
  assert.throws(() => new BoundedQueue({ name: 'q', limit: 0, overflow: 'reject' }), RangeError)
})
